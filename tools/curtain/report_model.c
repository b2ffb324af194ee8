/* SPDX-License-Identifier: MIT */
#include "report_model.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "codec/request.h"

struct report {
	json_t *root;
	size_t count;
	struct report_figure figures[]; /* sorted by dim, key, name */
};

static int by_name(const void *a, const void *b)
{
	const struct report_figure *one = a, *other = b;
	int order = strcmp(one->dim, other->dim);

	if (!order)
		order = strcmp(one->key, other->key);
	return order ? order : strcmp(one->name, other->name);
}

static int by_size(const void *a, const void *b)
{
	const struct report_figure *one = a, *other = b;

	if (one->now != other->now)
		return one->now < other->now ? 1 : -1;
	if (one->before != other->before)
		return one->before < other->before ? 1 : -1;
	return strcmp(one->name, other->name);
}

const char *report_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

enum err report_open(const char *json, struct report **out_report, struct errinfo *info)
{
	json_t *root;
	struct report *report;
	enum err err = fields_load(json, strlen(json), 2 * REQUEST_BYTES_MAX, &root, info);

	if (err)
		return err;
	const json_t *figures = json_object_get(root, "figures");
	if (!json_is_array(figures)) {
		json_decref(root);
		return errinfo_set(info, ERR_INVALID, "the answer has no \"figures\"");
	}
	report = calloc(1, sizeof *report + json_array_size(figures) * sizeof report->figures[0]);
	if (!report) {
		json_decref(root);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	report->root = root;
	for (; report->count < json_array_size(figures); report->count++) {
		const json_t *row = json_array_get(figures, report->count);
		report->figures[report->count] = (struct report_figure){.dim = report_text(row, "dim"),
			.key = report_text(row, "key"),
			.name = report_text(row, "name"),
			.now = json_number_value(json_object_get(row, "now")),
			.before = json_number_value(json_object_get(row, "before"))};
	}
	qsort(report->figures, report->count, sizeof report->figures[0], by_name);
	*out_report = report;
	return ERR_OK;
}

void report_close(struct report *report)
{
	if (!report)
		return;
	json_decref(report->root);
	free(report);
}

const json_t *report_root(const struct report *report)
{
	return report->root;
}

struct report_figure report_get(const struct report *report, const char *dim, const char *key, const char *name)
{
	const struct report_figure wanted = {.dim = dim, .key = key, .name = name};
	const struct report_figure *found =
		bsearch(&wanted, report->figures, report->count, sizeof report->figures[0], by_name);

	return found ? *found : wanted;
}

const struct report_figure *report_at(const struct report *report, size_t index)
{
	return index < report->count ? &report->figures[index] : NULL;
}

size_t report_family(const struct report *report, const char *dim, const char *key, const char *prefix,
	struct report_figure *out, size_t most)
{
	size_t count = 0, length = strlen(prefix);

	/* The smallest of what was kept gives way; families are short. */
	for (size_t i = 0; i < report->count; i++) {
		const struct report_figure *figure = &report->figures[i];
		if (strcmp(figure->dim, dim) != 0 || strcmp(figure->key, key) != 0 ||
			strncmp(figure->name, prefix, length) != 0)
			continue;
		if (count < most)
			out[count++] = *figure;
		else if (most && by_size(figure, &out[most - 1]) < 0)
			out[most - 1] = *figure;
		else
			continue;
		qsort(out, count, sizeof *out, by_size);
	}
	return count;
}
