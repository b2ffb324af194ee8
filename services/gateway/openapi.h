/* SPDX-License-Identifier: MIT
 *
 * openapi: the OpenAPI 3.1 document of the table of endpoints (https://spec.openapis.org/oas/v3.1.0).
 */
#ifndef CURTAIN_GATEWAY_OPENAPI_H
#define CURTAIN_GATEWAY_OPENAPI_H

#include "base/buf.h"

/* openapi_write appends the document; version is the software's. */
enum err openapi_write(const char *version, struct buf *out);

#endif
