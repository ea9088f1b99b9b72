// Postern's verifier for C. Written by `cargo xtask header`; do not edit.
//
// Every function that can fail returns a PosternResult. What failed, in words and with a stable code, is in the error
// object that it hands to the caller through its last argument; pass NULL where nobody will read it. After POSTERN_OK
// the error is NULL.
//
// - Text comes in as UTF-8 that ends with a NUL; ids are lowercase letters, digits and . _ - (at most 64).
// - Out-arguments may be NULL unless said otherwise; they are written only after POSTERN_OK, except `length`.
// - Buffers are the caller's. Where one is too small, nothing is done, POSTERN_BUFFER is returned, and `length` says
//   which capacity suffices. After POSTERN_OK `length` is the number of bytes written, without a text's final NUL.
// - Times are seconds since 1970-01-01T00:00:00Z.
// - A verifier may be used by several threads at once, until one of them closes it. After `fork` the child opens its
//   own: the parent's answers POSTERN_FORKED there (postern_check a second later at most), and may be closed.
// - A panic inside the library does not come out: POSTERN_PANIC is returned instead.

#ifndef POSTERN_H
#define POSTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The version of the functions and types in this header. It changes when a program that was compiled with an older
// header would go wrong with a newer library.
#define POSTERN_ABI_VERSION 2

// A buffer of this capacity holds every file that the library makes.
#define POSTERN_FILE_CAPACITY (2 << 20)

// Stands for a number or a time without a limit.
#define POSTERN_UNLIMITED UINT64_MAX

// Bytes of an id, its final NUL included.
#define POSTERN_ID_SIZE 65

// What a call came to. The numbers never change their meaning; new ones may come.
enum PosternResult
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Done.
  POSTERN_OK = 0,
  // The file, the license or a rule says no. Nothing changed.
  POSTERN_REFUSED = 1,
  // An argument is wrong: a NULL, bad UTF-8, no id.
  POSTERN_ARGUMENT = 2,
  // The state cannot be read or written.
  POSTERN_STATE = 3,
  // The caller's buffer is too small. Nothing was done.
  POSTERN_BUFFER = 4,
  // The verifier was opened before this process forked.
  POSTERN_FORKED = 5,
  // A fault of the library. The status tells whether it was done.
  POSTERN_PANIC = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum PosternResult PosternResult;
#else
typedef int32_t PosternResult;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What users may do.
enum PosternUse
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Everything.
  POSTERN_FULL = 0,
  // Everything; the application warns that the license has ended.
  POSTERN_WARN = 1,
  // Reading only.
  POSTERN_READ_ONLY = 2,
  // Nothing. No function hands this out today: it refuses instead.
  POSTERN_LOCK = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum PosternUse PosternUse;
#else
typedef int32_t PosternUse;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What failed. The caller frees it with postern_error_free.
typedef struct PosternError PosternError;

// An open state directory.
typedef struct PosternVerifier PosternVerifier;

// A request that was made.
typedef struct PosternRequested {
  // The cycle.
  uint64_t cycle;
  // The request's number in it.
  uint64_t number;
  // The last instant at which its answer can be installed.
  uint64_t install_until;
  // The machine locks after this instant unless an answer was installed; 0 for one that activates its license.
  uint64_t locked_after;
  // Whether this state was rolled back or copied: then the request asks to accept the machine again.
  bool rolled_back;
} PosternRequested;

// A clock that was repaired.
typedef struct PosternRepaired {
  // The ticket's time.
  uint64_t time;
  // Seconds that the earliest time went back which the clock may show.
  uint64_t back;
  // Whether a request was open: it is void now.
  bool voided_request;
} PosternRepaired;

// A feature that is licensed.
typedef struct PosternGranted {
  // What users may do.
  PosternUse allowed;
  // The number that the feature has, or POSTERN_UNLIMITED where it is just on.
  uint64_t limit;
} PosternGranted;

// How a counter stands.
typedef struct PosternBalance {
  // Units used in the current period.
  uint64_t used;
  // Units left before the limit.
  uint64_t left;
  // Units left in all, those included that are allowed beyond the limit and reported.
  uint64_t left_with_overage;
} PosternBalance;

// A floating session.
typedef struct PosternSession {
  // Its id.
  char id[POSTERN_ID_SIZE];
  // Its last instant, or POSTERN_UNLIMITED.
  uint64_t until;
} PosternSession;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The POSTERN_ABI_VERSION that the library was built with.
uint32_t postern_abi_version(void);

// The stable code; docs/errors.md lists them. Valid until the error is freed.
const char *postern_error_code(const struct PosternError *error);

// What happened, in a sentence for people. Valid until the error is freed.
const char *postern_error_message(const struct PosternError *error);

// What to do, for people. Valid until the error is freed.
const char *postern_error_advice(const struct PosternError *error);

// Frees an error; NULL is none.
void postern_error_free(struct PosternError *error);

// Installs an enablement token. `unlocked`: whether the machine was locked until now.
PosternResult postern_enroll(const struct PosternVerifier *verifier,
                             const uint8_t *token,
                             size_t token_length,
                             bool *unlocked,
                             struct PosternError **error);

// Makes the next license file request; it voids all before it. With `names`, users are named in it. `capacity` must be
// at least POSTERN_FILE_CAPACITY.
PosternResult postern_request(const struct PosternVerifier *verifier,
                              bool names,
                              uint8_t *buffer,
                              size_t capacity,
                              size_t *length,
                              struct PosternRequested *requested,
                              struct PosternError **error);

