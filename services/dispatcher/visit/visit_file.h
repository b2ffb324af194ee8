/* SPDX-License-Identifier: MIT
 *
 * visit_file: visits.yaml and checklists.yaml, read strictly: what is unknown, missing or does not fit together is an
 * error with file, line, column and what to write.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_FILE_H
#define CURTAIN_DISPATCHER_VISIT_FILE_H

#include "dispatcher/visit/visit_rules.h"

/* visit_file_load reads both files, "" = none: what a file does not say stays as in visit_rules_preset. *out is
 * untouched on failure. */
enum err visit_file_load(
	const char *visits, const char *checklists, struct visit_rules *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
