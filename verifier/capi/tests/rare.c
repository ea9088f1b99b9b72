// What happens seldom: an emergency extension, a clock challenge, a ticket that does not answer it.
//
//   rare STATE

#include "check.h"

static unsigned char file[POSTERN_FILE_CAPACITY];

int main(int count, char **arguments) {
    CHECK(count == 2);
    PosternVerifier *verifier = NULL;
    ok(postern_open(arguments[1], NULL, &verifier, &error));

    // The license has ended; its grace and its extension follow.
    ok(postern_extend(verifier, &error));
    expect(postern_extend(verifier, &error), POSTERN_REFUSED, "extension-spent");

    size_t length = 0;
    ok(postern_clock_challenge(verifier, file, sizeof file, &length, &error));
    CHECK(length > 0 && file[0] == '{' && file[length - 1] == '\n');
    PosternRepaired repaired;
    expect(postern_repair_clock(verifier, file, length, &repaired, &error), POSTERN_REFUSED, "kind-wrong");
    postern_close(verifier);
    puts("done");
}
