/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 32
#define CONNECT_MS_MAX 5000

struct transfer {
	struct transfer *next, *before; /* of all */
	uint32_t call;
	CURL *easy;
	struct curl_slist *headers, *to;
	struct buf sent, answer;
	size_t read; /* of sent, by an upload */
};

struct channel_http {
	CURLM *multi;
	int epoll;
	struct mono now, timer;
	struct transfer *first;
	struct transfer *over; /* whose answer was given last */
};

/* ---- the loop ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct channel_http *http = context;
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	(void)socket_context;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
		epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct channel_http *http = context;

	(void)multi;
	http->timer = (struct mono){timeout_ms < 0 ? INT64_MAX : http->now.us + (int64_t)timeout_ms * 1000};
	return 0;
}

enum err channel_http_open(struct channel_http **out_http, struct errinfo *info)
{
	struct channel_http *http = calloc(1, sizeof *http);

	if (!http)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	http->timer = (struct mono){INT64_MAX};
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http->multi = curl_multi_init();
	if (!http->multi || http->epoll < 0) {
		channel_http_close(http);
		return errinfo_set(info, ERR_IO, "libcurl's loop cannot be made");
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	*out_http = http;
	return ERR_OK;
}

static void transfer_free(struct channel_http *http, struct transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->easy) {
		curl_multi_remove_handle(http->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	if (transfer->next)
		transfer->next->before = transfer->before;
	if (transfer->before)
		transfer->before->next = transfer->next;
	else
		http->first = transfer->next;
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->to);
	buf_fini(&transfer->sent);
	buf_fini(&transfer->answer);
	free(transfer);
}

void channel_http_close(struct channel_http *http)
{
	if (!http)
		return;
	if (http->multi) {
		while (http->first)
			transfer_free(http, http->first);
		curl_multi_cleanup(http->multi);
	}
	curl_global_cleanup();
	if (http->epoll >= 0)
		close(http->epoll);
	free(http);
}

int channel_http_fd(const struct channel_http *http)
{
	return http->epoll;
}

struct mono channel_http_due(const struct channel_http *http)
{
	return http->timer;
}

/* ---- one transfer ---- */

static size_t on_answer(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count, room = CHANNEL_ANSWER_BYTES_MAX - transfer->answer.length;

	buf_append(&transfer->answer, data, length < room ? length : room);
	return length; /* what is beyond is read and dropped, until the time-out */
}

static size_t on_upload(char *out, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t rest = transfer->sent.length - transfer->read, length = size * count < rest ? size * count : rest;

	memcpy(out, transfer->sent.data + transfer->read, length);
	transfer->read += length;
	return length;
}

static enum err add_headers(struct transfer *transfer, const struct buf *lines)
{
	char line[2048];

	for (const char *p = lines->data; p && *p;) {
		size_t length = strcspn(p, "\n");
		if (length >= sizeof line)
			return ERR_FULL;
		memcpy(line, p, length);
		line[length] = '\0';
		struct curl_slist *more = curl_slist_append(transfer->headers, line);
		if (!more)
			return ERR_NOMEM;
		transfer->headers = more;
		p += length + (p[length] == '\n');
	}
	return ERR_OK;
}

static enum err set_http(
	struct transfer *transfer, const struct channel_definition *d, const struct channel_request *request)
{
	enum err err = add_headers(transfer, &request->headers);

	curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
	if (strcmp(d->method, "GET") != 0) {
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->sent.data ? transfer->sent.data : "");
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)transfer->sent.length);
		curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, d->method);
	}
	return err;
}

static enum err set_smtp(
	struct transfer *transfer, const struct channel_definition *d, const struct channel_request *request)
{
	const char *user = channel_value_find(d->vars, d->var_count, "user");

	transfer->to = curl_slist_append(NULL, request->to);
	curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(transfer->easy, CURLOPT_MAIL_FROM, d->from);
	curl_easy_setopt(transfer->easy, CURLOPT_MAIL_RCPT, transfer->to);
	curl_easy_setopt(transfer->easy, CURLOPT_USE_SSL, (long)(d->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, on_upload);
	curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
	if (*user) {
		curl_easy_setopt(transfer->easy, CURLOPT_USERNAME, user);
		curl_easy_setopt(
			transfer->easy, CURLOPT_PASSWORD, channel_value_find(d->secrets, d->secret_count, "password"));
	}
	return transfer->to ? ERR_OK : ERR_NOMEM;
}

static enum err set_up(struct channel_http *http, struct transfer *transfer, const struct channel_definition *d,
	const struct channel_request *request)
{
	long connect_ms = (long)(d->timeout_ms < CONNECT_MS_MAX ? d->timeout_ms : CONNECT_MS_MAX);
	enum err err = buf_append(&transfer->sent, request->body.data, request->body.length);

	if (err)
		return err;
	curl_easy_setopt(transfer->easy, CURLOPT_URL, request->url.data);
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)d->timeout_ms);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
	err = d->kind == CHANNEL_SMTP ? set_smtp(transfer, d, request) : set_http(transfer, d, request);
	return !err && curl_multi_add_handle(http->multi, transfer->easy) ? ERR_IO : err;
}

enum err channel_http_start(struct channel_http *http, uint32_t call, const struct channel_definition *definition,
	const struct channel_request *request)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	enum err err;

	if (!transfer)
		return ERR_NOMEM;
	transfer->call = call;
	transfer->next = http->first;
	if (http->first)
		http->first->before = transfer;
	http->first = transfer;
	buf_init(&transfer->sent, CHANNEL_REQUEST_BYTES_MAX);
	buf_init(&transfer->answer, CHANNEL_ANSWER_BYTES_MAX);
	transfer->easy = curl_easy_init();
	err = transfer->easy ? set_up(http, transfer, definition, request) : ERR_NOMEM;
	if (err)
		transfer_free(http, transfer);
	return err;
}

/* ---- answers ---- */

void channel_http_run(struct channel_http *http, struct mono now)
{
	struct epoll_event events[EVENTS_MAX];
	int count, left;

	http->now = now;
	count = epoll_wait(http->epoll, events, EVENTS_MAX, 0);
	for (int i = 0; i < count; i++) {
		int bits = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
		curl_multi_socket_action(http->multi, events[i].data.fd, bits, &left);
	}
	if (http->timer.us <= now.us) {
		http->timer = (struct mono){INT64_MAX};
		curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &left);
	}
}

bool channel_http_next(struct channel_http *http, struct channel_answer *out)
{
	struct transfer *transfer = NULL;
	CURLMsg *message;
	int left;

	transfer_free(http, http->over);
	http->over = NULL;
	message = curl_multi_info_read(http->multi, &left);
	while (message && message->msg != CURLMSG_DONE)
		message = curl_multi_info_read(http->multi, &left);
	if (!message)
		return false;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
	*out = (struct channel_answer){.call = transfer->call, .text = curl_easy_strerror(message->data.result)};
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &out->status);
	/* An e-mail that the server refuses has a status beside the error; an answer that breaks off says nothing. */
	if (message->data.result != CURLE_OK && (!transfer->to || out->status < 400))
		out->status = 0;
	out->body = transfer->answer.data ? transfer->answer.data : "";
	out->length = transfer->answer.length;
	http->over = transfer;
	return true;
}
