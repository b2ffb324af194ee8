/* SPDX-License-Identifier: MIT
 *
 * log: one line an event on stderr: `2026-11-24T04:01:46.123Z level=info service=ingest msg=connected key=value ...`.
 * Values with spaces, quotes or control characters are quoted and escaped. Libraries are silent; shells log each
 * failure once. Ids only: never a name, phone number or address.
 */
#ifndef CURTAIN_BASE_LOG_H
#define CURTAIN_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* log_open names the service in every line and sets the level; call once before threads start. */
void log_open(const char *service, enum log_level level);

/* log_line writes one line. msg is a stable snake_case word; then pairs (const char *key, const char *value), ended
 * by NULL. A NULL value prints "-". Thread-safe; never fails. */
void log_line(enum log_level level, const char *msg, ...) __attribute__((sentinel));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__, (char *)0)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__, (char *)0)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__, (char *)0)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__, (char *)0)

/* log_number formats n into one of eight rotating per-thread buffers, for use inside a log_line call. */
const char *log_number(long long n);

#endif
