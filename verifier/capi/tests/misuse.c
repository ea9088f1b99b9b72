// Everything that a caller can do wrong, on a machine with a license in force. Nothing crashes, nothing changes.
//
//   misuse STATE

#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char file[POSTERN_FILE_CAPACITY];

static const char *const NOT_UTF8 = "\xff\xfe";

static void opening(const char *directory) {
    PosternVerifier *verifier = NULL;
    expect(postern_open(NULL, NULL, &verifier, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_open(directory, NULL, NULL, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_open(NOT_UTF8, NULL, &verifier, &error), POSTERN_ARGUMENT, "argument-text");
    expect(postern_open("nowhere", NULL, &verifier, &error), POSTERN_STATE, "state-missing");
    expect(postern_pin("nowhere", NULL, NULL, 0, &error), POSTERN_REFUSED, "file-empty");
    expect(postern_pin("nowhere", NULL, NULL, 7, &error), POSTERN_ARGUMENT, "argument-null");

    const char other[] = "automation@sha256:0000000000000000000000000000000000000000000000000000000000000000";
    expect(postern_open(directory, other, &verifier, &error), POSTERN_STATE, "state-other-root");
    expect(postern_open(directory, "automation", &verifier, &error), POSTERN_ARGUMENT, "argument-invalid");
    expect(postern_open(directory, NOT_UTF8, &verifier, &error), POSTERN_ARGUMENT, "argument-text");
    CHECK(verifier == NULL);

    postern_close(NULL);
    postern_error_free(NULL);
    CHECK(postern_error_code(NULL) == NULL && postern_error_message(NULL) == NULL && postern_error_advice(NULL) == NULL);
    CHECK(postern_open(NULL, NULL, NULL, NULL) == POSTERN_ARGUMENT);
}

static void no_verifier(void) {
    size_t length;
    PosternSession session;
    const PosternResult a = POSTERN_ARGUMENT;
    expect(postern_enroll(NULL, file, 1, NULL, &error), a, "argument-null");
    expect(postern_request(NULL, false, file, sizeof file, &length, NULL, &error), a, "argument-null");
    expect(postern_install(NULL, file, 1, NULL, &error), a, "argument-null");
    expect(postern_rehearse_install(NULL, file, 1, (char *)file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_activate(NULL, NULL, "key", NULL, false, file, sizeof file, &length, NULL, &error), a, "argument-null");
    expect(postern_report(NULL, file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_set_variable(NULL, "line", "7", &error), a, "argument-null");
    expect(postern_get_variable(NULL, "line", (char *)file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_deactivate(NULL, file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_status(NULL, (char *)file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_clock_challenge(NULL, file, sizeof file, &length, &error), a, "argument-null");
    expect(postern_repair_clock(NULL, file, 1, NULL, &error), a, "argument-null");
    expect(postern_check(NULL, "api-tasks", NULL, &error), a, "argument-null");
    expect(postern_consume(NULL, "pages", 1, NULL, &error), a, "argument-null");
    expect(postern_checkout(NULL, "bot-creator", "ada", NULL, &error), a, "argument-null");
    expect(postern_release(NULL, "bot-creator", "ada", &error), a, "argument-null");
    expect(postern_begin_session(NULL, "bot-runner", "ada", false, &session, &error), a, "argument-null");
    expect(postern_end_session(NULL, "none", &error), a, "argument-null");
    expect(postern_extend(NULL, &error), a, "argument-null");
}

static void arguments(PosternVerifier *verifier) {
    PosternSession session;
    expect(postern_install(verifier, NULL, 7, NULL, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_install(verifier, NULL, 0, NULL, &error), POSTERN_REFUSED, "file-empty");
    expect(postern_install(verifier, file, SIZE_MAX, NULL, &error), POSTERN_ARGUMENT, "argument-invalid");
    expect(postern_install(verifier, (const uint8_t *)"nonsense", 8, NULL, &error), POSTERN_REFUSED, "file-unreadable");
    expect(postern_enroll(verifier, (const uint8_t *)"nonsense", 8, NULL, &error), POSTERN_REFUSED, "file-unreadable");
    expect(postern_check(verifier, NULL, NULL, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_check(verifier, NOT_UTF8, NULL, &error), POSTERN_ARGUMENT, "argument-text");
    expect(postern_check(verifier, "teleport", NULL, &error), POSTERN_REFUSED, "feature-not-licensed");
    expect(postern_consume(verifier, "Not An Id", 1, NULL, &error), POSTERN_ARGUMENT, "argument-invalid");
    expect(postern_consume(verifier, "teleports", 1, NULL, &error), POSTERN_REFUSED, "counter-unknown");
    expect(postern_consume(verifier, "pages", UINT64_MAX, NULL, &error), POSTERN_REFUSED, "consumption-limit");
    expect(postern_checkout(verifier, "bot-creator", "", NULL, &error), POSTERN_REFUSED, "user-name-invalid");
    expect(postern_release(verifier, "bot-creator", "nobody", &error), POSTERN_REFUSED, "seat-not-held");
    expect(postern_begin_session(verifier, "bot-runner", "ada", false, NULL, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_begin_session(verifier, "teleporter", "ada", false, &session, &error), POSTERN_REFUSED, "seat-type-unknown");
    expect(postern_end_session(verifier, "none", &error), POSTERN_REFUSED, "session-unknown");
    expect(postern_extend(verifier, &error), POSTERN_REFUSED, "extension-early");
    expect(postern_repair_clock(verifier, file, 0, NULL, &error), POSTERN_REFUSED, "file-empty");
}

// Where a buffer is too small, nothing is done and nothing is written but the length.
static void small_buffers(PosternVerifier *verifier) {
    size_t length = 7;
    expect(postern_status(verifier, NULL, 0, &length, &error), POSTERN_BUFFER, "buffer-too-small");
    CHECK(length > 7);
    expect(postern_status(verifier, NULL, SIZE_MAX, NULL, &error), POSTERN_BUFFER, "buffer-too-small");

    const size_t needed = length;
    char *text = malloc(needed);
    text[0] = 'x';
    expect(postern_status(verifier, text, needed - 1, &length, &error), POSTERN_BUFFER, "buffer-too-small");
    CHECK(text[0] == 'x' && length == needed);
    ok(postern_status(verifier, text, needed, &length, &error));
    CHECK(length == needed - 1 && strlen(text) == length);
    free(text);

    unsigned char *short_by_one = malloc(POSTERN_FILE_CAPACITY - 1);
    short_by_one[0] = 'x';
    const size_t most = POSTERN_FILE_CAPACITY - 1;
    expect(postern_request(verifier, false, short_by_one, most, &length, NULL, &error), POSTERN_BUFFER, "buffer-too-small");
    CHECK(short_by_one[0] == 'x' && length == POSTERN_FILE_CAPACITY);
    expect(postern_deactivate(verifier, short_by_one, most, &length, &error), POSTERN_BUFFER, "buffer-too-small");
    expect(postern_clock_challenge(verifier, short_by_one, most, &length, &error), POSTERN_BUFFER, "buffer-too-small");
    free(short_by_one);

    // Neither was there a request made, nor the license given back.
    ok(postern_status(verifier, (char *)file, sizeof file, &length, &error));
    CHECK(strstr((char *)file, "\"request\":null") != NULL && strstr((char *)file, "\"challenged\":false") != NULL);
    ok(postern_check(verifier, "api-tasks", NULL, &error));
}

static void variables(PosternVerifier *verifier) {
    char value[4] = "xxx";
    size_t length = 7;
    expect(postern_get_variable(verifier, "line", value, sizeof value, &length, &error), POSTERN_REFUSED, "variable-unknown");
    expect(postern_set_variable(verifier, "line", NULL, &error), POSTERN_REFUSED, "variable-unknown");
    expect(postern_get_variable(verifier, NULL, value, sizeof value, &length, &error), POSTERN_ARGUMENT, "argument-null");
    expect(postern_set_variable(verifier, "Not An Id", "7", &error), POSTERN_ARGUMENT, "argument-invalid");
    expect(postern_set_variable(verifier, "line", "a\tb", &error), POSTERN_REFUSED, "variable-value");
    ok(postern_set_variable(verifier, "line", "7 up", &error));
    expect(postern_get_variable(verifier, "line", value, sizeof value, &length, &error), POSTERN_BUFFER, "buffer-too-small");
    CHECK(length == 5 && strcmp(value, "xxx") == 0);
    ok(postern_set_variable(verifier, "line", "7", &error));
    ok(postern_get_variable(verifier, "line", value, sizeof value, &length, &error));
    CHECK(length == 1 && strcmp(value, "7") == 0);
    ok(postern_set_variable(verifier, "line", NULL, &error));
}

static void out_arguments_are_optional(PosternVerifier *verifier) {
    CHECK(postern_check(verifier, "api-tasks", NULL, NULL) == POSTERN_OK);
    CHECK(postern_check(verifier, "teleport", NULL, NULL) == POSTERN_REFUSED);
    ok(postern_checkout(verifier, "bot-creator", "ada", NULL, &error));
    bool changed = true;
    ok(postern_checkout(verifier, "bot-creator", "ada", &changed, &error));
    CHECK(!changed);
    ok(postern_release(verifier, "bot-creator", "ada", &error));
    PosternGranted granted;
    ok(postern_check(verifier, "process-discovery", &granted, &error));
    CHECK(granted.allowed == POSTERN_FULL && granted.limit == POSTERN_UNLIMITED);
}

static void sessions(PosternVerifier *verifier) {
    PosternSession first, second, third;
    ok(postern_begin_session(verifier, "bot-runner", "one", false, &first, &error));
    ok(postern_begin_session(verifier, "bot-runner", "two", true, &second, &error));
    CHECK(first.until != POSTERN_UNLIMITED && strlen(first.id) < sizeof first.id && strcmp(first.id, second.id) != 0);
    expect(postern_begin_session(verifier, "bot-runner", "three", false, &third, &error), POSTERN_REFUSED, "seats-taken");
    ok(postern_end_session(verifier, first.id, &error));
    expect(postern_end_session(verifier, first.id, &error), POSTERN_REFUSED, "session-unknown");
    ok(postern_end_session(verifier, second.id, &error));
}

static void *consume_often(void *verifier) {
    for (int i = 0; i < 25; i++) CHECK(postern_consume(verifier, "pages", 1, NULL, NULL) == POSTERN_OK);
    return NULL;
}

static void threads(PosternVerifier *verifier) {
    pthread_t all[4];
    for (size_t i = 0; i < 4; i++) CHECK(pthread_create(&all[i], NULL, consume_often, verifier) == 0);
    for (size_t i = 0; i < 4; i++) CHECK(pthread_join(all[i], NULL) == 0);
    PosternBalance balance;
    ok(postern_consume(verifier, "pages", 1, &balance, &error));
    CHECK(balance.used == 101 && balance.left == 899 && balance.left_with_overage == 999);
}

// The child of a fork is told, closes what it inherited, and opens its own. The parent goes on.
static void forking(PosternVerifier *verifier, const char *directory) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        size_t length;
        PosternSession session;
        expect(postern_consume(verifier, "pages", 1, NULL, &error), POSTERN_FORKED, "state-forked");
        expect(postern_status(verifier, NULL, 0, &length, &error), POSTERN_FORKED, "state-forked");
        expect(postern_begin_session(verifier, "bot-runner", "x", false, &session, &error), POSTERN_FORKED, "state-forked");
        postern_close(verifier);
        PosternVerifier *own = NULL;
        ok(postern_open(directory, NULL, &own, &error));
        ok(postern_consume(own, "pages", 1, NULL, &error));
        postern_close(own);
        // No search for leaks: what both processes share is left to the parent.
        _exit(EXIT_SUCCESS);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    PosternBalance balance;
    ok(postern_consume(verifier, "pages", 1, &balance, &error));
    CHECK(balance.used == 103);
}

int main(int count, char **arguments_) {
    CHECK(count == 2);
    const char *directory = arguments_[1];
    CHECK(postern_abi_version() == POSTERN_ABI_VERSION);
    opening(directory);
    no_verifier();
    PosternVerifier *verifier = NULL;
    ok(postern_open(directory, NULL, &verifier, &error));
    arguments(verifier);
    small_buffers(verifier);
    variables(verifier);
    out_arguments_are_optional(verifier);
    sessions(verifier);
    threads(verifier);
    forking(verifier, directory);
    postern_close(verifier);
    puts("done");
}
