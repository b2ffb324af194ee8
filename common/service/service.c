/* SPDX-License-Identifier: MIT
 *
 * The loop: epoll over the bus's wake-up, a signalfd, and what the service watches. Everything is on one thread.
 */
#include "service/service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "service/internal.h"

#define SERVICE_EVENTS_PER_TURN 512
#define SERVICE_DRAIN_US 4000000

const char *const service_clock_words[] = {"system", "replay", NULL};
const char *const service_level_words[] = {"error", "warning", "info", "debug", NULL};
const char service_version[] = CURTAIN_VERSION;

struct bus *service_bus(struct service *service)
{
	return service->bus;
}

/* ---- watches ---- */

static struct watch *watch_of(struct service *service, int fd)
{
	for (int i = 0; i < SERVICE_WATCHES_MAX; i++)
		if (service->watches[i].fd == fd)
			return &service->watches[i];
	return NULL;
}

static enum err watch_control(struct service *service, int operation, int fd, bool want_write)
{
	struct epoll_event event = {.events = EPOLLIN | (want_write ? EPOLLOUT : 0u), .data.fd = fd};

	return epoll_ctl(service->epoll, operation, fd, &event) ? ERR_IO : ERR_OK;
}

enum err service_watch(
	struct service *service, int fd, bool want_write, enum err (*ready)(void *, bool, bool, struct turn))
{
	struct watch *watch = watch_of(service, -1);
	enum err err;

	if (!watch)
		return ERR_FULL;
	err = watch_control(service, EPOLL_CTL_ADD, fd, want_write);
	if (!err)
		*watch = (struct watch){.fd = fd, .ready = ready};
	return err;
}

enum err service_rewatch(struct service *service, int fd, bool want_write)
{
	return watch_of(service, fd) ? watch_control(service, EPOLL_CTL_MOD, fd, want_write) : ERR_NOT_FOUND;
}

void service_unwatch(struct service *service, int fd)
{
	struct watch *watch = watch_of(service, fd);

	if (!watch || fd < 0)
		return;
	epoll_ctl(service->epoll, EPOLL_CTL_DEL, fd, NULL); /* a closed descriptor has left by itself */
	watch->fd = -1;
}

void service_publish_status(struct service *service)
{
	service->publish_status = true;
}

void service_set_clock(struct service *service, struct wall now)
{
	if (now.ms <= service->replay_clock.ms)
		return;
	service->replay_clock = now;
	service->publish_status = true;
}

void service_stop(struct service *service)
{
	if (service->stopping)
		return;
	service->stopping = true;
	service->stop_by = (struct mono){mono_now().us + SERVICE_DRAIN_US};
	service->publish_status = true;
	sd_notify(0, "STOPPING=1");
}

/* ---- one turn ---- */

static struct turn sample(const struct service *service)
{
	struct turn turn = {.wall = wall_now(), .mono = mono_now()};

	if (service->common->clock == SERVICE_CLOCK_REPLAY)
		turn.wall = service->replay_clock;
	return turn;
}

static int timeout_ms(struct service *service)
{
	struct turn turn = sample(service);
	int64_t due = service->status_due.us;
	struct mono bus = bus_due(service->bus), own = service->definition->due
							       ? service->definition->due(service->state, turn)
							       : (struct mono){INT64_MAX};

	if (bus.us < due)
		due = bus.us;
	if (own.us < due)
		due = own.us;
	if (service->stopping && service->stop_by.us < due)
		due = service->stop_by.us;
	if (due <= turn.mono.us)
		return 0;
	int64_t wait = (due - turn.mono.us + 999) / 1000;
	return wait > 60000 ? 60000 : (int)wait;
}

static void take_signals(struct service *service)
{
	struct signalfd_siginfo info;

	while (read(service->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGHUP)
			service->reload = true;
		else
			service_stop(service);
	}
}

static enum err take_descriptors(struct service *service, const struct epoll_event *events, int count, struct turn turn)
{
	enum err err = ERR_OK;

