/* SPDX-License-Identifier: MIT
 *
 * year [--seed N (1)] [--days N (364)] [--incidents A_DAY (20)] [--policies FILE] [--visits FILE] [--checklists FILE]
 * [--samples FOLDER] [--log FILE]
 *      [--fault
 * page_lost|page_twice|timer_missed|roster_bent|book_apart|errand_lost|swap_forced|notice_lost|cover_unasked]
 * [--twice]
 *
 * --twice plays it again and compares the bytes. Exit status: 0 all promises kept, 1 one was broken or the bytes
 * differ, 2 wrong usage or it did not run.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "year.h"

static bool number(const char *text, unsigned long most, unsigned long *out)
{
	char *rest;

	*out = strtoul(text, &rest, 10);
	return *text >= '0' && *text <= '9' && !*rest && *out <= most;
}

static bool read_options(int argc, char **argv, struct year_options *out, bool *twice)
{
	static const struct option names[] = {{"seed", required_argument, NULL, 's'},
		{"days", required_argument, NULL, 'd'}, {"incidents", required_argument, NULL, 'i'},
		{"policies", required_argument, NULL, 'p'}, {"visits", required_argument, NULL, 'v'},
		{"checklists", required_argument, NULL, 'c'}, {"samples", required_argument, NULL, 'S'},
		{"log", required_argument, NULL, 'l'}, {"fault", required_argument, NULL, 'f'},
		{"twice", no_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
	unsigned long n;
	bool good = true;

	for (int c; good && (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		switch (c) {
		case 's':
			good = number(optarg, UINT32_MAX, &n);
			out->seed = n;
			break;
		case 'd':
			good = number(optarg, YEAR_DAYS_MAX, &n);
			out->days = (unsigned)n;
			break;
		case 'i':
			good = number(optarg, 5000, &n);
			out->incidents_a_day = (unsigned)n;
			break;
		case 'p':
			out->policies = optarg;
			break;
		case 'v':
			out->visits = optarg;
			break;
		case 'c':
			out->checklists = optarg;
			break;
		case 'S':
			out->samples = optarg;
			break;
		case 'l':
			out->log = optarg;
			break;
		case 'f':
			good = !year_fault_find(optarg, &out->fault);
			break;
		case 't':
			*twice = true;
			break;
		default:
			good = false;
		}
	}
	return good && optind == argc;
}

/* run plays it once into a text that the caller frees. */
static bool run(const struct year_options *options, char **out_text, struct year_outcome *outcome)
{
	struct errinfo info = {0};
	size_t length;
	FILE *out = open_memstream(out_text, &length);
	enum err err = out ? year_run(options, out, outcome, &info) : ERR_NOMEM;

	if (out && fclose(out) && !err)
		err = ERR_NOMEM;
	if (err)
		fprintf(stderr, "year: %s\n", *info.text ? info.text : err_name(err));
	return !err;
}

int main(int argc, char **argv)
{
	struct year_options options = {.seed = 1, .days = 364, .incidents_a_day = 20};
	struct year_outcome outcome = {0};
	char *first = NULL, *second = NULL;
	bool twice = false, broken = false;

	if (!read_options(argc, argv, &options, &twice)) {
		fputs("usage: year [--seed N] [--days N] [--incidents A_DAY] [--policies FILE] [--visits FILE] "
		      "[--checklists FILE] [--samples FOLDER] "
		      "[--log FILE] [--fault KIND] [--twice]\n",
			stderr);
		return 2;
	}
	bool ran = run(&options, &first, &outcome);
	if (ran)
		fputs(first, stdout);
	for (unsigned p = 0; p < YEAR_PROMISE_COUNT; p++)
		broken = broken || outcome.broken[p];
	if (ran && twice) {
		ran = run(&options, &second, &outcome);
		bool same = ran && !strcmp(first, second);
		puts(same ? "played again: the same bytes" : "played again: OTHER BYTES");
		broken = broken || !same;
	}
	free(first);
	free(second);
	return !ran ? 2 : broken;
}
