/* SPDX-License-Identifier: MIT
 *
 * service: the life cycle that all services share: a main() is one `struct service_definition` and service_run().
 *
 * service_run gives: the command line (--config FILE, --set key=value, --check, --version, --healthcheck, --help), the
 * configuration, the log, the bus with last will, the status topic, signals (SIGTERM, SIGINT: drain and stop within 5
 * s; SIGHUP: reload), sd_notify, and one event loop (epoll) with a fixed turn: timeout from due(), wait, sample both
 * clocks once, descriptors, bus events, tick, flush (end of turn), status, reap. All callbacks run on the one thread. A
 * callback that returns an error other than ERR_OK stops the service with exit status 1 and one log line.
 */
#ifndef CURTAIN_SERVICE_SERVICE_H
#define CURTAIN_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "config/config.h"
#include "message/message.h"

/* service_common: the settings that every service has; must be the first member of its settings struct. */
struct service_common {
	char instance[ID_BYTES]; /* "ingest-1": also client id and lane producer name */
	char data_dir[256];      /* the store and what else must survive */
	int32_t log_level;       /* words: error warning info debug */
	int32_t clock;           /* enum service_clock */
	int64_t shards;
	int64_t status_ms; /* how often the status is published */
	struct bus_config bus;
};

enum service_clock { SERVICE_CLOCK_SYSTEM, SERVICE_CLOCK_REPLAY };

extern const char *const service_clock_words[];
extern const char *const service_level_words[];

/* SERVICE_CONFIG_KEYS(type, member, name): rows for struct service_common; name is the default instance. */
#define SERVICE_CONFIG_KEYS(type, member, name)                                                                        \
	{"instance", CONFIG_ID, CONFIG_FIELD(type, member.instance), name, 1, 63, NULL,                                \
		"Name of this instance; unique in the district."},                                                     \
		{"data_dir", CONFIG_PATH, CONFIG_FIELD(type, member.data_dir), "/var/lib/curtain", 1, 255, NULL,       \
			"Folder of the store."},                                                                       \
		{"log_level", CONFIG_WORD, CONFIG_FIELD(type, member.log_level), "info", 0, 0, service_level_words,    \
			"error, warning, info or debug."},                                                             \
		{"clock", CONFIG_WORD, CONFIG_FIELD(type, member.clock), "system", 0, 0, service_clock_words,          \
			"system, or replay (time comes from curtain/clock)."},                                         \
		{"shards", CONFIG_INT, CONFIG_FIELD(type, member.shards), "8", 1, 64, NULL,                            \
			"Shards of the district; the same in every service."},                                         \
		{"status_every", CONFIG_DURATION, CONFIG_FIELD(type, member.status_ms), "10s", 100, 600000, NULL,      \
			"How often the status topic is refreshed."},                                                   \
		BUS_CONFIG_KEYS(type, member.bus)

/* turn: the clocks of this turn, sampled once. In replay mode wall is what the service was last told
 * (service_set_clock). */
struct turn {
	struct wall wall;
	struct mono mono;
};

struct service;

struct service_definition {
	const char *name;                /* "ingest" */
	const char *summary;             /* one line for --help */
	const struct config_key *config; /* includes SERVICE_CONFIG_KEYS */
	size_t settings_size;

	/* check (may be NULL): validates what the table cannot (profiles, rules); part of --check and of every start.
	 */
	enum err (*check)(const void *settings, struct errinfo *info);
	/* describe (may be NULL) writes more of the settings below those of --check, as comments of YAML. */
	void (*describe)(const void *settings, FILE *to);
	/* open makes the state from the settings; bus and loop exist, nothing is connected. */
	enum err (*open)(struct service *service, const void *settings, void **out_state, struct errinfo *info);
	/* event: a bus event. */
	enum err (*event)(void *state, const struct bus_event *event, struct turn turn);
	/* tick: due() has come, or any other input of this turn was handled; runs once every turn before flush. */
	enum err (*tick)(void *state, struct turn turn);
	/* flush: end of the turn: commit, publish, acknowledge. */
	enum err (*flush)(void *state, struct turn turn);
	/* due: when tick must run without input, on the monotonic clock; {INT64_MAX} = never. */
	struct mono (*due)(const void *state, struct turn turn);
	/* status fills counters, lag, outbox, clock and may lower state to STATUS_DEGRADED; the rest is filled in
	 * already. */
	void (*status)(const void *state, struct status *out);
	/* reload (may be NULL): new settings after SIGHUP, already checked; all or nothing. */
	enum err (*reload)(void *state, const void *settings, struct errinfo *info);
	/* draining (may be NULL): true while there is still something worth waiting for at SIGTERM (at most 4 s). */
	bool (*draining)(const void *state);
	/* close releases the state; half-built states never reach it. */
	void (*close)(void *state);
};

/* service_run runs the service until it is told to stop; returns main()'s exit status: 0 stopped as asked, 1 failed
 * (or unhealthy, for --healthcheck), 2 wrong command line or configuration (nothing was connected). */
int service_run(const struct service_definition *definition, int argc, char **argv);

struct bus *service_bus(struct service *service);
/* service_watch adds a descriptor of the service's own to the loop: ready(state) runs in each turn in which fd is
 * readable (or writable, if want_write). service_rewatch changes want_write; service_unwatch removes it. */
enum err service_watch(struct service *service, int fd, bool want_write,
	enum err (*ready)(void *state, bool readable, bool writable, struct turn turn)) ERR_MUST_CHECK;
enum err service_rewatch(struct service *service, int fd, bool want_write) ERR_MUST_CHECK;
void service_unwatch(struct service *service, int fd);
/* service_set_clock moves the replay clock (never back); the new time shows from the next turn on. Publishes the status
 * at once. */
void service_set_clock(struct service *service, struct wall now);
/* service_publish_status publishes the status at the end of this turn. */
void service_publish_status(struct service *service);
/* service_stop asks for an orderly stop, as SIGTERM does. */
void service_stop(struct service *service);

/* SERVICE_VERSION comes from the build. */
extern const char service_version[];

#endif