	for (int i = 0; i < count && !err; i++) {
		const struct watch *watch = watch_of(service, events[i].data.fd);
		uint32_t bits = events[i].events;
		if (watch && events[i].data.fd >= 0)
			err = watch->ready(service->state, (bits & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
				(bits & (EPOLLOUT | EPOLLERR)) != 0, turn);
	}
	return err;
}

/* tell_disconnected warns once of each reason: attempts follow one another quickly. */
static void tell_disconnected(struct service *service, const char *reason)
{
	if (service->connected)
		log_warning("bus_disconnected", "reason", reason);
	else if (strncmp(service->refused, reason, sizeof service->refused - 1) != 0)
		log_warning("bus_refused", "reason", reason);
	else
		log_debug("bus_refused", "reason", reason);
	text_cut(service->refused, sizeof service->refused, service->connected ? "" : reason);
	service->connected = false;
}

static enum err take_bus(struct service *service, struct turn turn)
{
	struct bus_event event;
	enum err err = ERR_OK;

	for (int n = 0; n < SERVICE_EVENTS_PER_TURN && !err; n++) {
		if (bus_next(service->bus, &event))
			break;
		if (event.kind == BUS_CONNECTED) {
			service->connected = true;
			service->publish_status = true;
			log_info("bus_connected");
		} else if (event.kind == BUS_DISCONNECTED) {
			tell_disconnected(service, event.reason);
		}
		err = service->definition->event(service->state, &event, turn);
	}
	return err;
}

static void take_reload(struct service *service)
{
	struct errinfo info = {0};
	char text[ERR_FILE_BYTES + ERR_TEXT_BYTES + 32];
	void *fresh;
	enum err err;

	service->reload = false;
	if (!service->definition->reload) {
		log_warning("reload_not_supported");
		return;
	}
	fresh = calloc(1, service->definition->settings_size);
	err = fresh ? command_settings(service->definition, service->command, fresh, &info) : ERR_NOMEM;
	if (!err)
		err = service->definition->reload(service->state, fresh, &info);
	if (err) {
		errinfo_print(&info, text, sizeof text);
		log_error("reload_refused", "cause", text);
	} else {
		log_info("reloaded");
	}
	free(fresh);
}

static enum err run_turn(struct service *service)
{
	struct epoll_event events[SERVICE_WATCHES_MAX];
	int count = epoll_wait(service->epoll, events, SERVICE_WATCHES_MAX, timeout_ms(service));
	struct turn turn = sample(service);
	enum err err;

	if (count < 0 && errno != EINTR)
		return ERR_IO;
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == service->signals)
			take_signals(service);
	bus_tick(service->bus, turn.mono);
	err = take_descriptors(service, events, count, turn);
	if (!err)
		err = take_bus(service, turn);
	if (service->reload)
		take_reload(service);
	if (!err && service->definition->tick)
		err = service->definition->tick(service->state, turn);
	if (!err && service->definition->flush)
		err = service->definition->flush(service->state, turn);
	if (service->publish_status || service->status_due.us <= turn.mono.us) {
		service->publish_status = false;
		service->status_due = (struct mono){turn.mono.us + service->common->status_ms * 1000};
		status_send(service, wall_now());
		sd_notify(0, "WATCHDOG=1");
	}
	return err;
}

static bool finished(const struct service *service)
{
	if (!service->stopping)
		return false;
	return !service->definition->draining || !service->definition->draining(service->state) ||
	       mono_now().us >= service->stop_by.us;
}

/* ---- life ---- */

static enum err open_loop(struct service *service, struct errinfo *info)
{
	struct epoll_event event = {.events = EPOLLIN};
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	/* Blocked before paho makes its threads, so that none of them takes the signal away from us. */
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	service->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	service->epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = service->signals;
	if (service->signals < 0 || service->epoll < 0 ||
		epoll_ctl(service->epoll, EPOLL_CTL_ADD, service->signals, &event))
		return errinfo_set(info, ERR_IO, "epoll: %s", strerror(errno));
	return ERR_OK;
}

