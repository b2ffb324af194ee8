/* SPDX-License-Identifier: MIT
 *
 * place: where a text begins that stands inside a file of another language, so that a fault in it is reported there.
 */
#ifndef CURTAIN_BASE_PLACE_H
#define CURTAIN_BASE_PLACE_H

#include <stdbool.h>

/* text_place counts from 1; block: its lines are those below (YAML's | and >). */
struct text_place {
	int line, column;
	bool block;
};

#endif
