/* SPDX-License-Identifier: MIT */
#include "walk.h"

#include <jansson.h>
#include <malloc.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALK_MAX 200000

/* The linker's names (ld --wrap): calls of malloc arrive at __wrap_malloc, __real_malloc is the allocator. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);

static struct {
	bool armed;    /* between walk_go and walk_pause */
	bool stubborn; /* after the first failure all fail */
	bool failed, failed_once;
	long fail_at; /* count from 1; 0 = never */
	long seen;    /* while armed */
	long live;    /* allocated and not freed */
} walk;

static bool refuse(void)
{
	if (!walk.armed)
		return false;
	walk.seen++;
	bool now = walk.fail_at && (walk.seen == walk.fail_at || (walk.stubborn && walk.seen > walk.fail_at));
	walk.failed |= now;
	walk.failed_once |= now;
	return now;
}

void *__wrap_malloc(size_t size)
{
	void *block = refuse() ? NULL : __real_malloc(size);

	walk.live += block != NULL;
	return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
	void *block = refuse() ? NULL : __real_calloc(count, size);

	walk.live += block != NULL;
	return block;
}

void *__wrap_realloc(void *block, size_t size)
{
	void *moved = refuse() ? NULL : __real_realloc(block, size);

	walk.live += !block && moved;
	return moved;
}

void __wrap_free(void *block)
{
	walk.live -= block != NULL;
	__real_free(block);
}

static char *copy(const char *text, size_t bytes)
{
	char *block = __wrap_malloc(bytes + 1);

	if (!block)
		return NULL;
	memcpy(block, text, bytes);
	block[bytes] = '\0';
	return block;
}

char *__wrap_strndup(const char *text, size_t length)
{
	return copy(text, strnlen(text, length));
}

char *__wrap_strdup(const char *text)
{
	return copy(text, strlen(text));
}

/* This jansson runs beyond a token whose buffer could not grow, unless the allocation after it fails too. */
static void *json_malloc(size_t size)
{
	bool armed = walk.armed;

	walk.armed = armed && walk.stubborn;
	void *block = __wrap_malloc(size);
	walk.armed = armed;
	return block;
}

static void *sql_malloc(int size)
{
	return __wrap_malloc((size_t)size);
}

static void *sql_realloc(void *block, int size)
{
	return __wrap_realloc(block, (size_t)size);
}

static int sql_size(void *block)
{
	return (int)malloc_usable_size(block);
}

static int sql_roundup(int size)
{
	return (size + 7) & ~7;
}

static int sql_init(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void sql_shutdown(void *unused)
{
	(void)unused;
}

void walk_begin(void)
{
	static const sqlite3_mem_methods methods = {.xMalloc = sql_malloc,
		.xFree = __wrap_free,
		.xRealloc = sql_realloc,
		.xSize = sql_size,
		.xRoundup = sql_roundup,
		.xInit = sql_init,
		.xShutdown = sql_shutdown};

	json_set_alloc_funcs(json_malloc, __wrap_free);
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
}

void walk_go(void)
{
	walk.armed = true;
	walk.failed = false;
}

void walk_pause(void)
{
	walk.armed = false;
}

bool walk_rest(void)
{
	bool going = walk.armed;

	walk.armed = false;
	return going;
}

void walk_resume(bool going)
{
	walk.armed = going;
}

bool walk_failed(void)
{
	bool failed = walk.failed;

	walk.failed = false;
	return failed;
}

static enum err run_once(
	const char *name, enum err (*scenario)(struct errinfo *info), long fail_at, struct errinfo *info)
{
	long before = walk.live;
	enum err err;

	walk.fail_at = fail_at;
	walk.seen = 0;
	walk.failed = walk.failed_once = false;
	err = scenario(info);
	walk_pause();
	if (walk.live != before)
		fail_msg("%s: allocation %ld fails: %ld blocks are left", name, fail_at, walk.live - before);
	return err;
}

long walk_run(const char *name, enum err (*scenario)(struct errinfo *info), enum err also)
{
	struct errinfo info = {0};
	long allocations = 0;

	if (run_once(name, scenario, 0, &info)) /* also warms up what is allocated once */
		fail_msg("%s: does not pass with all memory: %s", name, info.text);
	for (int stubborn = 0; stubborn < 2; stubborn++) {
		walk.stubborn = stubborn;
		for (long n = 1; n < WALK_MAX; n++) {
			memset(&info, 0, sizeof info);
			enum err err = run_once(name, scenario, n, &info);
			bool failed = walk.failed_once;
			if (err && (!failed || (err != ERR_NOMEM && err != also)))
				fail_msg("%s: allocation %ld fails: %s: %s", name, n, err_name(err), info.text);
			if (run_once(name, scenario, 0, NULL))
				fail_msg("%s: does not pass after allocation %ld failed", name, n);
			if (!failed)
				break;
			allocations = n;
		}
	}
	return allocations;
}
