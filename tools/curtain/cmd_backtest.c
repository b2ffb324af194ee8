/* SPDX-License-Identifier: MIT
 *
 * curtain backtest: how the detector would have done on a district's own data, before it is switched on.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backtest_print.h"
#include "backtest_prior.h"
#include "backtest_read.h"
#include "backtest_run.h"
#include "backtest_simulate.h"
#include "base/text.h"
#include "cmd.h"
#include "options.h"
#include "output.h"

#define MOMENTS 300
#define MOMENTS_ONE_HOME 2000
#define SEED 20240613

struct backtest {
	const char *layout_name, *columns_text, *zone_name, *target_text, *attention_text, *json_file, *svg_file;
	const char *channels, *homes, *persons_file, *simulated, *only, *prior_file;
	int64_t seed, workers, moments;
	bool sweep, compare;
	const char *files[OPTIONS_OPERANDS_MAX];

	enum read_layout layout;
	struct read_columns columns;
	uint64_t quantities;
	unsigned simulate;
	struct zone *zone;
	struct trace_set set;
	struct run_options options;
	struct run runs[RUNS_MAX];
	unsigned run_count;
};

static const char ending[] =
	"FILE: as it is or compressed by gzip; \"-\" reads standard input. Layouts:\n"
	"  daiad    home,local_time,reading_l[,...]; members from homes.csv beside it, if it is there\n"
	"  sgsc10   home,local_time,kwh\n"
	"  senml    a line each: `reading` as on lane \"reading\", or a SenML pack with names "
	"\"HOME/DEVICE/QUANTITY\"\n"
	"  csv      a heading line and --columns home=..,time=..,value=..,kind=counter|delta,quantity=..[,unit=..]\n"
	"           [,device=..][,persons=..]; times: RFC 3339, local (--zone) or seconds since 1970\n"
	"A false alarm is one in a gap that ended by itself within 24 h; delays are measured on moments after which "
	"all use\n"
	"stops (docs/detection.md). The same seed gives the same output, with any number of workers.\n"
	"Exit status: 0 done, 2 wrong usage, or data that cannot be read or are too short.\n\n"
	"examples:\n"
	"  curtain backtest --layout daiad water_hourly.csv.gz\n"
	"  curtain backtest --layout daiad water_hourly.csv.gz --target 0.25 --compare --svg figure.svg\n"
	"  curtain backtest --layout csv --columns home=id,time=ts,value=litres,kind=counter,quantity=water_total "
	"*.csv\n";

/* ---- options ---- */

static enum err number_of(const char *name, const char *text, double min, double max, double *out, struct errinfo *info)
{
	char *end;

	errno = 0;
	double value = strtod(text, &end);
	if (!*text || *end || errno || !(value >= min && value <= max))
		return errinfo_set(
			info, ERR_RANGE, "--%s is \"%.40s\"; it must be a number from %g to %g", name, text, min, max);
	*out = value;
	return ERR_OK;
}

/* channels_of reads "water_total,motion" (these alone) or "-motion,-contact" (all but these). */
static enum err channels_of(const char *text, uint64_t *out, struct errinfo *info)
{
	char copy[400], *rest = copy, *part;
	uint64_t only = 0, without = 0;
	enum quantity quantity;

	if (text_copy(copy, sizeof copy, text))
		return errinfo_set(info, ERR_RANGE, "--channels is too long");
	while ((part = strsep(&rest, ","))) {
		bool minus = *part == '-';
		if (quantity_find(part + minus, &quantity))
			return errinfo_set(info, ERR_NOT_FOUND,
				"--channels: no quantity \"%.40s\"; curtain quantities lists them", part + minus);
		*(minus ? &without : &only) |= UINT64_C(1) << quantity;
	}
	*out = (only ? only : UINT64_MAX) & ~without;
	return ERR_OK;
}

