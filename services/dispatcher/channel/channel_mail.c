/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_mail.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "web/hmac.h"

#define WORD_TEXT_BYTES 42 /* base64 of so many bytes fits an encoded word, also behind "Subject: " */
#define LINE_TEXT_BYTES 57 /* and of so many a line of 76 */

bool channel_mail_address(const char *text)
{
	const char *at = strchr(text, '@');

	if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > 250)
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || strchr("<>()[]\\,;:\"", *p))
			return false;
	return true;
}

static void write_subject(const char *subject, struct buf *out)
{
	size_t length = strlen(subject), begin = 0;
	char word[WORD_TEXT_BYTES / 3 * 4 + 8];

	buf_text(out, "Subject:");
	while (begin < length) {
		size_t end = begin + WORD_TEXT_BYTES < length ? begin + WORD_TEXT_BYTES : length;
		while (end < length && ((unsigned char)subject[end] & 0xc0) == 0x80)
			end--; /* a character stays whole */
		hmac_encode(subject + begin, end - begin, word, sizeof word);
		buf_printf(out, "%s =?UTF-8?B?%s?=", begin ? "\r\n" : "", word);
		begin = end;
	}
	buf_text(out, "\r\n");
}

static void write_text(const char *text, struct buf *out)
{
	size_t length = strlen(text);
	char line[LINE_TEXT_BYTES / 3 * 4 + 8];

	for (size_t begin = 0; begin < length; begin += LINE_TEXT_BYTES) {
		size_t rest = length - begin;
		hmac_encode(text + begin, rest < LINE_TEXT_BYTES ? rest : LINE_TEXT_BYTES, line, sizeof line);
		buf_printf(out, "%s\r\n", line);
	}
}

static void write_date(struct wall now, struct buf *out)
{
	static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct zone *utc = NULL;

	if (zone_load("UTC", &utc, NULL))
		return;
	struct civil at = zone_to_civil(utc, now);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[at.weekday], at.day, months[at.month - 1],
		at.year, at.hour, at.minute, at.second);
	zone_destroy(utc);
}

enum err channel_mail_write(const struct channel_mail *mail, struct buf *out, struct errinfo *info)
{
	if (!channel_mail_address(mail->from))
		return errinfo_set(info, ERR_INVALID, "from: must be one address like curtain@example.org");
	if (!channel_mail_address(mail->to))
		return errinfo_set(info, ERR_INVALID, "to: must be one address like name@example.org");
	if (!text_is_label(mail->subject))
		return errinfo_set(info, ERR_INVALID, "subject: must be one line");
	buf_printf(out, "From: %s\r\nTo: %s\r\n", mail->from, mail->to);
	write_subject(mail->subject, out);
	write_date(mail->now, out);
	buf_printf(out, "Message-ID: <%s%s>\r\n", mail->id, strchr(mail->from, '@'));
	buf_text(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: "
		      "base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
	write_text(mail->text, out);
	return out->failed ? errinfo_set(info, out->failed, "the message is too long") : ERR_OK;
}
