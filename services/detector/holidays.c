/* SPDX-License-Identifier: MIT */
#include "detector/holidays.h"

#include <stdlib.h>

#include "base/text.h"
#include "config/config.h"

struct file {
	struct config_list holidays, workdays;
};

/* clang-format off */
static const struct config_key table[] = {
	{"holidays", CONFIG_LIST, CONFIG_FIELD(struct file, holidays), NULL, 1, CONFIG_LIST_MAX, NULL, "Days off, a year a line."},
	{"workdays", CONFIG_LIST, CONFIG_FIELD(struct file, workdays), "[]", 0, CONFIG_LIST_MAX, NULL, "Saturdays and Sundays that are worked, a year a line."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static enum err take(const struct config_list *list, enum day_kind kind, const char *path, struct calendar *calendar,
	struct errinfo *info)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < list->count && !err; i++)
		err = calendar_read(calendar, list->text[i], kind, info);
	if (err && info)
		text_cut(info->file, sizeof info->file, path);
	return err;
}

enum err holidays_load(const char *path, struct calendar *out_calendar, struct errinfo *info)
{
	struct file *file;
	enum err err;

	calendar_init(out_calendar);
	if (!*path)
		return ERR_OK;
	file = calloc(1, sizeof *file);
	if (!file)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	err = config_load(table, path, NULL, file, sizeof *file, info);
	if (!err)
		err = take(&file->holidays, DAY_HOLIDAY, path, out_calendar, info);
	if (!err)
		err = take(&file->workdays, DAY_WORKDAY, path, out_calendar, info);
	free(file);
	return err;
}