static enum err options_check(struct backtest *b, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (!b->layout_name)
		return errinfo_set(info, ERR_INVALID, "which --layout? daiad, sgsc10, senml or csv");
	if (read_layout_find(b->layout_name, &b->layout))
		return errinfo_set(info, ERR_NOT_FOUND, "no layout \"%.40s\"; there are daiad, sgsc10, senml and csv",
			b->layout_name);
	if ((b->layout == READ_CSV) != (b->columns_text != NULL))
		return errinfo_set(info, ERR_INVALID, "--columns goes with --layout csv, and csv with --columns");
	if (b->columns_text)
		err = read_columns_parse(b->columns_text, &b->columns, info);
	if (!err)
		err = number_of("target", b->target_text, 0.01, 100, &b->options.target, info);
	if (!err)
		err = number_of("attention", b->attention_text, 0.01, 300, &b->options.attention, info);
	if (!err && b->only && strcmp(b->only, "odd") != 0 && strcmp(b->only, "even") != 0)
		return errinfo_set(info, ERR_NOT_FOUND, "--only is \"%.40s\"; it must be odd or even", b->only);
	if (!err && b->simulated)
		err = simulate_parse(b->simulated, &b->simulate, info);
	if (!err && b->channels)
		err = channels_of(b->channels, &b->quantities, info);
	return err;
}

/* read_options: -1 = go on, else the exit status. */
static int read_options(struct backtest *b, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"layout", OPTION_TEXT, &b->layout_name, 0, 0, "NAME", "daiad, sgsc10, senml or csv"},
		{"columns", OPTION_TEXT, &b->columns_text, 0, 0, "MAP", "which column says what, for csv"},
		{"zone", OPTION_TEXT, &b->zone_name, 0, 0, "NAME",
			"of local times, and of what is night (by the layout; Asia/Shanghai)"},
		{"target", OPTION_TEXT, &b->target_text, 0, 0, "NUMBER", "false alarms a home-month asked for (1)"},
		{"attention", OPTION_TEXT, &b->attention_text, 0, 0, "NUMBER", "the same of attentions (4)"},
		{"sweep", OPTION_FLAG, &b->sweep, 0, 0, NULL, "also the targets 0.1, 0.25, 0.5, 1, 2, 4"},
		{"compare", OPTION_FLAG, &b->compare, 0, 0, NULL, "also the deployed rules and fixed limits"},
		{"channels", OPTION_TEXT, &b->channels, 0, 0, "LIST",
			"quantities to look at alone, or with a minus to leave out: -motion,-contact"},
		{"homes", OPTION_TEXT, &b->homes, 0, 0, "LIST", "these homes alone, joined by commas"},
		{"only", OPTION_TEXT, &b->only, 0, 0, "HALF",
			"odd or even: every second home, in the order of their ids; to fit on one half and test on the "
			"other"},
		{"simulate", OPTION_TEXT, &b->simulated, 0, 0, "LIST",
			"add channels that no home had: door,motion,electricity (docs/detection.md)"},
		{"persons", OPTION_TEXT, &b->persons_file, 0, 0, "FILE", "CSV with home,members: persons of each home"},
		{"moments", OPTION_INT, &b->moments, 0, 100000, "NUMBER",
			"at which use stops, a home (300; 2000 for one home; 0 = no delays)"},
		{"seed", OPTION_INT, &b->seed, 0, INT32_MAX, "NUMBER", "of the moments"},
		{"workers", OPTION_INT, &b->workers, 1, RUN_WORKERS_MAX, "NUMBER", "threads (one a processor)"},
		{"json", OPTION_TEXT, &b->json_file, 0, 0, "FILE", "write one JSON document; - is standard output"},
		{"prior", OPTION_TEXT, &b->prior_file, 0, 0, "FILE",
			"write what these homes' habits say together, as a services/detector/habit_prior.c"},
		{"svg", OPTION_TEXT, &b->svg_file, 0, 0, "FILE", "draw false alarms against delay"},
	};
	const struct options options = {.command = "backtest",
		.summary = "Plays a data set through the detector and says what it would have cost and how fast it is.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.operand = "FILE...",
		.operand_value = b->files,
		.ending = ending};
	struct errinfo info = {0};

	int status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	return options_check(b, &info) ? options_fail("backtest", &info) : -1;
}

/* ---- data ---- */

static enum err read_persons(const char *path, struct trace_set *set, struct errinfo *info)
{
	FILE *file = fopen(path, "rbe");
	char line[1024];
	int home = -1, members = -1, row = 0;
	enum err err = ERR_OK;