// Asks for the license that a license key stands for, or a user and password: `user` is NULL for a license key.
// `license_id` is NULL, or names one of the licenses that the key or the user has. With `again` a license that is
// activated here is asked for once more; without it that is refused as `activated-already`.
// The secret is not kept. `capacity` must be at least POSTERN_FILE_CAPACITY.
PosternResult postern_activate(const struct PosternVerifier *verifier,
                               const char *user,
                               const char *secret,
                               const char *license_id,
                               bool again,
                               uint8_t *buffer,
                               size_t capacity,
                               size_t *length,
                               struct PosternRequested *requested,
                               struct PosternError **error);

// Makes a report of what was used; it voids nothing, and no answer comes back. `capacity` must be at least
// POSTERN_FILE_CAPACITY.
PosternResult postern_report(const struct PosternVerifier *verifier,
                             uint8_t *buffer,
                             size_t capacity,
                             size_t *length,
                             struct PosternError **error);

// Sets a device variable, which travels in requests and deactivations; a NULL value removes it.
PosternResult postern_set_variable(const struct PosternVerifier *verifier,
                                   const char *name,
                                   const char *value,
                                   struct PosternError **error);

// The value of a device variable; `variable-unknown` where there is none of this name.
PosternResult postern_get_variable(const struct PosternVerifier *verifier,
                                   const char *name,
                                   char *buffer,
                                   size_t capacity,
                                   size_t *length,
                                   struct PosternError **error);

// Installs a license file; or takes from a bundle what is new about this machine: revocations, and newer trust. The very
// license in force again, or a bundle without news, is no error and changes nothing: then `already_installed`.
PosternResult postern_install(const struct PosternVerifier *verifier,
                              const uint8_t *file,
                              size_t file_length,
                              bool *already_installed,
                              struct PosternError **error);

// Says what postern_install would do, and changes nothing: JSON text with `already_installed`, `news`, null or what a
// bundle brings, and `before` and `after`, each null or what is licensed.
PosternResult postern_rehearse_install(const struct PosternVerifier *verifier,
                                       const uint8_t *file,
                                       size_t file_length,
                                       char *buffer,
                                       size_t capacity,
                                       size_t *length,
                                       struct PosternError **error);

// Gives the license back, for ever, and makes the file that says so. Called again, it gives out the same file.
// `capacity` must be at least POSTERN_FILE_CAPACITY.
PosternResult postern_deactivate(const struct PosternVerifier *verifier,
                                 uint8_t *buffer,
                                 size_t capacity,
                                 size_t *length,
                                 struct PosternError **error);

// Makes the state in a directory and pins the root of a trust file: the first step on a new machine. Where there is
// state of the same root, nothing changes.
//
// With an anchor, any other root is refused; without one, somebody has to compare the digest in the status. An anchor is
// what an application compiles in: the product, and the digest of the vendor's first trust document, PRODUCT@sha256:…
PosternResult postern_pin(const char *directory,
                          const char *anchor,
                          const uint8_t *trust,
                          size_t trust_length,
                          struct PosternError **error);

// Opens a state directory. With an anchor, state of any other root is refused. `verifier` may not be NULL. The caller
// closes what it gets.
PosternResult postern_open(const char *directory,
                           const char *anchor,
                           struct PosternVerifier **verifier,
                           struct PosternError **error);

// Closes a verifier; NULL is none. Its sessions end, but for detached ones.
void postern_close(struct PosternVerifier *verifier);

// How everything stands, as JSON text; verifier/docs/status.md says what is in it.
PosternResult postern_status(const struct PosternVerifier *verifier,
                             char *buffer,
                             size_t capacity,
                             size_t *length,
                             struct PosternError **error);

// Makes a clock challenge, which a time ticket answers. It voids the challenge before it. `capacity` must be at least
// POSTERN_FILE_CAPACITY.
PosternResult postern_clock_challenge(const struct PosternVerifier *verifier,
                                      uint8_t *buffer,
                                      size_t capacity,
                                      size_t *length,
                                      struct PosternError **error);

// Installs the time ticket that answers the newest challenge.
PosternResult postern_repair_clock(const struct PosternVerifier *verifier,
                                   const uint8_t *ticket,
                                   size_t ticket_length,
                                   struct PosternRepaired *repaired,
                                   struct PosternError **error);

// Whether a feature is licensed now, from memory: no input or output, no lock. What another process installs is known
// within a second.
PosternResult postern_check(const struct PosternVerifier *verifier,
                            const char *feature,
                            struct PosternGranted *granted,
                            struct PosternError **error);

// Uses up some units of a counter. They are on the disk before this returns.
PosternResult postern_consume(const struct PosternVerifier *verifier,
                              const char *counter,
                              uint64_t units,
                              struct PosternBalance *balance,
                              struct PosternError **error);

// Gives a named seat to a user. A user who holds one keeps it: then not `changed`.
PosternResult postern_checkout(const struct PosternVerifier *verifier,
                               const char *seat_type,
                               const char *user,
                               bool *changed,
                               struct PosternError **error);

// Takes a named seat back.
PosternResult postern_release(const struct PosternVerifier *verifier,
                              const char *seat_type,
                              const char *user,
                              struct PosternError **error);

// Begins a floating session; `session` may not be NULL. `user` says who it is for, or what. It ends after the longest
// session of the license, by postern_end_session, or, unless it is `detached`, with the verifier and its process,
// however that ends.
PosternResult postern_begin_session(const struct PosternVerifier *verifier,
                                    const char *seat_type,
                                    const char *user,
                                    bool detached,
                                    struct PosternSession *session,
                                    struct PosternError **error);

// Ends a floating session, by its id.
PosternResult postern_end_session(const struct PosternVerifier *verifier,
                                  const char *session,
                                  struct PosternError **error);

// Uses the emergency extension: the license that has ended goes on for a while, once.
PosternResult postern_extend(const struct PosternVerifier *verifier, struct PosternError **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POSTERN_H */
