/* SPDX-License-Identifier: MIT
 *
 * walk: runs a scenario again and again, failing its first allocation, then its second, and so on until it passes
 * without a failure; first each failure alone (but for jansson's own), then with every later allocation failing too.
 * The program is linked with
 * --wrap for the allocators (CMakeLists.txt), jansson and SQLite are told to use the same ones, so what they allocate
 * fails as well.
 *
 * Held to: no crash (the sanitizers watch), what is allocated is freed again when the scenario is over, the scenario
 * says ERR_NOMEM (or `also`, where that is documented) when it fails, and the same scenario passes right afterwards.
 */
#ifndef CURTAIN_TESTS_WALK_H
#define CURTAIN_TESTS_WALK_H

#include <stdbool.h>

#include "base/err.h"

/* walk_begin hooks jansson and SQLite; once, before either is used. */
void walk_begin(void);

/* walk_run walks scenario. It prepares with walk_pause, works with walk_go, and frees all it made. Fails the cmocka
 * test with name, n and the errinfo when something is not as it should be. Gives how many allocations the scenario
 * makes. */
long walk_run(const char *name, enum err (*scenario)(struct errinfo *info), enum err also);

/* Within a scenario: allocations fail only between walk_go and walk_pause. */
void walk_go(void);
void walk_pause(void);
/* walk_rest pauses and says whether it was going; walk_resume goes on as it was. */
bool walk_rest(void);
void walk_resume(bool going);
/* walk_failed says whether an allocation was failed since the last walk_go, and forgets it: "this retry must pass". */
bool walk_failed(void);

#endif