	if (!file)
		return errinfo_at(info, ERR_NOT_FOUND, path, 0, 0, "cannot be read: %s", strerror(errno));
	while (!err && fgets(line, sizeof line, file)) {
		char *rest = line, *field, *id = NULL, *count = NULL;
		line[strcspn(line, "\r\n")] = '\0';
		for (int i = 0; (field = strsep(&rest, ",")); i++) {
			if (!row && !strcmp(field, "home"))
				home = i;
			if (!row && !strcmp(field, "members"))
				members = i;
			id = i == home ? field : id;
			count = i == members ? field : count;
		}
		if (!row++ && (home < 0 || members < 0))
			err = errinfo_at(info, ERR_INVALID, path, 1, 0, "needs the columns home and members");
		struct trace *trace = id && row > 1 ? trace_set_find(set, id) : NULL;
		long persons = count ? strtol(count, NULL, 10) : 0;
		if (trace && persons > 0 && persons < 255)
			trace->persons = (uint8_t)persons;
	}
	fclose(file);
	return err;
}

/* persons_of takes the file that was named, or DAIAD's homes.csv where that is. */
static enum err persons_of(struct backtest *b, struct errinfo *info)
{
	char path[1024];
	const char *first = b->files[0];

	if (b->persons_file)
		return read_persons(b->persons_file, &b->set, info);
	if (b->layout != READ_DAIAD || !first)
		return ERR_OK;
	const char *slash = strrchr(first, '/');
	int length = slash ? (int)(slash - first) + 1 : 0;
	if (snprintf(path, sizeof path, "%.*shomes.csv", length, first) >= (int)sizeof path || access(path, R_OK) != 0)
		return ERR_OK;
	return read_persons(path, &b->set, info);
}

/* keep_homes leaves the named homes alone in the set. */
static enum err keep_homes(struct backtest *b, struct errinfo *info)
{
	struct trace_set kept = {0};
	char *copy = b->homes ? strdup(b->homes) : NULL, *rest = copy, *part;
	enum err err = b->homes && !copy ? errinfo_set(info, ERR_NOMEM, "out of memory") : ERR_OK;

	while (copy && !err && (part = strsep(&rest, ","))) {
		struct trace *from = trace_set_find(&b->set, part), *to;
		if (!from)
			err = errinfo_set(info, ERR_NOT_FOUND, "--homes: \"%.63s\" is in none of the files", part);
		else if ((err = trace_set_home(&kept, part, &to)))
			err = errinfo_set(info, err, "out of memory");
		else
			trace_move(to, from);
	}
	if (copy) {
		trace_set_fini(&b->set);
		b->set = kept;
	}
	free(copy);
	return err;
}

/* keep_half leaves every second home of a closed set, in the order of their ids; the first is odd. */
static enum err keep_half(struct backtest *b, struct errinfo *info)
{
	struct trace_set kept = {0};
	enum err err = ERR_OK;

	if (!b->only)
		return ERR_OK;
	for (size_t i = !strcmp(b->only, "even"); i < b->set.count && !err; i += 2) {
		struct trace *to;
		err = trace_set_home(&kept, b->set.homes[i]->home, &to);
		if (!err)
			trace_move(to, b->set.homes[i]);
	}
	trace_set_fini(&b->set);
	b->set = kept;
	err = err ? err : trace_set_close(&b->set);
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

static enum err read_data(struct backtest *b, struct errinfo *info)
{
	const char *zone = b->zone_name ? b->zone_name : read_zone_of(b->layout);
	struct reader reader;
	enum err err = output_zone(zone, &b->zone, info);

	if (err)
		return err;
	read_begin(&reader, b->layout, b->zone, &b->set);
	if (b->layout == READ_CSV)
		reader.columns = b->columns;
	reader.quantities = b->quantities;
	for (unsigned i = 0; i < OPTIONS_OPERANDS_MAX && b->files[i] && !err; i++)
		err = read_file(&reader, b->files[i], info);
	read_end(&reader);
	if (!err)
		err = persons_of(b, info);
	if (!err)
		err = keep_homes(b, info);
	if (!err && trace_set_close(&b->set))
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err)
		err = keep_half(b, info);
	for (size_t i = 0; i < b->set.count && !err; i++)
		if (simulate_home(&b->set, b->set.homes[i], b->zone, b->simulate, (uint64_t)b->seed))
			err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err && !b->set.count)
		err = errinfo_set(info, ERR_NOT_FOUND, "the files hold no reading that is to be looked at");
	return err;
}

/* ---- runs ---- */

static bool waters(const struct trace_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		for (unsigned c = 0; c < set->homes[i]->channel_count; c++)
			if (set->homes[i]->channels[c].quantity == QUANTITY_WATER_TOTAL)
				return true;
	return false;
}

