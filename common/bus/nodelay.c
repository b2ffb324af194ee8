/* SPDX-License-Identifier: MIT */
#include "bus/nodelay.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

static unsigned set_one(int fd, int64_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} peer = {.room = {0}};
	socklen_t length = sizeof peer;
	uint16_t found = 0;
	int on = 1;

	if (getpeername(fd, &peer.any, &length))
		return 0;
	if (peer.any.sa_family == AF_INET)
		found = ntohs(peer.v4.sin_port);
	else if (peer.any.sa_family == AF_INET6)
		found = ntohs(peer.v6.sin6_port);
	return found == port && found && !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

unsigned nodelay_set(int64_t port)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!dir)
		return 0;
	for (const struct dirent *d; (d = readdir(dir));)
		count += d->d_name[0] == '.' ? 0 : set_one(atoi(d->d_name), port);
	closedir(dir);
	return count;
}
