/* SPDX-License-Identifier: MIT
 *
 * curtois: the text format of the shift-scheduling instances of Curtois and Qu (2014, schedulingbenchmarks.org):
 * SECTION_ lines, comments that start with #, comma separated rows. Days count from 0, which is a Monday; a weekend is
 * Saturday and Sunday. Runs that touch either end of the horizon are never too short.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_CURTOIS_H
#define CURTAIN_DISPATCHER_ROSTER_CURTOIS_H

#include <stddef.h>

#include "dispatcher/roster/model.h"

/* curtois_read makes a model of text, length bytes. file names it in errors (line and what is wrong with it). The model
 * is ready. */
enum err curtois_read(const char *text, size_t length, const char *file, struct roster_model **out_model,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
