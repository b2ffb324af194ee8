/* SPDX-License-Identifier: MIT
 *
 * text: bounded strings, identifiers and hashes. No allocation.
 */
#ifndef CURTAIN_BASE_TEXT_H
#define CURTAIN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* text_copy copies source into out (size bytes with the NUL). ERR_FULL and an untouched out if it does not fit. */
enum err text_copy(char *out, size_t size, const char *source) ERR_MUST_CHECK;
/* text_cut copies as much as fits, cutting at a UTF-8 boundary. For texts where a shorter one still serves. */
void text_cut(char *out, size_t size, const char *source);
/* text_is_utf8 says whether length bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(const char *bytes, size_t length);
/* text_is_id says whether text is 1..63 of [A-Za-z0-9._-], not starting with '-' or '.': safe in topics, SQL and file
 * names. */
bool text_is_id(const char *text);
/* text_is_label says whether text is non-empty valid UTF-8 without control characters: device names as vendors use
 * them. */
bool text_is_label(const char *text);
/* text_crc32 is CRC-32/ISO-HDLC (IEEE 802.3; "123456789" gives 0xcbf43926). */
uint32_t text_crc32(const void *bytes, size_t length);
/* text_hash64 is FNV-1a 64 (draft-eastlake-fnv), for tables and stored payload rings; not for adversaries. */
uint64_t text_hash64(const void *bytes, size_t length, uint64_t seed);
/* text_distance is the optimal string alignment distance, both at most 64 bytes (longer ones: 65). For "did you mean".
 */
unsigned text_distance(const char *a, const char *b);

#endif
