/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bus/bus.h"

bool bus_topic_matches(const char *filter, const char *topic)
{
	if (*topic == '$' && (*filter == '#' || *filter == '+'))
		return false;
	for (;;) {
		size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");
		if (f == 1 && *filter == '#')
			return true;
		if (!(f == 1 && *filter == '+') && (f != t || memcmp(filter, topic, f) != 0))
			return false;
		filter += f;
		topic += t;
		if (!*topic)
			return !*filter || !strcmp(filter, "/#"); /* "a/#" matches "a" too */
		if (!*filter)
			return false;
		filter++;
		topic++;
	}
}