static enum err open_bus(struct service *service, struct errinfo *info)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct status will;
	char topic[STATUS_TOPIC_BYTES];
	struct buf json;
	enum err err;

	status_fill(service, &will, service->started);
	will.state = STATUS_DOWN;
	status_topic(service, topic);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_status_encode(&will, &json);
	if (!err)
		err = bus_create(&service->common->bus, service->common->instance, topic, json.data, json.length,
			&service->bus, info);
	buf_fini(&json);
	if (err)
		return err;
	event.data.fd = bus_fd(service->bus);
	return epoll_ctl(service->epoll, EPOLL_CTL_ADD, event.data.fd, &event)
		       ? errinfo_set(info, ERR_IO, "epoll: %s", strerror(errno))
		       : ERR_OK;
}

static enum err make_data_dir(const struct service_common *common, struct errinfo *info)
{
	if (mkdir(common->data_dir, 0700) && errno != EEXIST)
		return errinfo_set(info, ERR_IO, "data_dir %s cannot be made: %s", common->data_dir, strerror(errno));
	if (access(common->data_dir, R_OK | W_OK | X_OK))
		return errinfo_set(
			info, ERR_DENIED, "data_dir %s cannot be written: %s", common->data_dir, strerror(errno));
	return ERR_OK;
}

static int fail(const char *doing, const struct errinfo *info, int status)
{
	char text[ERR_FILE_BYTES + ERR_TEXT_BYTES + 32];

	errinfo_print(info, text, sizeof text);
	log_error(doing, "cause", text);
	return status;
}

static int live(struct service *service)
{
	struct errinfo info = {0};
	enum err err = make_data_dir(service->common, &info);

	if (!err)
		err = open_loop(service, &info);
	if (!err)
		err = open_bus(service, &info);
	if (!err)
		err = service->definition->open(service, service->settings, &service->state, &info);
	if (!err)
		err = bus_start(service->bus, &info);
	if (err)
		return fail("start_failed", &info, 1);
	log_info("started", "version", service_version, "instance", service->common->instance);
	sd_notify(0, "READY=1");
	while (!err && !finished(service))
		err = run_turn(service);
	if (err)
		log_error("failed", "error", err_name(err));
	/* The bus is left in order, so the will is not sent: it is said here that nobody is there any more. */
	status_say_down(service);
	log_info("stopped");
	return err ? 1 : 0;
}

static void service_fini(struct service *service)
{
	if (service->state)
		service->definition->close(service->state);
	bus_destroy(service->bus);
	if (service->epoll >= 0)
		close(service->epoll);
	if (service->signals >= 0)
		close(service->signals);
	free(service->settings);
}

int service_run(const struct service_definition *definition, int argc, char **argv)
{
	struct service service = {
		.definition = definition, .epoll = -1, .signals = -1, .status_due = {0}, .stop_by = {INT64_MAX}};
	struct command command;
	struct errinfo info = {0};
	int status = command_parse(definition, argc, argv, &command);

	if (status >= 0)
		return status;
	for (int i = 0; i < SERVICE_WATCHES_MAX; i++)
		service.watches[i].fd = -1;
	log_open(definition->name, LOG_INFO);
	service.started = wall_now();
	service.command = &command;
	service.settings = calloc(1, definition->settings_size);
	if (!service.settings)
		return fail("start_failed", &(struct errinfo){.code = ERR_NOMEM}, 1);
	if (command_settings(definition, &command, service.settings, &info)) {
		status = fail("configuration_refused", &info, 2);
	} else {
		service.common = service.settings;
		log_open(definition->name, (enum log_level)service.common->log_level);
		if (command.check)
			config_print(definition->config, service.settings, stdout);
		if (command.check && definition->describe)
			definition->describe(service.settings, stdout);
		if (command.document)
			config_document(definition->config, stdout);
		status = command.check || command.document ? 0
			 : command.healthcheck             ? status_check_health(service.common)
							   : live(&service);
	}
	service_fini(&service);
	return status;
}
