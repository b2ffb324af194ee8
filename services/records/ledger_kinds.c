/* SPDX-License-Identifier: MIT
 *
 * The kinds of rows that a ledger may hold. The database has the same kinds and columns in ledger_kind; a test holds
 * the two together.
 */
#include <string.h>

#include "message/message.h"
#include "records/ledger_row.h"

#define SECONDS_MAX 86400
#define NAME_BYTES_MAX 199
#define TEXT_BYTES_MAX 399

#define KEY                                                                                                            \
	{                                                                                                              \
		"id", LEDGER_ID, true, 0, 0, NULL                                                                      \
	}
#define REFERENCE(name, required)                                                                                      \
	{                                                                                                              \
		name, LEDGER_ID, required, 0, 0, NULL                                                                  \
	}
#define LINE(name, max)                                                                                                \
	{                                                                                                              \
		name, LEDGER_LINE, false, 0, max, NULL                                                                 \
	}
#define PHONE(name)                                                                                                    \
	{                                                                                                              \
		name, LEDGER_PHONE, false, 0, PHONE_BYTES - 1, NULL                                                    \
	}
#define NUMBER(name, required, min, max)                                                                               \
	{                                                                                                              \
		name, LEDGER_INT, required, min, max, NULL                                                             \
	}
#define DEGREES(name, most)                                                                                            \
	{                                                                                                              \
		name, LEDGER_DEGREES, false, -(most), most, NULL                                                       \
	}
#define PLAIN(name, type)                                                                                              \
	{                                                                                                              \
		name, type, false, 0, 0, NULL                                                                          \
	}
#define WORD(name, required, words)                                                                                    \
	{                                                                                                              \
		name, LEDGER_WORD, required, 0, 0, words                                                               \
	}
#define LIST(name, words, most, word_bytes)                                                                            \
	{                                                                                                              \
		name, LEDGER_WORDS, false, word_bytes, most, words                                                     \
	}
#define IDS(name, most)                                                                                                \
	{                                                                                                              \
		name, LEDGER_IDS, false, 0, most, NULL                                                                 \
	}
#define PAST(name)                                                                                                     \
	{                                                                                                              \
		name, LEDGER_DATE, false, 0, 1, NULL                                                                   \
	}
#define END                                                                                                            \
	{                                                                                                              \
		NULL, LEDGER_ID, false, 0, 0, NULL                                                                     \
	}

static const struct ledger_field districts[] = {KEY, LINE("name", NAME_BYTES_MAX), END};

static const struct ledger_field streets[] = {KEY, REFERENCE("district", true), LINE("name", NAME_BYTES_MAX), END};

static const struct ledger_field communities[] = {KEY, LINE("name", NAME_BYTES_MAX), REFERENCE("street", false), END};

static const struct ledger_field estates[] = {KEY, REFERENCE("community", true),
	WORD("kind", true, "resettlement|commercial|work_unit"), LINE("name", NAME_BYTES_MAX),
	LINE("brand", NAME_BYTES_MAX), DEGREES("latitude", 90), DEGREES("longitude", 180), END};

static const struct ledger_field buildings[] = {KEY, REFERENCE("estate", true), LINE("name", NAME_BYTES_MAX),
	NUMBER("floors", false, 1, 200), PLAIN("lift", LEDGER_BOOL), DEGREES("latitude", 90), DEGREES("longitude", 180),
	END};

static const struct ledger_field policies[] = {KEY, NUMBER("accept_life_s", true, 1, SECONDS_MAX),
	NUMBER("accept_alarm_s", true, 1, SECONDS_MAX), NUMBER("accept_attention_s", true, 1, SECONDS_MAX),
	NUMBER("arrive_s", true, 1, SECONDS_MAX), PLAIN("attention_pages", LEDGER_BOOL), END};

static const struct ledger_field teams[] = {KEY, REFERENCE("community", true), REFERENCE("captain", false),
	REFERENCE("desk", false), PHONE("number"), REFERENCE("estate", false), LINE("name", NAME_BYTES_MAX), END};

