// What the C tests say their expectations with.

#include <postern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            exit(EXIT_FAILURE);                                                                                        \
        }                                                                                                              \
    } while (0)

// Where a call puts its error.
static PosternError *error = NULL;

// A call that comes to this result, with this code. Every error has words for people.
static inline void expect(PosternResult result, PosternResult expected, const char *code) {
    if (result != expected || strcmp(postern_error_code(error), code) != 0) {
        fprintf(stderr, "%d %s instead of %d %s\n", result, postern_error_code(error), expected, code);
        exit(EXIT_FAILURE);
    }
    CHECK(strlen(postern_error_message(error)) > 0 && strlen(postern_error_advice(error)) > 0);
    postern_error_free(error);
}

// A call that succeeds leaves no error.
static inline void ok(PosternResult result) {
    if (result != POSTERN_OK) {
        fprintf(stderr, "%d %s\n", result, error == NULL ? "" : postern_error_message(error));
        exit(EXIT_FAILURE);
    }
    CHECK(error == NULL);
}
