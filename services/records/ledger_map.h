/* SPDX-License-Identifier: MIT
 *
 * ledger_map: how a spreadsheet's columns become rows of the registry (YAML, deploy/config/ledger/). One row of the
 * spreadsheet may make rows of several kinds; a text in braces is the cell below that heading.
 *
 *   rows:
 *     - kind: elders
 *       when: "{姓名}"                     only where this is not empty
 *       fields: {id: "e-{编号}", name: "{姓名}", phone: "{?电话}"}    "?": the column may be absent
 *   values:                                words of the spreadsheet, by field; a word that is none of them is a fault,
 *     living: {独居: alone, 夫妻同住: couple}     unless there is "*": "*"
 *
 * Without a map every column is a field of the one kind. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_MAP_H
#define CURTAIN_RECORDS_LEDGER_MAP_H

#include "records/ledger_row.h"

#define LEDGER_TARGETS_MAX 16
#define LEDGER_SEGMENTS_MAX 12

/* ledger_segment: a literal, or the cell below a heading. */
struct ledger_segment {
	const char *text; /* literal or heading */
	bool is_heading, optional;
	int column; /* of the heading in the file; -1: it is not there */
};

struct ledger_template {
	const char *field;
	unsigned count;
	struct ledger_segment segments[LEDGER_SEGMENTS_MAX];
};

struct ledger_target {
	const struct ledger_kind *kind;
	struct ledger_template when; /* count 0: always */
	unsigned field_count;
	struct ledger_template fields[LEDGER_FIELDS_MAX + 1];
};

struct ledger_word {
	const char *field, *theirs, *ours;
};

struct ledger_map {
	bool lenient;
	unsigned target_count;
	struct ledger_target *targets;
	struct ledger_word *words;
	size_t word_count;
	struct ledger_memory *memory;
};

/* ledger_memory: texts that live until it is freed. */
struct ledger_memory;
struct ledger_memory *ledger_memory_create(void);
void ledger_memory_destroy(struct ledger_memory *memory);
/* ledger_memory_keep copies length bytes and ends them with NUL; NULL: no memory. */
char *ledger_memory_keep(struct ledger_memory *memory, const char *text, size_t length);

/* ledger_map_read reads a map from YAML; a fault has the map's line and column. Release with fini. */
enum err ledger_map_read(
	const char *yaml, size_t length, struct ledger_map *out_map, struct errinfo *info) ERR_MUST_CHECK;
/* ledger_map_plain is the map of a file whose headings are the fields of kind; headings it does not know are left to
 * the rows to refuse. */
enum err ledger_map_plain(const struct ledger_kind *kind, char *const *headings, unsigned count,
	struct ledger_map *out_map, struct errinfo *info) ERR_MUST_CHECK;
void ledger_map_fini(struct ledger_map *map);
/* ledger_map_names says whether heading, as a file has it, is one of the map's. */
bool ledger_map_names(const struct ledger_map *map, const char *heading);
/* ledger_map_bind finds the headings in a file's header line. A heading that is missing, or that stands twice, is a
 * fault; each is told once. */
enum err ledger_map_bind(struct ledger_map *map, char *const *headings, const struct ledger_place *places,
	unsigned count, struct ledger_faults *faults, struct errinfo *info) ERR_MUST_CHECK;
/* ledger_map_text fills a template with a record's cells: *out_text (NULL: nothing there) and the place of its first
 * cell. */
enum err ledger_map_text(const struct ledger_map *map, const struct ledger_template *of, char *const *fields,
	const struct ledger_place *places, unsigned count, const char **out_text, struct ledger_place *out_place,
	struct errinfo *info) ERR_MUST_CHECK;
/* ledger_map_word gives our word for theirs, or theirs. ledger_map_knows: the map has no words for the field, or theirs
 * is one of them, or of ours, or it has "*" for any other; else *out_words are those it has. */
const char *ledger_map_word(const struct ledger_map *map, const char *field, const char *theirs);
bool ledger_map_knows(
	const struct ledger_map *map, const char *field, const char *theirs, char *out_words, size_t size);

#endif