static const struct ledger_field volunteers[] = {KEY, REFERENCE("team", true), LINE("name", NAME_BYTES_MAX),
	PHONE("phone"), PLAIN("day", LEDGER_BOOL), PLAIN("night", LEDGER_BOOL), PLAIN("desk", LEDGER_BOOL),
	PLAIN("weekdays", LEDGER_WEEKDAYS), NUMBER("order", false, 0, 255),
	WORD("kind", false, "silver_age|youth|red_steward|party_member|property|new_employment|neighbour"),
	PLAIN("roles", LEDGER_WORDS), PLAIN("skills", LEDGER_WORDS), PAST("verified"),
	LINE("verified_by", NAME_BYTES_MAX), WORD("gender", false, "female|male"),
	LIST("languages", NULL, LANGUAGES_MAX, WORD_BYTES - 1), LIST("interests", NULL, INTERESTS_MAX, WORD_BYTES - 1),
	DEGREES("latitude", 90), DEGREES("longitude", 180), NUMBER("visits_a_week", false, 0, VISITS_A_WEEK_MAX),
	LIST("parts", "morning|afternoon|evening", 0, 0), END};

static const struct ledger_field accounts[] = {{"name", LEDGER_ID, true, 0, 0, NULL},
	WORD("level", true, "district|community|volunteer|auditor|none"), REFERENCE("community", false),
	REFERENCE("volunteer", false), END};

static const struct ledger_field households[] = {KEY, REFERENCE("community", true), REFERENCE("team", true),
	REFERENCE("policy", false), NUMBER("persons", false, 0, 255), PLAIN("canary", LEDGER_BOOL),
	LINE("address", TEXT_BYTES_MAX), REFERENCE("building", false), LINE("unit", WORD_BYTES - 1),
	LINE("room", WORD_BYTES - 1), PLAIN("away_from", LEDGER_TIME), PLAIN("away_until", LEDGER_TIME),
	DEGREES("latitude", 90), DEGREES("longitude", 180), END};

static const struct ledger_field elders[] = {KEY, REFERENCE("household", true), LINE("name", NAME_BYTES_MAX),
	NUMBER("birth_year", false, 1880, 2100), PHONE("phone"), PAST("birth_date"),
	WORD("gender", false, "female|male"),
	WORD("living", false, "alone|couple|with_family|with_carer|elders_together"),
	WORD("health", false, "able|partly|unable"), WORD("mobility", false, "free|stick|wheelchair|bedridden"),
	PLAIN("categories", LEDGER_WORDS), {"language", LEDGER_LANGUAGE, false, WORD_BYTES - 1, LANGUAGES_MAX, NULL},
	LINE("key_holder", NAME_BYTES_MAX), LINE("doctor", NAME_BYTES_MAX), PAST("surveyed"), PAST("enrolled"),
	PLAIN("ended", LEDGER_DATE), PLAIN("id_number", LEDGER_CARD),
	{"medical_notes", LEDGER_SECRET, false, 0, 1000, NULL}, LIST("interests", NULL, INTERESTS_MAX, WORD_BYTES - 1),
	END};

static const struct ledger_field contacts[] = {KEY, REFERENCE("elder", true), NUMBER("rank", false, 1, 99),
	LINE("name", NAME_BYTES_MAX), LINE("relation", NAME_BYTES_MAX), PHONE("phone"), END};

static const struct ledger_field medicines[] = {KEY, REFERENCE("elder", true), LINE("name", NAME_BYTES_MAX),
	LINE("dose", NAME_BYTES_MAX), PLAIN("lasts_until", LEDGER_DATE), END};

static const struct ledger_field tag_kinds[] = {KEY, LINE("name", NAME_BYTES_MAX), LINE("meaning", TEXT_BYTES_MAX),
	NUMBER("days", false, 1, 36500), PLAIN("rule", LEDGER_RULE), END};

static const struct ledger_field tags[] = {KEY, REFERENCE("elder", true), REFERENCE("kind", true),
	PLAIN("from", LEDGER_DATE), PLAIN("until", LEDGER_DATE), LINE("note", TEXT_BYTES_MAX), END};

