/* SPDX-License-Identifier: MIT
 *
 * errand_row: an errand as the database takes it (errand_apply, 0018): its columns as one JSON object. What was noted
 * and answered is sealed, in the row of the errand's id.
 */
#ifndef CURTAIN_RECORDS_ERRAND_ROW_H
#define CURTAIN_RECORDS_ERRAND_ROW_H

#include "base/buf.h"
#include "base/err.h"
#include "message/message.h"
#include "records/seal.h"

/* errand_row appends the object. seal may be NULL: then it is kept as it is. ERR_FULL, ERR_IO (nothing could be
 * sealed). */
enum err errand_row(const struct errand *errand, const struct seal *seal, struct buf *out) ERR_MUST_CHECK;

#endif
