/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "gateway/file.h"
#include "gateway/gateway.h"
#include "gateway/watch.h"

/* libmicrohttpd's descriptor has something; it is run once, at the end of the turn. */
static enum err readable(void *state, bool can_read, bool can_write, struct turn turn)
{
	struct gateway *gateway = state;

	(void)can_read;
	(void)can_write;
	gateway->turn = turn;
	gateway->run = true;
	return ERR_OK;
}

static enum err subscribe(struct gateway *gateway, struct errinfo *info)
{
	const struct service_common *common = &gateway->settings.common;
	const char *user = *common->bus.user ? common->bus.user : common->instance;
	struct bus *bus = service_bus(gateway->service);

	text_cut(gateway->user, sizeof gateway->user, user);
	snprintf(gateway->answers, sizeof gateway->answers, "curtain/api/+/response/%s", common->instance);
	snprintf(gateway->receipts, sizeof gateway->receipts, "curtain/receipt/%s", user);
	if (bus_subscribe(bus, gateway->answers, 1) || bus_subscribe(bus, gateway->receipts, 1) ||
		bus_subscribe(bus, "curtain/status/+/+", 1))
		return errinfo_set(info, ERR_FULL, "too many subscriptions");
	return ERR_OK;
}

static enum err watch(struct gateway *gateway, struct errinfo *info)
{
	const union MHD_DaemonInfo *daemon = MHD_get_daemon_info(gateway->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!daemon || service_watch(gateway->service, daemon->epoll_fd, false, readable))
		return errinfo_set(info, ERR_IO, "libmicrohttpd has no descriptor for the loop");
	gateway->run = true;
	return ERR_OK;
}

static enum err open_files(struct gateway *gateway, struct errinfo *info)
{
	const char *folder = gateway->settings.common.data_dir;
	char path[sizeof gateway->settings.common.data_dir + 16];
	enum err err;

	snprintf(path, sizeof path, "%s/cursor.key", folder);
	err = file_key(path, gateway->cursor_key, sizeof gateway->cursor_key, info);
	snprintf(path, sizeof path, "%s/once.db", folder);
	return err ? err : once_open(path, &gateway->once, info);
}

enum err gateway_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct gateway *gateway = calloc(1, sizeof *gateway);
	enum err err = ERR_NOMEM;

	if (!gateway)
		return errinfo_set(info, err, "out of memory");
	gateway->service = service;
	gateway->settings = *(const struct gateway_settings *)settings;
	buf_init(&gateway->certificate, FILE_BYTES_MAX);
	buf_init(&gateway->key, FILE_BYTES_MAX);
	gateway->book = calloc(1, sizeof *gateway->book);
	if (gateway->book)
		err = *gateway->settings.tokens_file ? file_tokens(gateway->settings.tokens_file, gateway->book, info)
						     : ERR_OK;
	if (!err)
		err = open_files(gateway, info);
	if (!err)
		err = http_open(gateway, info);
	if (!err)
		err = watch(gateway, info);
	if (!err)
		err = subscribe(gateway, info);
	if (!err)
		err = hooks_open(service, &gateway->settings, &gateway->hooks, info);
	if (err) {
		gateway_close(gateway);
		return err;
	}
	if (!gateway->book->count)
		log_warning("no_tokens", "fix", "http.tokens_file: a line a token (docs/gateway.md)");
	if (!*gateway->settings.certificate_file && strncmp(gateway->settings.address, "127.", 4) != 0)
		log_warning(
			"no_tls", "fix", "set http.certificate_file and http.key_file, or listen on 127.0.0.1 only");
	*out_state = gateway;
	return ERR_OK;
}

void gateway_close(void *state)
{
	struct gateway *gateway = state;

	if (!gateway)
		return;
	http_close(gateway);
	hooks_close(gateway->hooks);
	buf_fini(&gateway->certificate);
	buf_fini(&gateway->key);
	once_close(gateway->once);
	explicit_bzero(gateway->cursor_key, sizeof gateway->cursor_key);
	free(gateway->book);
	free(gateway);
}

/* reload takes new tokens, topics and times; what belongs to the listening socket needs a restart. */
enum err gateway_reload(void *state, const void *settings, struct errinfo *info)
{
	struct gateway *gateway = state;
	const struct gateway_settings *s = settings;
	struct token_book *book = calloc(1, sizeof *book);
	enum err err = book ? ERR_OK : ERR_NOMEM;

