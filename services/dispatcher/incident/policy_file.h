/* SPDX-License-Identifier: MIT
 *
 * policy_file: policies as a district writes them (deploy/config/policies.yaml, docs/incident.md).
 */
#ifndef CURTAIN_DISPATCHER_POLICY_FILE_H
#define CURTAIN_DISPATCHER_POLICY_FILE_H

#include "base/err.h"
#include "dispatcher/incident/policy.h"

/* policy_file_load reads file into *out, which is untouched on failure: ERR_INVALID with file, line, column, the fix,
 * and for an unknown key or word the nearest known one. */
enum err policy_file_load(const char *file, struct policies *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
