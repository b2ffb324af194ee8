/* SPDX-License-Identifier: MIT
 *
 * restart_bench: a detector of many homes taken back from its store: seconds, resident memory, bytes a home.
 * restart_bench [HOMES] [FOLDER]   (100000, a folder of its own in /tmp)
 * Exit status 1 if a home takes 16 KiB or more, or 100,000 of them more than 2 GiB or 20 s of a processor.
 *
 * A home has a water meter, an electricity meter, a door, two motion sensors and thirty days of life. The store is made
 * as the service makes it, with the older copies that its journal holds at worst; another process then opens it, after
 * the file was dropped from the page cache.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "codec/codec.h"
#include "detector/checkpoint.h"
#include "detector/core_internal.h"
#include "lane/directory.h"
#include "lane/sql.h"

#define DAY0 INT64_C(1772380800000) /* a Monday, midnight in Shanghai */
#define DAYS 30
#define MODELS 8
#define DEVICES 4
#define BYTES_A_HOME_MOST 16384
#define SLICE 2000 /* homes changed in one transaction */

static struct zone *zone;

static void must(enum err err, const struct errinfo *info, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "restart_bench: %s: %s\n", what, info && *info->text ? info->text : err_name(err));
	exit(1);
}

static double seconds_since(struct mono start)
{
	return (double)(mono_now().us - start.us) / 1e6;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* resident gives the bytes of memory that this process holds. */
static double resident(void)
{
	unsigned long size, all, shared;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu %lu", &size, &all, &shared) != 3)
		must(ERR_IO, NULL, "/proc/self/statm");
	fclose(file);
	return (double)all * (double)sysconf(_SC_PAGESIZE);
}

static struct detector_core *core_new(unsigned homes)
{
	struct detector_config config = {.zone = zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.attention_ms = 10 * MS_PER_HOUR,
			.alarm_ms = 12 * MS_PER_HOUR,
			.one_person_attention_ms = 12 * MS_PER_HOUR,
			.one_person_alarm_ms = 14 * MS_PER_HOUR,
			.learning_ms = 14 * MS_PER_DAY,
			.learning_extra_ms = 2 * MS_PER_HOUR},
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = 48 * MS_PER_HOUR,
		.ordered = true,
		.homes_max = homes};
	struct errinfo info = {0};
	struct detector_rule rule;
	struct detector_core *core;

	must(rules_preset("silence", &rule, &info), &info, "rule");
	must(rules_add(config.rules, &config.rule_count, &rule, &info), &info, "rule");
	must(detector_create(&config, &core, &info), &info, "core");
	return core;
}

/* ---- the directory ---- */

static struct entry household_of(const char *home)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1, .body.household.persons = 1};

	text_cut(entry.key, sizeof entry.key, home);
	text_cut(entry.body.household.community, sizeof entry.body.household.community, "c-1");
	text_cut(entry.body.household.team, sizeof entry.body.household.team, "t-1");
	return entry;
}

static struct entry consent_of(const char *home)
{
	struct entry entry = {.kind = ENTRY_CONSENT, .seq = 1};

	text_cut(entry.key, sizeof entry.key, home);
	entry.body.consent.quantities = UINT64_C(1) << QUANTITY_WATER_TOTAL | UINT64_C(1) << QUANTITY_ENERGY_TOTAL |
					UINT64_C(1) << QUANTITY_CONTACT | UINT64_C(1) << QUANTITY_MOTION;
	entry.body.consent.from = entry.body.consent.until = WALL_NONE;
	return entry;
}