static const struct ledger_field consents[] = {REFERENCE("household", true),
	{"quantities", LEDGER_QUANTITIES, true, 0, 0, NULL}, PLAIN("from", LEDGER_TIME), PLAIN("until", LEDGER_TIME),
	PLAIN("purposes", LEDGER_WORDS), PLAIN("recipients", LEDGER_WORDS), LINE("given_by", NAME_BYTES_MAX),
	PLAIN("withdrawn", LEDGER_TIME), LINE("withdrawn_why", TEXT_BYTES_MAX), END};

static const struct ledger_field devices[] = {
	{"id", LEDGER_DEVICE, true, 0, 0, NULL}, REFERENCE("household", true), LINE("place", WORD_BYTES - 1), END};

static const struct ledger_field appointments[] = {KEY, REFERENCE("household", true),
	WORD("sign", true, "curtain|call|button|door|any|visit"), PLAIN("opens", LEDGER_CLOCK),
	{"by", LEDGER_CLOCK, true, 0, 0, NULL}, NUMBER("grace_min", false, 0, APPOINTMENT_GRACE_MAX),
	WORD("days", false, "every|workdays|days_off"), PLAIN("weekdays", LEDGER_WEEKDAYS),
	PLAIN("pause_holidays", LEDGER_BOOL), PLAIN("paused_from", LEDGER_DATE), PLAIN("paused_until", LEDGER_DATE),
	PLAIN("from", LEDGER_DATE), PLAIN("until", LEDGER_DATE), END};

static const struct ledger_field circles[] = {REFERENCE("household", true), IDS("contacts", CIRCLE_MAX),
	IDS("key_holders", CIRCLE_MAX), IDS("neighbours", CIRCLE_MAX), END};

static const struct ledger_field cares[] = {REFERENCE("household", true), REFERENCE("wanted", false),
	IDS("unwanted", UNWANTED_MAX), WORD("gender_wanted", false, "female|male"),
	NUMBER("visits_every_days", false, 0, VISITS_EVERY_DAYS_MAX), END};

static const struct ledger_field services[] = {KEY,
	WORD("help", true, "meals|bathing|cleaning|mobility|medical|urgent|care"), LINE("name", NAME_BYTES_MAX),
	LINE("name_en", NAME_BYTES_MAX), NUMBER("minutes", false, 1, 1440),
	NUMBER("lead_days", false, 0, SERVICE_LEAD_DAYS_MAX), PLAIN("teams", LEDGER_BOOL), END};

static const struct ledger_field providers[] = {
	KEY, LINE("name", NAME_BYTES_MAX), REFERENCE("community", false), PHONE("phone"), IDS("services", 0), END};

const struct ledger_kind ledger_kinds[] = {{"districts", districts}, {"streets", streets}, {"communities", communities},
	{"estates", estates}, {"buildings", buildings}, {"policies", policies}, {"teams", teams},
	{"volunteers", volunteers}, {"accounts", accounts}, {"households", households}, {"elders", elders},
	{"contacts", contacts}, {"medicines", medicines}, {"tag_kinds", tag_kinds}, {"tags", tags},
	{"consents", consents}, {"devices", devices}, {"appointments", appointments}, {"circles", circles},
	{"cares", cares}, {"services", services}, {"providers", providers}, {NULL, NULL}};

static const struct ledger_field deleted_field = {"deleted", LEDGER_BOOL, false, 0, 0, NULL};

const struct ledger_kind *ledger_kind_find(const char *name)
{
	for (const struct ledger_kind *kind = ledger_kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

int ledger_field_find(const struct ledger_kind *kind, const char *name)
{
	int i = 0;

	for (; kind->fields[i].name; i++)
		if (strcmp(kind->fields[i].name, name) == 0)
			return i;
	return strcmp(name, deleted_field.name) == 0 ? i : -1;
}

const struct ledger_field *ledger_field(const struct ledger_kind *kind, int index)
{
	return kind->fields[index].name ? &kind->fields[index] : &deleted_field;
}
