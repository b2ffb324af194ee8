/* SPDX-License-Identifier: MIT
 *
 * report_catalogue: names of the services of the six helps and one care, for papers that know them by id.
 */
#ifndef CURTAIN_TOOL_REPORT_CATALOGUE_H
#define CURTAIN_TOOL_REPORT_CATALOGUE_H

#include <jansson.h>

#include "base/err.h"

/* report_catalogue takes what records answers to export {kind: services} (CSV, RFC 4180) and sets root's member
 * "catalogue": the name by the id. ERR_INVALID: the answer is not of that form. */
enum err report_catalogue(const char *answer, json_t *root, struct errinfo *info) ERR_MUST_CHECK;

#endif
