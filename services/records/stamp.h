/* SPDX-License-Identifier: MIT
 *
 * stamp: when the last backup was made, as `curtain backup --stamp FILE` notes it.
 */
#ifndef CURTAIN_RECORDS_STAMP_H
#define CURTAIN_RECORDS_STAMP_H

#include "base/clock.h"

/* stamp_age_s gives the whole seconds from the time (RFC 3339) that the file holds to now, at least 0. A file that is
 * not there, or holds no time: the seconds since 1970, older than any backup. */
int64_t stamp_age_s(const char *path, struct wall now);

#endif