static enum err plan(struct backtest *b, struct errinfo *info)
{
	static const double targets[] = {0.1, 0.25, 0.5, 1, 2, 4};
	static const int64_t hours[] = {10, 12, 14, 16, 18};
	static const char *const deployed[] = {"water_changning", "water_jingan"};
	struct run_options *options = &b->options;
	enum err err = ERR_OK;

	options->zone = b->zone;
	options->seed = (uint64_t)b->seed;
	options->workers = (unsigned)b->workers;
	options->moments = b->moments >= 0 ? (unsigned)b->moments : b->set.count == 1 ? MOMENTS_ONE_HOME : MOMENTS;
	run_habit(&b->runs[b->run_count++], options, RUN_MAIN, options->target);
	for (unsigned i = 0; i < sizeof targets / sizeof *targets && b->sweep; i++)
		run_habit(&b->runs[b->run_count++], options, RUN_SWEEP, targets[i]);
	for (unsigned i = 0; i < sizeof hours / sizeof *hours && b->compare; i++)
		run_fixed(&b->runs[b->run_count++], options, hours[i]);
	for (unsigned i = 0; i < sizeof deployed / sizeof *deployed && b->compare && waters(&b->set) && !err; i++)
		err = run_deployed(&b->runs[b->run_count++], options, deployed[i], info);
	return err;
}

static enum err play(struct backtest *b, struct errinfo *info)
{
	enum err err = plan(b, info);

	for (unsigned i = 0; i < b->run_count && !err; i++)
		err = run_do(&b->runs[i], &b->set, b->options.workers, info);
	if (!err && !b->runs[0].score.homes)
		err = errinfo_set(info, ERR_RANGE,
			"no home has 60 days of readings: 56 to get to know it, and 4 to see whether it was right");
	return err;
}

/* ---- output ---- */

static enum err write_file(const char *path, const struct buf *text, struct errinfo *info)
{
	if (!strcmp(path, "-"))
		return output_write(text, ERR_OK, info);
	FILE *file = fopen(path, "wbe");
	if (!file)
		return errinfo_at(info, ERR_IO, path, 0, 0, "cannot be written: %s", strerror(errno));
	bool failed = fwrite(text->data, 1, text->length, file) != text->length;
	failed = fclose(file) != 0 || failed;
	return failed ? errinfo_at(info, ERR_IO, path, 0, 0, "cannot be written: %s", strerror(errno)) : ERR_OK;
}

static enum err print_to(const struct report *report, enum err (*print)(const struct report *, struct buf *),
	const char *path, struct errinfo *info)
{
	struct buf text;

	buf_init(&text, OUTPUT_BYTES_MAX);
	enum err err = print(report, &text);
	if (err)
		errinfo_set(info, err, "the output cannot be made: %s", err_name(err));
	else
		err = write_file(path, &text, info);
	buf_fini(&text);
	return err;
}

static enum err print_all(const struct backtest *b, struct errinfo *info)
{
	const struct report report = {.layout = b->layout_name,
		.set = &b->set,
		.options = &b->options,
		.simulated = b->simulated,
		.runs = b->runs,
		.count = b->run_count};
	bool json_alone = b->json_file && !strcmp(b->json_file, "-");
	enum err err = json_alone ? ERR_OK : print_to(&report, print_table, "-", info);

	if (!err && b->json_file)
		err = print_to(&report, print_json, b->json_file, info);
	if (!err && b->svg_file)
		err = print_to(&report, print_figure, b->svg_file, info);
	if (!err && b->prior_file)
		err = print_to(&report, print_prior, b->prior_file, info);
	return err;
}

int cmd_backtest(int argc, char **argv)
{
	static struct backtest b; /* large: rules of every run */
	struct errinfo info = {0};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	b = (struct backtest){
		.target_text = "1", .attention_text = "4", .quantities = UINT64_MAX, .seed = SEED, .moments = -1};
	b.workers = processors > 0 && processors < RUN_WORKERS_MAX ? processors : 1;
	int status = read_options(&b, argc, argv);
	if (status >= 0)
		return status;
	enum err err = read_data(&b, &info);
	if (!err)
		err = play(&b, &info);
	if (!err)
		err = print_all(&b, &info);
	for (unsigned i = 0; i < b.run_count; i++)
		run_fini(&b.runs[i]);
	trace_set_fini(&b.set);
	zone_destroy(b.zone);
	return err ? options_fail("backtest", &info) : 0;
}
