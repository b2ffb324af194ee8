/* SPDX-License-Identifier: MIT
 *
 * The thread looks every quarter of the limit. What it sees running for the first time it notes with the CPU time used
 * so far, and halts it when that has grown by the limit. After a second with nothing running it waits to be woken.
 */
#include "jq/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define TICKS_A_LIMIT 4
#define TICKS_IDLE_MAX 40

struct watchdog {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int limit_ms;
	/* Under lock: */
	bool stop, asleep, halted;
	jq_state *running; /* NULL = nothing */
	clockid_t cpu;     /* of the thread that runs it */
	pthread_t runner;
	bool has_runner;
	uint64_t run; /* counts the runs */
};

static int64_t cpu_ms(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_tick(struct watchdog *dog, bool idle)
{
	struct timespec until;

	if (idle) {
		dog->asleep = true;
		pthread_cond_wait(&dog->wake, &dog->lock);
		dog->asleep = false;
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(dog->limit_ms / TICKS_A_LIMIT) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&dog->wake, &dog->lock, &until);
}

static void *watch(void *argument)
{
	struct watchdog *dog = argument;
	uint64_t seen = 0;
	int64_t since = 0;
	int idle = 0;

	pthread_mutex_lock(&dog->lock);
	while (!dog->stop) {
		idle = dog->running || dog->run != seen ? 0 : idle + 1;
		if (dog->running && dog->run != seen)
			since = cpu_ms(dog->cpu);
		else if (dog->running && !dog->halted && cpu_ms(dog->cpu) - since >= dog->limit_ms) {
			dog->halted = true;
			jq_halt(dog->running, jv_invalid(), jv_invalid());
		}
		seen = dog->run;
		sleep_tick(dog, idle > TICKS_IDLE_MAX);
	}
	pthread_mutex_unlock(&dog->lock);
	return NULL;
}

static int start(struct watchdog *dog)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int result;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&dog->lock, NULL);
	pthread_cond_init(&dog->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are the service's; this thread must not take them away. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&dog->thread, NULL, watch, dog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

enum err watchdog_create(int limit_ms, struct watchdog **out_watchdog)
{
	struct watchdog *dog = calloc(1, sizeof *dog);

	if (!dog)
		return ERR_NOMEM;
	dog->limit_ms = limit_ms;
	if (start(dog)) {
		pthread_cond_destroy(&dog->wake);
		pthread_mutex_destroy(&dog->lock);
		free(dog);
		return ERR_IO;
	}
	*out_watchdog = dog;
	return ERR_OK;
}

void watchdog_destroy(struct watchdog *dog)
{
	if (!dog)
		return;
	pthread_mutex_lock(&dog->lock);
	dog->stop = true;
	pthread_cond_signal(&dog->wake);
	pthread_mutex_unlock(&dog->lock);
	pthread_join(dog->thread, NULL);
	pthread_cond_destroy(&dog->wake);
	pthread_mutex_destroy(&dog->lock);
	free(dog);
}

void watchdog_begin(struct watchdog *dog, jq_state *jq)
{
	pthread_mutex_lock(&dog->lock);
	if (!dog->has_runner || !pthread_equal(dog->runner, pthread_self())) {
		dog->runner = pthread_self();
		dog->has_runner = !pthread_getcpuclockid(dog->runner, &dog->cpu);
	}
	dog->running = jq;
	dog->halted = false;
	dog->run++;
	if (dog->asleep)
		pthread_cond_signal(&dog->wake);
	pthread_mutex_unlock(&dog->lock);
}

bool watchdog_end(struct watchdog *dog)
{
	bool halted;

	pthread_mutex_lock(&dog->lock);
	dog->running = NULL;
	halted = dog->halted;
	pthread_mutex_unlock(&dog->lock);
	return halted;
}
