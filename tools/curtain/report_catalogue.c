/* SPDX-License-Identifier: MIT */
#include "report_catalogue.h"

#include <string.h>

#include "base/buf.h"
#include "codec/fields.h"

#define ANSWER_BYTES_MAX (8u << 20)

/* next_cell reads a cell at *at into cell; *at then stands on what ends it: a comma, the end of the line or of the
 * text. */
static void next_cell(const char **at, struct buf *cell)
{
	bool quoted = **at == '"';

	buf_reset(cell);
	buf_text(cell, ""); /* an empty one is a text too */
	*at += quoted;
	for (; **at; (*at)++) {
		if (quoted && **at == '"' && (*at)[1] == '"')
			(*at)++;
		else if (quoted && **at == '"') {
			(*at)++;
			return;
		} else if (!quoted && strchr(",\r\n", **at))
			return;
		buf_byte(cell, **at);
	}
}

/* take_row reads a line: the id is its first cell, the name that of column. */
static void take_row(const char **at, int column, struct buf *cell, json_t *names)
{
	char id[64] = "";

	for (int i = 0;; i++) {
		next_cell(at, cell);
		if (cell->failed)
			return;
		if (i == 0 && cell->length < sizeof id)
			memcpy(id, cell->data, cell->length + 1);
		if (i == column && *id)
			json_object_set_new(names, id, json_string(cell->data)); /* no UTF-8: left out */
		if (**at != ',')
			break;
		(*at)++;
	}
	*at += strcspn(*at, "\n");
	*at += **at == '\n';
}

/* column_of finds a heading of the first line. */
static int column_of(const char *csv, const char *heading, struct buf *cell)
{
	for (int i = 0;; i++) {
		next_cell(&csv, cell);
		if (cell->failed)
			return -1;
		if (!strcmp(cell->data, heading))
			return i;
		if (*csv != ',')
			return -1;
		csv++;
	}
}

static enum err take_rows(const char *csv, json_t *names, struct errinfo *info)
{
	struct buf cell;
	int column = -1;
	enum err err = ERR_OK;

	buf_init(&cell, ANSWER_BYTES_MAX);
	if (csv && column_of(csv, "id", &cell) == 0)
		column = column_of(csv, "name", &cell);
	if (!csv || column < 0) {
		err = errinfo_set(
			info, ERR_INVALID, "records exports no services with id and name: another version of Curtain?");
	} else {
		csv += strcspn(csv, "\n");
		csv += *csv == '\n';
		while (*csv && !cell.failed)
			take_row(&csv, column, &cell, names);
		err = cell.failed;
	}
	buf_fini(&cell);
	return err;
}

enum err report_catalogue(const char *answer, json_t *root, struct errinfo *info)
{
	json_t *answered = NULL, *names = json_object();
	enum err err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &answered, info);

	if (!err)
		err = take_rows(json_string_value(json_object_get(answered, "csv")), names, info);
	if (!err)
		json_object_set(root, "catalogue", names);
	json_decref(names);
	json_decref(answered);
	return err;
}
