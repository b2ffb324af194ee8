/* SPDX-License-Identifier: MIT
 *
 * methods: what curtain/api/<user>/records/<method> may be asked: each method's arguments, checked, and the prepared
 * statement that answers. Values reach PostgreSQL as parameters only, never as part of a statement. Every method takes
 * `why`, the reason that the audit trail keeps.
 */
#ifndef CURTAIN_RECORDS_METHODS_H
#define CURTAIN_RECORDS_METHODS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "codec/request.h"
#include "records/ledger.h"
#include "records/settings.h"

#define METHOD_VALUES_MAX 8
#define METHOD_WHY_BYTES_MAX 300

/* method_context: what a method may look at beside its arguments. */
struct method_context {
	const struct records_settings *settings;
	const struct seal *seal; /* NULL: nothing can be sealed */
	struct wall now;
};

/* method_call: a statement and its values; they live as long as the request's arguments and the call. */
struct method_call {
	const char *statement;
	int count;
	const char *values[METHOD_VALUES_MAX];
	char numbers[METHOD_VALUES_MAX][24];
	struct buf document; /* import: the checked ledger */
	struct ledger_faults faults;
	bool changes;      /* the directory may have changed */
	const char *opens; /* NULL, or whose sealed values the answer gives open, where they do not say it themselves */
};

void method_call_init(struct method_call *call);
void method_call_fini(struct method_call *call);
/* method_joins: a quick read, which may share its transaction, and so the sync of the audit trail, with others. */
bool method_joins(const char *method);
/* method_why takes the reason out of the arguments; "" when none is given. */
enum err method_why(struct request_args *args, const char **out_why, struct errinfo *info) ERR_MUST_CHECK;
/* method_prepare checks the arguments of user's request. ERR_NOT_FOUND: no such method; info names the argument that is
 * wrong. */
enum err method_prepare(const char *method, const char *user, struct request_args *args,
	const struct method_context *context, struct method_call *out_call, struct errinfo *info) ERR_MUST_CHECK;

/* method_open appends answer (JSON) with the sealed values of a row opened, and those that name their row ("s1@" row
 * ":" ...); those that do not open, or without a seal, stay as they are. */
enum err method_open(const struct seal *seal, const char *row, const char *answer, struct buf *out) ERR_MUST_CHECK;

#endif
