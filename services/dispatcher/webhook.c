/* SPDX-License-Identifier: MIT
 *
 * curl's multi interface with its sockets in an epoll of our own: the service's loop watches that one descriptor. Jobs
 * are few (bounded by waiting_max), so they stand in one array that is walked.
 */
#include "dispatcher/webhook.h"

#include <curl/curl.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/text.h"
#include "lane/sql.h"

#define RUNNING_MAX 8
#define EVENTS_MAX 16
#define BODY_BYTES_MAX 2048

static const int64_t delays_us[] = {0, 5000000, 15000000, 30000000}; /* of each attempt, after the first */
#define ATTEMPTS_MAX ((int)(sizeof delays_us / sizeof *delays_us))

enum job_state { JOB_NEW, JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_OVER };

struct job {
	enum job_state state;
	int64_t number;
	char id[ID_BYTES + 16];
	char body[BODY_BYTES_MAX];
	size_t length;
	int attempts;
	struct mono first, due;
	CURL *easy;
	struct curl_slist *headers;
};

struct webhook {
	struct store *store;
	char url[512];
	int64_t timeout_ms, waiting_max;
	struct webhook_secret secret;
	CURLM *multi;
	int epoll;
	struct mono now, timer; /* timer: when curl wants to be called */
	struct job **jobs;
	size_t job_count, job_capacity, running;
	sqlite3_stmt *add, *retry, *drop;
	struct webhook_stats stats;
	char fault[160];
};

/* ---- jobs ---- */

static struct job *job_add(struct webhook *webhook)
{
	if (webhook->job_count == webhook->job_capacity) {
		size_t capacity = webhook->job_capacity ? webhook->job_capacity * 2 : 16;
		struct job **more = realloc(webhook->jobs, capacity * sizeof(struct job *));
		if (!more)
			return NULL;
		webhook->jobs = more;
		webhook->job_capacity = capacity;
	}
	struct job *job = calloc(1, sizeof *job);
	if (job)
		webhook->jobs[webhook->job_count++] = job;
	return job;
}

static void job_stop(struct webhook *webhook, struct job *job)
{
	if (job->easy) {
		curl_multi_remove_handle(webhook->multi, job->easy);
		curl_easy_cleanup(job->easy);
		curl_slist_free_all(job->headers);
		webhook->running--;
	}
	job->easy = NULL;
	job->headers = NULL;
}

static void drop_over(struct webhook *webhook)
{
	size_t kept = 0;

	for (size_t i = 0; i < webhook->job_count; i++) {
		if (webhook->jobs[i]->state == JOB_OVER)
			free(webhook->jobs[i]);
		else
			webhook->jobs[kept++] = webhook->jobs[i];
	}
	webhook->job_count = kept;
}

