// What happens seldom: an emergency extension, a clock challenge, the ticket that answers it.
//
//   rare STATE extend | challenge | repair

#include "check.h"

static unsigned char file[POSTERN_FILE_CAPACITY];
static size_t length = 0;

// The license has ended; its grace and its extension follow.
static void extend(PosternVerifier *verifier) {
    ok(postern_extend(verifier, &error));
    expect(postern_extend(verifier, &error), POSTERN_REFUSED, "extension-spent");
}

static void challenge(PosternVerifier *verifier) {
    ok(postern_clock_challenge(verifier, file, sizeof file, &length, &error));
    expect(postern_repair_clock(verifier, file, length, NULL, &error), POSTERN_REFUSED, "kind-wrong");
    FILE *stream = fopen("challenge.req", "wb");
    CHECK(stream != NULL && fwrite(file, 1, length, stream) == length && fclose(stream) == 0);
}

// The clock was right all along: it goes back by what passed since, at most.
static void repair(PosternVerifier *verifier) {
    FILE *stream = fopen("clock.ticket", "rb");
    CHECK(stream != NULL);
    length = fread(file, 1, sizeof file, stream);
    fclose(stream);
    PosternRepaired repaired = {0, UINT64_MAX, true};
    ok(postern_repair_clock(verifier, file, length, &repaired, &error));
    CHECK(repaired.time > 0 && repaired.back < 60 && !repaired.voided_request);
    expect(postern_repair_clock(verifier, file, length, NULL, &error), POSTERN_REFUSED, "challenge-none");
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    PosternVerifier *verifier = NULL;
    ok(postern_open(arguments[1], NULL, &verifier, &error));
    if (strcmp(arguments[2], "extend") == 0) extend(verifier);
    if (strcmp(arguments[2], "challenge") == 0) challenge(verifier);
    if (strcmp(arguments[2], "repair") == 0) repair(verifier);
    postern_close(verifier);
    puts("done");
}
