/* SPDX-License-Identifier: MIT */
#include "web/client.h"

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
	bool cut;    /* the answer was longer */
};

struct web_client {
	CURLM *multi;
	int epoll;
	struct mono now, timer;
	struct transfer *first;
	struct transfer *over; /* whose answer was given last */
};

/* ---- the loop ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct web_client *client = context;
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	(void)socket_context;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(client->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(client->epoll, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
		epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct web_client *client = context;

	(void)multi;
	client->timer = (struct mono){timeout_ms < 0 ? INT64_MAX : client->now.us + (int64_t)timeout_ms * 1000};
	return 0;
}

enum err web_client_open(struct web_client **out_http, struct errinfo *info)
{
	struct web_client *client = calloc(1, sizeof *client);

	if (!client)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	client->timer = (struct mono){INT64_MAX};
	client->epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	client->multi = curl_multi_init();
	if (!client->multi || client->epoll < 0) {
		web_client_close(client);
		return errinfo_set(info, ERR_IO, "libcurl's loop cannot be made");
	}
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	*out_http = client;
	return ERR_OK;
}

static void transfer_free(struct web_client *client, struct transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->easy) {
		curl_multi_remove_handle(client->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	if (transfer->next)
		transfer->next->before = transfer->before;
	if (transfer->before)
		transfer->before->next = transfer->next;
	else
		client->first = transfer->next;
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->to);
	buf_fini(&transfer->sent);
	buf_fini(&transfer->answer);
	free(transfer);
}

void web_client_close(struct web_client *client)
{
	if (!client)
		return;
	if (client->multi) {
		while (client->first)
			transfer_free(client, client->first);
		curl_multi_cleanup(client->multi);
	}
	curl_global_cleanup();
	if (client->epoll >= 0)
		close(client->epoll);
	free(client);
}

int web_client_fd(const struct web_client *client)
{
	return client->epoll;
}

struct mono web_client_due(const struct web_client *client)
{
	return client->timer;
}

/* ---- one transfer ---- */

static size_t on_answer(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count, room = transfer->answer.limit - transfer->answer.length;

	buf_append(&transfer->answer, data, length < room ? length : room);
	transfer->cut = transfer->cut || length > room;
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

static enum err add_headers(struct transfer *transfer, const char *lines)
{
	char line[2048];

	for (const char *p = lines; *p;) {
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

static enum err set_http(struct transfer *transfer, const struct web_request *request)
{
	enum err err = add_headers(transfer, request->headers);

	curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
	if (strcmp(request->method, "GET") != 0) {
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->sent.data ? transfer->sent.data : "");
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)transfer->sent.length);
		curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, request->method);
	}
	return err;
}

static enum err set_smtp(struct transfer *transfer, const struct web_mail *mail)
{
	transfer->to = curl_slist_append(NULL, mail->to);
	curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(transfer->easy, CURLOPT_MAIL_FROM, mail->from);
	curl_easy_setopt(transfer->easy, CURLOPT_MAIL_RCPT, transfer->to);
	curl_easy_setopt(transfer->easy, CURLOPT_USE_SSL, (long)(mail->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, on_upload);
	curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
	if (*mail->user) {
		curl_easy_setopt(transfer->easy, CURLOPT_USERNAME, mail->user);
		curl_easy_setopt(transfer->easy, CURLOPT_PASSWORD, mail->password);
	}
	return transfer->to ? ERR_OK : ERR_NOMEM;
}

static enum err set_up(struct web_client *client, struct transfer *transfer, const struct web_request *request)
{
	long connect_ms = (long)(request->timeout_ms < CONNECT_MS_MAX ? request->timeout_ms : CONNECT_MS_MAX);
	enum err err = buf_append(&transfer->sent, request->body, request->length);

	if (err)
		return err;
	curl_easy_setopt(transfer->easy, CURLOPT_URL, request->url);
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
	err = request->mail ? set_smtp(transfer, request->mail) : set_http(transfer, request);
	return !err && curl_multi_add_handle(client->multi, transfer->easy) ? ERR_IO : err;
}

enum err web_client_start(struct web_client *client, uint32_t call, const struct web_request *request)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	enum err err;

	if (!transfer)
		return ERR_NOMEM;
	transfer->call = call;
	transfer->next = client->first;
	if (client->first)
		client->first->before = transfer;
	client->first = transfer;
	buf_init(&transfer->sent, request->length);
	buf_init(&transfer->answer, request->answer_bytes_max);
	transfer->easy = curl_easy_init();
	err = transfer->easy ? set_up(client, transfer, request) : ERR_NOMEM;
	if (err)
		transfer_free(client, transfer);
	return err;
}

/* ---- answers ---- */

void web_client_run(struct web_client *client, struct mono now)
{
	struct epoll_event events[EVENTS_MAX];
	int count, left;

	client->now = now;
	count = epoll_wait(client->epoll, events, EVENTS_MAX, 0);
	for (int i = 0; i < count; i++) {
		int bits = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
		curl_multi_socket_action(client->multi, events[i].data.fd, bits, &left);
	}
	if (client->timer.us <= now.us) {
		client->timer = (struct mono){INT64_MAX};
		curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &left);
	}
}

bool web_client_next(struct web_client *client, struct web_answer *out)
{
	struct transfer *transfer = NULL;
	CURLMsg *message;
	curl_off_t wait_s = 0;
	int left;

	transfer_free(client, client->over);
	client->over = NULL;
	message = curl_multi_info_read(client->multi, &left);
	while (message && message->msg != CURLMSG_DONE)
		message = curl_multi_info_read(client->multi, &left);
	if (!message)
		return false;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
	*out = (struct web_answer){.call = transfer->call, .text = curl_easy_strerror(message->data.result)};
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &out->status);
	/* An e-mail that the server refuses has a status beside the error; an answer that breaks off says nothing. */
	if (message->data.result != CURLE_OK && (!transfer->to || out->status < 400))
		out->status = 0;
	curl_easy_getinfo(message->easy_handle, CURLINFO_RETRY_AFTER, &wait_s);
	out->wait_ms = (int64_t)wait_s * MS_PER_SECOND;
	out->cut = transfer->cut;
	out->body = transfer->answer.data ? transfer->answer.data : "";
	out->length = transfer->answer.length;
	client->over = transfer;
	return true;
}
