/* SPDX-License-Identifier: MIT
 *
 * table: what the tables of the dispatcher's cores (uthash, rows of their own) share.
 */
#ifndef CURTAIN_DISPATCHER_TABLE_H
#define CURTAIN_DISPATCHER_TABLE_H

#include <stdlib.h>

#define uthash_fatal(message) abort() /* out of memory in a table: nothing sane is left to do */
#include <uthash.h>

/* TABLE_FREE empties a table of struct type, its rows freed; head is NULL then. */
#define TABLE_FREE(type, head)                                                                                         \
	do {                                                                                                           \
		struct type *row_, *next_;                                                                             \
		HASH_ITER(hh, head, row_, next_)                                                                       \
		{                                                                                                      \
			HASH_DEL(head, row_);                                                                          \
			free(row_);                                                                                    \
		}                                                                                                      \
	} while (0)

#endif
