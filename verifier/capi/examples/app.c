// A licensed application in C: the commands of its operator, and its work.
//
//   app STATE pin TRUST | enroll TOKEN | request OUTPUT | rehearse LICENSE | install LICENSE | run | deactivate OUTPUT
//   app STATE activate LICENSE-KEY-FILE [LICENSE-ID] | report OUTPUT

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <postern.h>

// The product, and the vendor's root as `postern root new` printed it. State of any other root is refused.
static const char ANCHOR[] = "automation@sha256:bff0d2dfea4a2ac1362fc10c42c5b4e3fee4fb0556fb5339a1303942ca7da302";

// Says why something was refused and what to do; the exit code of the program.
static int failed(PosternResult result, PosternError *error) {
    fprintf(stderr, "%s\n%s\n(%s)\n", postern_error_message(error), postern_error_advice(error), postern_error_code(error));
    postern_error_free(error);
    return result;
}

static int work(PosternVerifier *verifier) {
    PosternError *error = NULL;
    PosternResult result;

    PosternGranted granted;
    result = postern_check(verifier, "process-discovery", &granted, &error);
    if (result != POSTERN_OK) return failed(result, error);
    if (granted.allowed == POSTERN_WARN) puts("The license has ended; please renew it.");
    if (granted.allowed == POSTERN_READ_ONLY) puts("The license has ended; what is there can be read.");

    PosternSession session;
    result = postern_begin_session(verifier, "bot-runner", "nightly run", false, &session, &error);
    if (result != POSTERN_OK) return failed(result, error);

    // The work of an hour, paid for before it is done.
    PosternBalance balance;
    result = postern_consume(verifier, "pages", 12, &balance, &error);
    if (result == POSTERN_OK && balance.left != POSTERN_UNLIMITED) {
        printf("%" PRIu64 " pages are left.\n", balance.left);
    }
    int exit_code = result == POSTERN_OK ? 0 : failed(result, error);

    result = postern_end_session(verifier, session.id, &error);
    return result == POSTERN_OK ? exit_code : failed(result, error);
}

static int status(PosternVerifier *verifier) {
    PosternError *error = NULL;
    size_t capacity = 0, length = 0;
    char *text = NULL;
    PosternResult result;
    // The first round asks for the length. Another one follows where the status has grown since.
    while ((result = postern_status(verifier, text, capacity, &length, &error)) == POSTERN_BUFFER) {
        postern_error_free(error);
        free(text);
        capacity = length;
        text = malloc(capacity);
        if (text == NULL) return EXIT_FAILURE;
    }
    if (result == POSTERN_OK) puts(text);
    free(text);
    return result == POSTERN_OK ? 0 : failed(result, error);
}

// A file that crosses the gap, in or out.
static unsigned char file[POSTERN_FILE_CAPACITY];
static size_t file_length;

static int read_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    file_length = fread(file, 1, sizeof file, stream);
    fclose(stream);
    return 0;
}

static int write_file(const char *path) {
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(file, 1, file_length, stream) != file_length || fclose(stream) != 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    return 0;
}

// Makes the request that goes to the portal.
static int request(PosternVerifier *verifier, const char *path) {
    PosternError *error = NULL;
    PosternRequested requested;
    PosternResult result = postern_request(verifier, false, file, sizeof file, &file_length, &requested, &error);
    if (result != POSTERN_OK) return failed(result, error);
    printf("Request %" PRIu64 " of cycle %" PRIu64 ".\n", requested.number, requested.cycle);
    return write_file(path);
}

static int rehearse(PosternVerifier *verifier) {
    PosternError *error = NULL;
    char told[4096];
    size_t length;
    PosternResult result = postern_rehearse_install(verifier, file, file_length, told, sizeof told, &length, &error);
    if (result != POSTERN_OK) return failed(result, error);
    puts(told);
    return 0;
}