/* ---- opening ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct webhook *webhook = context;
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	(void)socket_context;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(webhook->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(webhook->epoll, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
		epoll_ctl(webhook->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct webhook *webhook = context;

	(void)multi;
	webhook->timer = (struct mono){timeout_ms < 0 ? INT64_MAX : webhook->now.us + (int64_t)timeout_ms * 1000};
	return 0;
}

static enum err load(struct webhook *webhook, struct errinfo *info)
{
	sqlite3 *db = store_db(webhook->store);
	sqlite3_stmt *rows = NULL;
	enum err err = sql_prepare(db, "SELECT number, id, body, attempts FROM webhook ORDER BY number", &rows, info);
	int code = SQLITE_DONE;

	while (!err && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		struct job *job = job_add(webhook);
		if (!job) {
			err = errinfo_set(info, ERR_NOMEM, "out of memory");
			break;
		}
		job->attempts = *webhook->url ? sqlite3_column_int(rows, 3) : ATTEMPTS_MAX;
		job->state = job->attempts >= 0 && job->attempts < ATTEMPTS_MAX ? JOB_WAITING : JOB_FAILED;
		job->number = sqlite3_column_int64(rows, 0);
		text_cut(job->id, sizeof job->id, (const char *)sqlite3_column_text(rows, 1));
		job->length = (size_t)sqlite3_column_bytes(rows, 2);
		if (job->length > sizeof job->body)
			job->length = sizeof job->body;
		memcpy(job->body, sqlite3_column_blob(rows, 2), job->length);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "calls that wait");
	sqlite3_finalize(rows);
	return err;
}

static enum err open_curl(struct webhook *webhook, struct errinfo *info)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return errinfo_set(info, ERR_IO, "libcurl does not start");
	webhook->multi = curl_multi_init();
	webhook->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!webhook->multi || webhook->epoll < 0)
		return errinfo_set(info, ERR_IO, "libcurl's loop cannot be made");
	curl_multi_setopt(webhook->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(webhook->multi, CURLMOPT_SOCKETDATA, webhook);
	curl_multi_setopt(webhook->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(webhook->multi, CURLMOPT_TIMERDATA, webhook);
	return ERR_OK;
}

enum err webhook_open(
	struct store *store, const struct webhook_config *config, struct webhook **out_webhook, struct errinfo *info)
{
	struct webhook *webhook = calloc(1, sizeof *webhook);
	sqlite3 *db = store_db(store);
	enum err err;

	if (!webhook)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	webhook->store = store;
	webhook->epoll = -1;
	webhook->timer = (struct mono){INT64_MAX};
	webhook->timeout_ms = config->timeout_ms;
	webhook->waiting_max = config->waiting_max;
	text_cut(webhook->url, sizeof webhook->url, config->url);
	err = webhook_secret_load(config->secret_file, &webhook->secret, info);
	if (!err)
		err = open_curl(webhook, info);
	if (!err)
		err = sql_prepare(db, "INSERT INTO webhook (id, body, attempts) VALUES (?, ?, 0)", &webhook->add, info);
	if (!err)
		err = sql_prepare(db, "UPDATE webhook SET attempts = ? WHERE number = ?", &webhook->retry, info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM webhook WHERE number = ?", &webhook->drop, info);
	if (!err)
		err = load(webhook, info);
	if (err)
		webhook_close(webhook);
	else
		*out_webhook = webhook;
	return err;
}

void webhook_close(struct webhook *webhook)
{
	if (!webhook)
		return;
	for (size_t i = 0; i < webhook->job_count; i++) {
		job_stop(webhook, webhook->jobs[i]);
		free(webhook->jobs[i]);
	}
	free(webhook->jobs);
	if (webhook->multi)
		curl_multi_cleanup(webhook->multi);
	if (webhook->epoll >= 0)
		close(webhook->epoll);
	curl_global_cleanup();
	sqlite3_finalize(webhook->add);
	sqlite3_finalize(webhook->retry);
	sqlite3_finalize(webhook->drop);
	explicit_bzero(&webhook->secret, sizeof webhook->secret);
	free(webhook);
}

enum err webhook_add(struct webhook *webhook, const struct page *page, struct errinfo *info)
{
	struct buf body;
	struct job *job;
	enum err err;

	if (!*webhook->url)
		return ERR_OK;
	if ((int64_t)webhook->job_count >= webhook->waiting_max) {
		webhook->stats.dropped++;
		return ERR_OK;
	}
	job = job_add(webhook);
	if (!job)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	snprintf(job->id, sizeof job->id, "%s%s", page->id, page->withdrawn ? ".withdrawn" : "");
	buf_init(&body, BODY_BYTES_MAX);
	err = webhook_body(page, &body);
	if (!err) {
		job->length = body.length;
		memcpy(job->body, body.data, body.length);
		sqlite3_bind_text(webhook->add, 1, job->id, -1, SQLITE_STATIC);
		sqlite3_bind_blob64(webhook->add, 2, job->body, job->length, SQLITE_STATIC);
		err = sql_run(webhook->add, info);
		job->number = sqlite3_last_insert_rowid(store_db(webhook->store));
	}
	buf_fini(&body);
	return err;
}

void webhook_committed(struct webhook *webhook)
{
	for (size_t i = 0; i < webhook->job_count; i++)
		if (webhook->jobs[i]->state == JOB_NEW)
			webhook->jobs[i]->state = JOB_WAITING;
}

/* ---- running ---- */

static size_t discard(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

static struct curl_slist *headers_of(const struct webhook *webhook, const struct job *job, struct wall wall)
{
	char line[ID_BYTES + 64], signature[WEBHOOK_SIGNATURE_BYTES];
	int64_t timestamp = wall.ms / MS_PER_SECOND;
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json"), *more;

	snprintf(line, sizeof line, "webhook-id: %s", job->id);
	more = list ? curl_slist_append(list, line) : NULL;
	snprintf(line, sizeof line, "webhook-timestamp: %lld", (long long)timestamp);
	more = more ? curl_slist_append(list, line) : NULL;
	if (more && webhook->secret.length) {
		webhook_sign(&webhook->secret, job->id, timestamp, job->body, job->length, signature);
		snprintf(line, sizeof line, "webhook-signature: %s", signature);
		more = *signature ? curl_slist_append(list, line) : NULL;
	}
	if (!more)
		curl_slist_free_all(list);
	return more ? list : NULL;
}

static void fail(struct webhook *webhook, struct job *job, const char *why)
{
	text_cut(webhook->fault, sizeof webhook->fault, why);
	webhook->stats.failed_attempts++;
	job->attempts++;
	job->state = JOB_FAILED;
	if (job->attempts < ATTEMPTS_MAX)
		job->due = (struct mono){job->first.us + delays_us[job->attempts]};
}

static void start(struct webhook *webhook, struct job *job, struct wall wall)
{
	if (!job->first.us)
		job->first = (struct mono){webhook->now.us - delays_us[job->attempts]};
	job->headers = headers_of(webhook, job, wall);
	job->easy = job->headers ? curl_easy_init() : NULL;
	if (!job->easy) {
		curl_slist_free_all(job->headers);
		job->headers = NULL;
		fail(webhook, job, "out of memory");
		return;
	}
	webhook->running++;
	job->state = JOB_RUNNING;
	curl_easy_setopt(job->easy, CURLOPT_URL, webhook->url);
	curl_easy_setopt(job->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS, job->body);
	curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE, (long)job->length);
	curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->headers);
	curl_easy_setopt(job->easy, CURLOPT_TIMEOUT_MS, (long)webhook->timeout_ms);
	curl_easy_setopt(job->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(job->easy, CURLOPT_WRITEFUNCTION, discard);
	curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job);
	if (curl_multi_add_handle(webhook->multi, job->easy)) {
		job_stop(webhook, job);
		fail(webhook, job, "libcurl takes no call");
	}
}

