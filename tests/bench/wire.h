/* SPDX-License-Identifier: MIT
 *
 * wire: as much of MQTT 3.1.1 as a load generator needs, over one blocking TCP connection, so light that the other side
 * is what is measured. Whatever fails ends the program. For one source file a program.
 */
#ifndef CURTAIN_TESTS_BENCH_WIRE_H
#define CURTAIN_TESTS_BENCH_WIRE_H

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static inline void write_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0)
			fail("write");
		bytes += n;
		length -= (size_t)n;
	}
}

static inline size_t put_length(uint8_t *out, size_t length)
{
	size_t n = 0;
	do {
		uint8_t digit = length & 127;
		length >>= 7;
		out[n++] = length ? digit | 128 : digit;
	} while (length);
	return n;
}

static inline size_t put_text(uint8_t *out, const char *text, size_t length)
{
	out[0] = (uint8_t)(length >> 8);
	out[1] = (uint8_t)length;
	memcpy(out + 2, text, length);
	return length + 2;
}

static inline int dial(const char *host, const char *port)
{
	struct addrinfo *found;
	int one = 1;
	if (getaddrinfo(host, port, &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &found))
		fail("getaddrinfo");
	int fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen))
		fail("connect");
	freeaddrinfo(found);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static inline void login(int fd, const char *role, const char *user, const char *password)
{
	uint8_t body[512], packet[520], answer[4];
	char id[40];
	size_t n = put_text(body, "MQTT", 4);
	body[n++] = 4;
	body[n++] = (uint8_t)(2 | (user ? 0xc0 : 0)); /* clean session, user and password */
	body[n++] = 0;
	body[n++] = 0;
	snprintf(id, sizeof id, "mqload-%s-%d", role, (int)getpid());
	n += put_text(body + n, id, strlen(id));
	if (user) {
		n += put_text(body + n, user, strlen(user));
		n += put_text(body + n, password, strlen(password));
	}
	packet[0] = 0x10;
	size_t head = 1 + put_length(packet + 1, n);
	memcpy(packet + head, body, n);
	write_all(fd, packet, head + n);
	for (size_t got = 0; got < sizeof answer;) {
		ssize_t k = read(fd, answer + got, sizeof answer - got);
		if (k <= 0)
			fail("no CONNACK");
		got += (size_t)k;
	}
	if (answer[3]) {
		fprintf(stderr, "mqload: refused with code %d\n", answer[3]);
		_exit(1);
	}
}

static inline size_t put_message(
	uint8_t *out, long i, int qos, const char *topic, const char *payload, size_t payload_length)
{
	size_t topic_length = strlen(topic), n = 0;

	out[n++] = (uint8_t)(0x30 | qos << 1);
	n += put_length(out + n, 2 + topic_length + (qos ? 2u : 0u) + payload_length);
	n += put_text(out + n, topic, topic_length);
	if (qos) {
		uint16_t id = (uint16_t)(i % 65535 + 1);
		out[n++] = (uint8_t)(id >> 8);
		out[n++] = (uint8_t)id;
	}
	memcpy(out + n, payload, payload_length);
	return n + payload_length;
}

#endif
