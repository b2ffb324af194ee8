/* SPDX-License-Identifier: MIT
 *
 * blob: fixed-width fields, little-endian, in the caller's memory: how cores lay down their states. Writing beyond the
 * end or reading beyond it sets bad and does nothing else, so that a caller checks once at its end. No allocation.
 */
#ifndef CURTAIN_BASE_BLOB_H
#define CURTAIN_BASE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct blob {
	unsigned char *to;         /* writing */
	const unsigned char *from; /* reading */
	size_t at, size;
	bool bad;
};

/* blob_write and blob_read begin at the front of size bytes. */
struct blob blob_write(void *to, size_t size);
struct blob blob_read(const void *from, size_t size);
/* blob_put appends the low bytes (1..8) of value; blob_get takes them back, 0 beyond the end. */
void blob_put(struct blob *blob, uint64_t value, unsigned bytes);
uint64_t blob_get(struct blob *blob, unsigned bytes);
void blob_put_wall(struct blob *blob, struct wall t);
struct wall blob_get_wall(struct blob *blob);
void blob_put_number(struct blob *blob, double value);
double blob_get_number(struct blob *blob);
/* blob_put_text appends a text of at most 65535 bytes with its length; blob_get_text is bad if it does not fit size
 * bytes with its NUL, is no UTF-8 or holds a NUL. */
void blob_put_text(struct blob *blob, const char *text);
void blob_get_text(struct blob *blob, char *out, size_t size);
/* blob_put_sum ends a state with a checksum of all before it. blob_take_sum, at any place of reading, checks it and
 * takes it off the end; bad if a byte is another one. */
void blob_put_sum(struct blob *blob);
void blob_take_sum(struct blob *blob);

#endif