static void finish(struct webhook *webhook, const CURLMsg *message)
{
	struct job *job = NULL;
	char why[64];
	long code = 0;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &code);
	if (message->data.result == CURLE_OK && code >= 200 && code < 300) {
		job->state = JOB_DONE;
		webhook->stats.sent++;
	} else if (message->data.result == CURLE_OK) {
		snprintf(why, sizeof why, "HTTP status %ld", code);
		fail(webhook, job, why);
	} else {
		fail(webhook, job, curl_easy_strerror(message->data.result));
	}
	job_stop(webhook, job);
}

static void drive(struct webhook *webhook)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(webhook->epoll, events, EVENTS_MAX, 0), left;
	CURLMsg *message;

	for (int i = 0; i < count; i++) {
		int bits = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
		curl_multi_socket_action(webhook->multi, events[i].data.fd, bits, &left);
	}
	if (webhook->timer.us <= webhook->now.us) {
		webhook->timer = (struct mono){INT64_MAX};
		curl_multi_socket_action(webhook->multi, CURL_SOCKET_TIMEOUT, 0, &left);
	}
	while ((message = curl_multi_info_read(webhook->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			finish(webhook, message);
}

void webhook_run(struct webhook *webhook, struct wall wall, struct mono now)
{
	webhook->now = now;
	drive(webhook);
	for (size_t i = 0; i < webhook->job_count && webhook->running < RUNNING_MAX; i++) {
		struct job *job = webhook->jobs[i];
		if (job->state == JOB_WAITING && job->due.us <= now.us)
			start(webhook, job, wall);
	}
	drive(webhook);
}

int webhook_fd(const struct webhook *webhook)
{
	return webhook->epoll;
}

struct mono webhook_due(const struct webhook *webhook)
{
	struct mono due = webhook->timer;

	for (size_t i = 0; i < webhook->job_count && webhook->running < RUNNING_MAX; i++)
		if (webhook->jobs[i]->state == JOB_WAITING && webhook->jobs[i]->due.us < due.us)
			due = webhook->jobs[i]->due;
	return webhook_settles(webhook) ? (struct mono){0} : due;
}

/* ---- results ---- */

bool webhook_settles(const struct webhook *webhook)
{
	for (size_t i = 0; i < webhook->job_count; i++)
		if (webhook->jobs[i]->state == JOB_DONE || webhook->jobs[i]->state == JOB_FAILED)
			return true;
	return false;
}

static enum err settle(struct webhook *webhook, struct job *job, struct errinfo *info)
{
	enum err err;

	if (job->state == JOB_FAILED && job->attempts < ATTEMPTS_MAX) {
		sqlite3_bind_int(webhook->retry, 1, job->attempts);
		sqlite3_bind_int64(webhook->retry, 2, job->number);
		err = sql_run(webhook->retry, info);
		job->state = JOB_WAITING;
		return err;
	}
	sqlite3_bind_int64(webhook->drop, 1, job->number);
	err = sql_run(webhook->drop, info);
	webhook->stats.given_up += job->state == JOB_FAILED;
	job->state = JOB_OVER;
	return err;
}

enum err webhook_settle(struct webhook *webhook, struct errinfo *info)
{
	bool own = !store_in_transaction(webhook->store);
	enum err err;

	if (!webhook_settles(webhook))
		return ERR_OK;
	err = own ? store_begin(webhook->store, info) : ERR_OK;
	for (size_t i = 0; i < webhook->job_count && !err; i++)
		if (webhook->jobs[i]->state == JOB_DONE || webhook->jobs[i]->state == JOB_FAILED)
			err = settle(webhook, webhook->jobs[i], info);
	if (own && !err)
		err = store_commit(webhook->store, info);
	drop_over(webhook);
	return err;
}

struct webhook_stats webhook_stats(const struct webhook *webhook)
{
	struct webhook_stats stats = webhook->stats;

	stats.waiting = (int64_t)webhook->job_count;
	return stats;
}

const char *webhook_fault(const struct webhook *webhook)
{
	return webhook->fault;
}
