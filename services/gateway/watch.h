/* SPDX-License-Identifier: MIT
 *
 * watch: how long certificates are still good for. Its header and source know nothing of base: names of libcrypto and
 * of base/err.h collide.
 */
#ifndef CURTAIN_GATEWAY_WATCH_H
#define CURTAIN_GATEWAY_WATCH_H

#include <stddef.h>
#include <stdint.h>

/* watch_left_s gives the seconds from now (seconds since 1970, UTC) until the first certificate of a PEM text ends,
 * below 0 when it has ended; 0 for a text without one: that is as bad as one that ends now. */
int64_t watch_left_s(const char *pem, size_t length, int64_t now_s);

#endif
