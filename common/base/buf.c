/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit)
{
	*buf = (struct buf){.limit = limit};
}

void buf_fini(struct buf *buf)
{
	if (!buf)
		return;
	free(buf->data);
	*buf = (struct buf){.limit = buf->limit};
}

void buf_reset(struct buf *buf)
{
	buf->length = 0;
	buf->failed = ERR_OK;
	if (buf->data)
		buf->data[0] = '\0';
}

/* buf_room makes room for length more bytes and the NUL. */
static enum err buf_room(struct buf *buf, size_t length)
{
	size_t capacity = buf->capacity ? buf->capacity : 256;
	char *data;

	if (buf->failed)
		return buf->failed;
	if (length > buf->limit - buf->length)
		return buf->failed = ERR_FULL;
	if (buf->length + length + 1 <= buf->capacity)
		return ERR_OK;
	while (capacity < buf->length + length + 1)
		capacity *= 2;
	data = realloc(buf->data, capacity);
	if (!data)
		return buf->failed = ERR_NOMEM;
	buf->data = data;
	buf->capacity = capacity;
	return ERR_OK;
}

enum err buf_append(struct buf *buf, const void *bytes, size_t length)
{
	if (buf_room(buf, length))
		return buf->failed;
	if (length)
		memcpy(buf->data + buf->length, bytes, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
	return ERR_OK;
}

enum err buf_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

enum err buf_byte(struct buf *buf, char byte)
{
	return buf_append(buf, &byte, 1);
}

enum err buf_printf(struct buf *buf, const char *format, ...)
{
	char small[256];
	va_list arguments, again;
	int length;

	if (buf->failed)
		return buf->failed;
	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(small, sizeof small, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < sizeof small) {
		buf_append(buf, small, (size_t)length);
	} else if (length >= 0 && !buf_room(buf, (size_t)length)) {
		vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	} else if (length < 0) {
		buf->failed = ERR_INVALID;
	}
	va_end(again);
	return buf->failed;
}
