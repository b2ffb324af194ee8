/* SPDX-License-Identifier: MIT
 *
 * err: the one error enum of the suite, and the record that carries a cause to a person.
 *
 * Fallible functions return `enum err`, put results into `out_` parameters (untouched on failure)
 * and describe the cause in an optional `struct errinfo *` (NULL = nobody wants to know).
 * The first cause wins: errinfo_set() on a record that already holds an error changes nothing,
 * so a caller that adds context later cannot hide where the trouble began.
 */
#ifndef CURTAIN_BASE_ERR_H
#define CURTAIN_BASE_ERR_H

enum err {
	ERR_OK = 0,
	ERR_NOMEM,     /* allocation failed */
	ERR_INVALID,   /* input breaks its grammar or schema */
	ERR_RANGE,     /* well-formed, but outside its limits */
	ERR_FULL,      /* a bounded container or a disk is full */
	ERR_NOT_FOUND, /* the named thing does not exist */
	ERR_EXISTS,    /* the named thing exists already */
	ERR_IO,        /* the operating system or a library failed */
	ERR_AGAIN,     /* not now; retry later changes nothing else */
	ERR_CLOSED,    /* the peer or connection is gone */
	ERR_DENIED,    /* not allowed */
	ERR_CORRUPT,   /* stored data contradicts itself */
	ERR_VERSION,   /* stored data or a peer is of another version */
	ERR_STATE,     /* the call does not fit the object's state */
	ERR_COUNT
};

#define ERR_MUST_CHECK __attribute__((warn_unused_result))
#define ERR_TEXT_BYTES 320
#define ERR_FILE_BYTES 160

/* errinfo: a cause for a person. line and column count from 1; 0 = not applicable. */
struct errinfo {
	enum err code;
	int line;
	int column;
	char file[ERR_FILE_BYTES];
	char text[ERR_TEXT_BYTES];
};

/* err_name gives the constant, lower-case name of code ("nomem", "invalid", ...); never NULL. */
const char *err_name(enum err code);

/* errinfo_set stores code and the formatted text unless info is NULL or already holds an error.
 * Text longer than ERR_TEXT_BYTES - 1 is cut at a UTF-8 boundary. Returns code, for `return errinfo_set(...)`. */
enum err errinfo_set(struct errinfo *info, enum err code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* errinfo_at is errinfo_set with a place: file (may be NULL), line and column from 1. */
enum err errinfo_at(struct errinfo *info, enum err code, const char *file, int line, int column, const char *format,
	...) __attribute__((format(printf, 6, 7)));

#ifdef CURTAIN_ANALYSIS /* tells static analysers that the code given is the code that comes back */
#define errinfo_set(info, code, ...) (errinfo_set(info, code, __VA_ARGS__), (code))
#define errinfo_at(info, code, ...) (errinfo_at(info, code, __VA_ARGS__), (code))
#endif

/* errinfo_print writes "file:line:column: text" (what is known of it) to out, size bytes, NUL ended. */
void errinfo_print(const struct errinfo *info, char *out, unsigned long size);

#endif
