/* SPDX-License-Identifier: MIT
 *
 * program: the jq expressions of a whole configuration (ingest's profiles, the dispatcher's channels) in one compiled
 * jq program (libjq 1.6 takes 15 ms for each compilation, a microsecond for a run), and what keeps a run within bounds.
 *
 * An expression may run for ever (`def f: f; f`), build without end (`[range(1e12)]`) or ask for what it must not
 * have (the environment, files, the clock). So:
 * - what has no place in one is refused when it is added, with its place (program_scan.c);
 * - the two instructions with which a number out of a payload could ask for any amount of memory in one step, a text
 *   times a number and an assignment to an array's index, are bounded by functions put before theirs (the prelude);
 * - all else goes step by step: a thread watches the CPU time of each run and halts it by jq_halt(), which the
 *   interpreter looks at before each instruction. Regular expressions are bounded by the library that matches them.
 */
#ifndef CURTAIN_JQ_PROGRAM_H
#define CURTAIN_JQ_PROGRAM_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/place.h"

#define PROGRAM_REASON_BYTES 120
#define PROGRAM_RUN_MS 100      /* CPU time of one run */
#define PROGRAM_BYTES_MAX 16384 /* one expression */

struct program;

/* program_create makes an empty set of expressions; beside is what they call the second value of a run ("topic":
 * $topic; a literal). NULL: out of memory. program_destroy stops the watching, too. */
struct program *program_create(const char *beside);
void program_destroy(struct program *program);

/* program_open begins the expressions of one file, program_define gives them jq functions ("def f: ...;"), in the order
 * in which they see each other; file and place are where that text stands. ERR_INVALID as for program_add. */
enum err program_open(struct program *program, const char *file, struct errinfo *info) ERR_MUST_CHECK;
enum err program_define(struct program *program, const char *file, const char *text, struct text_place place,
	struct errinfo *info) ERR_MUST_CHECK;

/* program_add adds an expression and gives its number. ERR_INVALID if it uses what it may not. */
enum err program_add(struct program *program, const char *text, struct text_place place, uint32_t *out_number,
	struct errinfo *info) ERR_MUST_CHECK;

/* program_compile compiles all; once. ERR_INVALID gives the place of the first that jq does not take, or that runs for
 * ever on null. */
enum err program_compile(struct program *program, struct errinfo *info) ERR_MUST_CHECK;

/* program_start begins a run of expression number with payload as . and beside as $topic (or as it is called); both are
 * consumed. */
void program_start(struct program *program, uint32_t number, jv payload, jv beside);

enum program_step { PROGRAM_OUTPUT, PROGRAM_END, PROGRAM_FAILED };

/* program_next gives the next output (the caller's to free), the end, or a failure with its reason ("jq: ..." or
 * "jq_timeout: ..."). */
enum program_step program_next(struct program *program, jv *out_value, char out_reason[PROGRAM_REASON_BYTES]);
/* program_stop ends a run before its end; needless after PROGRAM_END and PROGRAM_FAILED. */
void program_stop(struct program *program);

/* program_scan looks for what an expression may not use. false: fault says what it is and what to write, out_offset
 * where. */
bool program_scan(const char *text, size_t *out_offset, char *fault, size_t fault_size);

#endif