static void save(sqlite3_stmt *put, const struct entry *entry, struct buf *json)
{
	struct errinfo info = {0};

	buf_reset(json);
	must(codec_entry_encode(entry, json), NULL, "entry");
	sqlite3_bind_int(put, 1, (int)entry->kind);
	sqlite3_bind_text(put, 2, entry->key, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(put, 3, json->data, json->length, SQLITE_STATIC);
	must(sql_run(put, &info), &info, "entry");
}

static void home_name(unsigned number, char out[ID_BYTES])
{
	snprintf(out, ID_BYTES, "household-%06u", number);
}

static void fill_directory(struct store *store, unsigned homes)
{
	struct errinfo info = {0};
	sqlite3_stmt *put;
	char home[ID_BYTES];
	struct buf json;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	must(sql_prepare(store_db(store), "INSERT INTO directory_copy VALUES (?, ?, 1, ?)", &put, &info), &info, "put");
	must(store_begin(store, &info), &info, "begin");
	for (unsigned i = 0; i < homes; i++) {
		home_name(i, home);
		struct entry household = household_of(home), consent = consent_of(home);
		save(put, &household, &json);
		save(put, &consent, &json);
		for (unsigned d = 0; d < DEVICES; d++) {
			struct entry device = {.kind = ENTRY_DEVICE, .seq = 1};
			snprintf(device.key, sizeof device.key, "device-%06u-%u", i, d);
			text_cut(device.body.device.household, sizeof device.body.device.household, home);
			save(put, &device, &json);
		}
	}
	must(store_commit(store, &info), &info, "commit");
	sqlite3_finalize(put);
	buf_fini(&json);
}

static enum err apply(void *context, const struct entry *entry)
{
	return detector_entry(context, entry);
}

static struct directory *open_directory(struct store *store, struct detector_core *core)
{
	struct errinfo info = {0};
	struct directory *directory;
	struct directory_config config = {.lane = "directory-detector",
		.consumer = "detector",
		.producer = "records-1",
		.want_ms = 1000,
		.quiet_ms = 60000,
		.kinds = 1u << ENTRY_DEVICE | 1u << ENTRY_HOUSEHOLD | 1u << ENTRY_CONSENT,
		.apply = apply,
		.context = core};

	must(directory_copy_open(store, &config, &directory, &info), &info, "directory");
	return directory;
}

/* ---- lives ---- */

/* feed: device 0 is the water meter, 1 the electricity meter, 2 the door, 3 a radio of two motion sensors. */
static void feed(struct detector_core *core, const char *home, unsigned device, const char *channel,
	enum quantity quantity, double value, double delta, int64_t at)
{
	struct reading r = {.quantity = quantity,
		.value = value,
		.delta = delta,
		.since = {isnan(delta) ? WALL_NONE.ms : at - MS_PER_HOUR},
		.at = {at},
		.received = {at}};

	text_cut(r.household, sizeof r.household, home);
	text_cut(r.channel, sizeof r.channel, channel);
	snprintf(r.device, sizeof r.device, "device-%s-%u", home + strlen("household-"), device);
	must(detector_feed(core, &r), NULL, "feed");
}

/* live: up at half past six, some use in each hour of the day; seed makes the models differ. */
static void live(struct detector_core *core, const char *home, unsigned seed)
{
	struct detector_effects out;
	double water = 1000, energy = 5000;

	for (int h = 1; h <= DAYS * 24; h++) {
		int64_t at = DAY0 + h * MS_PER_HOUR;
		bool up = h % 24 >= 7 && h % 24 <= 22 && (unsigned)h * 7u % 5u != seed % 5u;
		water += up ? 12 : 0;
		energy += up ? 250 : 60;
		feed(core, home, 0, "", QUANTITY_WATER_TOTAL, water, up ? 12 : 0, at);
		feed(core, home, 1, "", QUANTITY_ENERGY_TOTAL, energy, up ? 250 : 60, at);
		for (int minute = 3; up && minute < 60; minute += 13) {
			const char *room = minute % 2 ? "hall" : "bath";
			feed(core, home, 3, room, QUANTITY_MOTION, 1, NAN, at + minute * MS_PER_MINUTE);
			feed(core, home, 3, room, QUANTITY_MOTION, 0, NAN, at + minute * MS_PER_MINUTE + 20000);
		}
		if (up && h % 6 == 0)
			for (int open = 1; open >= 0; open--)
				feed(core, home, 2, "", QUANTITY_CONTACT, open, NAN, at + (59 - open) * MS_PER_MINUTE);
		do
			must(detector_tick(core, (struct wall){at + MS_PER_HOUR}, &out), NULL, "tick");
		while (out.count == DETECTOR_EFFECTS_MAX);
	}
}

/* rename_sum makes a state's sum fit its new key. */
static void rename_sum(struct detector_state *state)
{
	size_t length = state->length - STATE_SUM_BYTES;
	uint32_t sum = detect_state_sum(state->key, state->blob, length);

	for (unsigned i = 0; i < STATE_SUM_BYTES; i++)
		state->blob[length + i] = (unsigned char)(sum >> 8 * i);
}

/* copy_lives gives each home the states of one of the models. */
static void copy_lives(struct detector_core *core, unsigned homes)
{
	static struct detector_state states[MODELS][8];
	unsigned counts[MODELS] = {0};
	char home[ID_BYTES];

	for (unsigned m = 0; m < MODELS; m++) {
		struct detector_core *model = core_new(1);
		home_name(m, home);
		struct entry household = household_of(home), consent = consent_of(home);
		must(detector_entry(model, &household), NULL, "household");
		must(detector_entry(model, &consent), NULL, "consent");
		live(model, home, m);
		while (counts[m] < 8 && detector_dirty(model, &states[m][counts[m]])) /* the population has one too */
			counts[m] += !strncmp(states[m][counts[m]].key, home, strlen(home));
		detector_destroy(model);
	}
	for (unsigned i = 0; i < homes; i++) {
		home_name(i, home);
		for (unsigned s = 0; s < counts[i % MODELS]; s++) {
			struct detector_state *state = &states[i % MODELS][s];
			memcpy(state->key, home, strlen(home)); /* all names are of one length */
			rename_sum(state);
			must(detector_restore(core, state), NULL, "model");
			must(detector_refresh(core, detector_slot(core, state->key)), NULL, "refresh");
		}
	}
}

/* write_slices writes all homes, some at a time; then again and again those of slices far apart, until the journal
 * begins to compact itself. */
static void write_slices(struct store *store, struct detector_core *core, struct checkpoint *checkpoint, unsigned homes)
{
	struct errinfo info = {0};
	char key[DETECTOR_KEY_BYTES];

	for (unsigned round = 0; round < 3; round++)
		for (unsigned first = 0; first < homes; first += SLICE) {
			for (unsigned i = 0; round && i < SLICE && first + i < homes; i++) {
				home_name((first + i) * 7919u % homes, key);
				memcpy(key + strlen(key), "*", 2);
				must(detector_refresh(core, detector_slot(core, key)), NULL, "refresh");
			}
			must(store_begin(store, &info), &info, "begin");
			must(checkpoint_write(checkpoint, &info), &info, "write");
			must(store_commit(store, &info), &info, "commit");
		}
}

static void make(const char *path, unsigned homes)
{
	struct errinfo info = {0};
	struct store *store;
	struct checkpoint *checkpoint;
	struct detector_core *core = core_new(homes);

	must(store_open(path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &store, &info), &info, path);
	fill_directory(store, homes);
	struct directory *directory = open_directory(store, core);
	must(checkpoint_open(store, core, &checkpoint, &info), &info, "checkpoint");
	copy_lives(core, homes);
	write_slices(store, core, checkpoint, homes);
	checkpoint_close(checkpoint);
	directory_copy_close(directory);
	detector_destroy(core);
	store_close(store);
}

/* ---- the restart ---- */

static void restart(const char *path, unsigned homes)
{
	struct errinfo info = {0};
	struct store *store;
	struct checkpoint *checkpoint;
	struct stat file;
	double before = resident();
	struct mono start = mono_now();
	struct detector_core *core = core_new(homes);
	uint32_t modes[DETECTOR_MODE_COUNT], open;

	must(store_open(path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &store, &info), &info, path);
	struct directory *directory = open_directory(store, core);
	double directory_s = seconds_since(start);
	must(checkpoint_open(store, core, &checkpoint, &info), &info, "checkpoint");
	double all_s = seconds_since(start), all_cpu_s = cpu_s(), after = resident();
	double share = homes < 100000 ? 1 : homes / 100000.0, a_home = (after - before) / homes;
	detector_modes(core, modes, &open);
	stat(path, &file);
	printf("{\"homes\": %u, \"homes_known\": %" PRIu32 ", \"store_mib\": %.0f, \"directory_s\": %.2f, "
	       "\"restart_s\": %.2f, \"restart_cpu_s\": %.2f, \"resident_mib\": %.0f, \"bytes_a_home\": %.0f, "
	       "\"bytes_a_home_most\": %d}\n",
		homes, homes - modes[DETECTOR_UNWATCHED], (double)file.st_size / 1048576, directory_s, all_s, all_cpu_s,
		after / 1048576, a_home, BYTES_A_HOME_MOST);
	/* By the processor's time: how long it takes on a machine that others use as well says little of the program.
	 */
	if (a_home >= BYTES_A_HOME_MOST || after >= 2147483648.0 * share || all_cpu_s >= 20 * share ||
		modes[DETECTOR_UNWATCHED]) {
		fprintf(stderr, "restart_bench: it takes more than it may, or forgets homes\n");
		exit(1);
	}
	checkpoint_close(checkpoint);
	directory_copy_close(directory);
	detector_destroy(core);
	store_close(store);
}

static void uncache(const char *path)
{
	int file = open(path, O_RDONLY);

	if (file < 0)
		must(ERR_IO, NULL, path);
	fsync(file);
	(void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	close(file);
}

/* apart runs act in a process of its own. */
static void apart(void (*act)(const char *path, unsigned homes), const char *path, unsigned homes)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		act(path, homes);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned homes = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	char own[] = "/tmp/curtain_restart.XXXXXX", path[512];
	const char *folder = argc > 2 ? argv[2] : mkdtemp(own);

	if (!folder || homes < 1 || homes > 1000000) {
		fprintf(stderr, "restart_bench [HOMES 1..1000000] [FOLDER]\n");
		return 2;
	}
	must(zone_load("+08:00", &zone, NULL), NULL, "zone");
	snprintf(path, sizeof path, "%s/detector.db", folder);
	if (access(path, F_OK) != 0)
		apart(make, path, homes);
	uncache(path);
	apart(restart, path, homes);
	if (argc <= 2) {
		static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
		for (unsigned i = 0; i < 4; i++) {
			snprintf(path, sizeof path, "%s/detector.db%s", folder, ends[i]);
			unlink(path);
		}
		rmdir(folder);
	}
	zone_destroy(zone);
	return 0;
}
