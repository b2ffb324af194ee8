/* SPDX-License-Identifier: MIT */
#include "report_catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "records/ledger_csv.h"

#define ANSWER_BYTES_MAX (8u << 20)

/* column_of gives the place of a heading, csv->count if there is none. */
static unsigned column_of(const struct ledger_csv *csv, const char *heading)
{
	unsigned i = 0;

	while (i < csv->count && strcmp(csv->fields[i], heading) != 0)
		i++;
	return i;
}

static enum err read_rows(char *text, json_t *names, struct errinfo *info)
{
	struct ledger_csv csv;
	unsigned column;
	bool more;
	enum err err;

	ledger_csv_open(&csv, text, strlen(text));
	err = ledger_csv_next(&csv, &more, info);
	column = err || !more || column_of(&csv, "id") != 0 ? csv.count : column_of(&csv, "name");
	if (!err && column == csv.count)
		return errinfo_set(
			info, ERR_INVALID, "records exports no services with id and name: another version of Curtain?");
	while (!err && !(err = ledger_csv_next(&csv, &more, info)) && more)
		if (csv.count > column && *csv.fields[0])
			json_object_set_new(
				names, csv.fields[0], json_string(csv.fields[column])); /* no UTF-8: left out */
	return err;
}

static enum err take_rows(const char *csv, json_t *names, struct errinfo *info)
{
	char *text = strdup(csv ? csv : ""); /* it is read in place */
	enum err err = text ? read_rows(text, names, info) : errinfo_set(info, ERR_NOMEM, "out of memory");

	free(text);
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
