/* SPDX-License-Identifier: MIT
 *
 * nodelay: sends small packets at once. paho acknowledges a message with a packet of a few bytes and leaves Nagle's
 * algorithm on; what is published next then waits for the broker's delayed TCP acknowledgement, 40 ms, each time. paho
 * sets no such option and does not show its socket, so it is looked for among this process's own. For bus.c.
 */
#ifndef CURTAIN_BUS_NODELAY_H
#define CURTAIN_BUS_NODELAY_H

#include <stdint.h>

/* nodelay_set sets TCP_NODELAY on each connected TCP socket whose peer has this port; gives how many. */
unsigned nodelay_set(int64_t port);

#endif