	if (!err) {
		*book = *gateway->book; /* its buckets and peers go on */
		book->count = *s->tokens_file ? book->count : 0;
		err = *s->tokens_file ? file_tokens(s->tokens_file, book, info) : ERR_OK;
	}
	if (!err)
		err = hooks_reload(gateway->hooks, s, info);
	if (!err) {
		memcpy(gateway->book, book, sizeof *book);
		gateway->settings.intake_topics = s->intake_topics;
		gateway->settings.ready_services = s->ready_services;
		gateway->settings.answer_ms = s->answer_ms;
		gateway->settings.fresh_ms = s->fresh_ms;
	}
	free(book);
	return err;
}

/* ---- the turn ---- */

enum err gateway_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct gateway *gateway = state;
	struct status status;
	struct errinfo info = {0};

	gateway->turn = turn;
	if (hooks_event(gateway->hooks, event, turn))
		return ERR_OK;
	if (event->kind != BUS_MESSAGE || exchange_answer(gateway, event) || !event->length)
		return ERR_OK;
	if (codec_status_decode(event->payload, event->length, &status, &info))
		log_warning("status_not_understood", "topic", event->topic, "cause", info.text);
	else if (metrics_take(&gateway->metrics, &status))
		log_warning("too_many_instances", "instance", status.instance);
	return ERR_OK;
}

enum err gateway_tick(void *state, struct turn turn)
{
	struct gateway *gateway = state;
	MHD_UNSIGNED_LONG_LONG wait_ms;

	gateway->turn = turn;
	exchange_expire(gateway, turn.mono);
	hooks_tick(gateway->hooks, turn);
	if (MHD_get_timeout(gateway->daemon, &wait_ms) == MHD_YES && !wait_ms)
		gateway->run = true;
	return ERR_OK;
}

enum err gateway_flush(void *state, struct turn turn)
{
	struct gateway *gateway = state;

	gateway->turn = turn;
	hooks_flush(gateway->hooks, turn);
	if (!gateway->run)
		return ERR_OK;
	gateway->run = false;
	if (MHD_run(gateway->daemon) != MHD_YES)
		log_error("http_does_not_run");
	return ERR_OK;
}

struct mono gateway_due(const void *state, struct turn turn)
{
	const struct gateway *gateway = state;
	struct mono due = hooks_due(gateway->hooks, turn);
	MHD_UNSIGNED_LONG_LONG wait_ms;
	int64_t wait_us = INT64_C(60000000);

	if (gateway->run)
		return turn.mono;
	if (MHD_get_timeout(gateway->daemon, &wait_ms) == MHD_YES)
		wait_us = (int64_t)(wait_ms < 60000 ? wait_ms : 60000) * 1000;
	due.us = turn.mono.us + wait_us < due.us ? turn.mono.us + wait_us : due.us;
	for (unsigned i = 0; i < gateway->waits_end; i++)
		if (gateway->waiting[i] && gateway->waiting[i]->until.us < due.us)
			due = gateway->waiting[i]->until;
	return due;
}

/* certificates_status: of our own, what is in use; of the broker's, what the file holds now. */
static void certificates_status(const struct gateway *gateway, struct status *out)
{
	const char *file = gateway->settings.broker_certificate_file;
	const int64_t now_s = wall_now().ms / MS_PER_SECOND;
	struct buf pem;

	if (gateway->certificate.length)
		status_count(out, "certificate_left_seconds",
			watch_left_s(gateway->certificate.data, gateway->certificate.length, now_s));
	if (!*file)
		return;
	buf_init(&pem, FILE_BYTES_MAX);
	if (file_read(file, &pem, NULL))
		buf_reset(&pem);
	status_count(out, "broker_certificate_left_seconds", watch_left_s(pem.data ? pem.data : "", pem.length, now_s));
	buf_fini(&pem);
}

void gateway_status(const void *state, struct status *out)
{
	const struct gateway *gateway = state;

	status_count(out, "requests", (int64_t)gateway->requests);
	status_count(out, "waiting", gateway->waits);
	status_count(out, "refused", (int64_t)gateway->refused);
	status_count(out, "too_fast", (int64_t)gateway->too_fast);
	status_count(out, "failed", (int64_t)gateway->failed);
	status_count(out, "timeouts", (int64_t)gateway->timeouts);
	status_count(out, "answers_unasked", (int64_t)gateway->unasked);
	status_count(out, "replayed", (int64_t)gateway->replayed);
	status_count(out, "tokens", gateway->book->count);
	certificates_status(gateway, out);
	hooks_status(gateway->hooks, out);
}

bool gateway_draining(const void *state)
{
	return ((const struct gateway *)state)->waits > 0;
}