// Installs the license that came back, or what a bundle says of it.
static int install(PosternVerifier *verifier) {
    PosternError *error = NULL;
    bool already_installed;
    PosternResult result = postern_install(verifier, file, file_length, &already_installed, &error);
    if (result != POSTERN_OK) return failed(result, error);
    puts(already_installed ? "This was known before." : "The file is installed.");
    return 0;
}

static int enroll(PosternVerifier *verifier) {
    PosternError *error = NULL;
    PosternResult result = postern_enroll(verifier, file, file_length, NULL, &error);
    return result == POSTERN_OK ? 0 : failed(result, error);
}

// Asks for the license that the license key in FILE stands for; where the key has several, for the one that is named.
static int activate(PosternVerifier *verifier, const char *license_id) {
    char key[64];
    size_t length = file_length < sizeof key ? file_length : sizeof key - 1;
    memcpy(key, file, length);
    key[length] = '\0';
    key[strcspn(key, "\r\n")] = '\0';
    PosternError *error = NULL;
    PosternRequested made;
    PosternResult result =
        postern_activate(verifier, NULL, key, license_id, false, file, sizeof file, &file_length, &made, &error);
    memset(key, 0, sizeof key);
    return result == POSTERN_OK ? write_file("activate_offline.req") : failed(result, error);
}

// Reports what was used, and the line that the machine stands in.
static int report(PosternVerifier *verifier, const char *path) {
    PosternError *error = NULL;
    PosternResult result = postern_set_variable(verifier, "line", "7", &error);
    char line[257];
    size_t length;
    if (result == POSTERN_OK) result = postern_get_variable(verifier, "line", line, sizeof line, &length, &error);
    if (result == POSTERN_OK) result = postern_report(verifier, file, sizeof file, &file_length, &error);
    if (result != POSTERN_OK) return failed(result, error);
    printf("Line %s.\n", line);
    return write_file(path);
}

static int deactivate(PosternVerifier *verifier, const char *path) {
    PosternError *error = NULL;
    PosternResult result = postern_deactivate(verifier, file, sizeof file, &file_length, &error);
    return result == POSTERN_OK ? write_file(path) : failed(result, error);
}

int main(int count, char **arguments) {
    if (count < 3 || count > 5) {
        fprintf(stderr, "usage: app STATE COMMAND [FILE [LICENSE-ID]]\n");
        return EXIT_FAILURE;
    }
    const char *directory = arguments[1], *command = arguments[2], *path = count >= 4 ? arguments[3] : "";
    const char *reads[] = {"pin", "enroll", "activate", "rehearse", "install"};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        if (strcmp(command, reads[i]) == 0 && read_file(path) != 0) return EXIT_FAILURE;
    }

    PosternError *error = NULL;
    PosternResult result;
    if (strcmp(command, "pin") == 0) {
        result = postern_pin(directory, ANCHOR, file, file_length, &error);
        return result == POSTERN_OK ? 0 : failed(result, error);
    }

    PosternVerifier *verifier = NULL;
    result = postern_open(directory, ANCHOR, &verifier, &error);
    if (result != POSTERN_OK) return failed(result, error);

    int exit_code = EXIT_FAILURE;
    if (strcmp(command, "enroll") == 0) exit_code = enroll(verifier);
    if (strcmp(command, "activate") == 0) exit_code = activate(verifier, count == 5 ? arguments[4] : NULL);
    if (strcmp(command, "report") == 0) exit_code = report(verifier, path);
    if (strcmp(command, "request") == 0) exit_code = request(verifier, path);
    if (strcmp(command, "rehearse") == 0) exit_code = rehearse(verifier);
    if (strcmp(command, "install") == 0) exit_code = install(verifier);
    if (strcmp(command, "run") == 0) exit_code = work(verifier);
    if (strcmp(command, "status") == 0) exit_code = status(verifier);
    if (strcmp(command, "deactivate") == 0) exit_code = deactivate(verifier, path);

    postern_close(verifier);
    return exit_code;
}
