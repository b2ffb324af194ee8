/* SPDX-License-Identifier: MIT
 *
 * channel_entry: one channel of the file, its keys taken from its own entry or else from its preset. For
 * channel_file.c.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_ENTRY_H
#define CURTAIN_DISPATCHER_CHANNEL_ENTRY_H

#include "config/yaml_in.h"
#include "dispatcher/channel/channel_file.h"

/* channel_sources: where a channel's keys stand; preset may be NULL. */
struct channel_sources {
	struct yaml_in *own, *preset;
	const yaml_node_t *entry, *base;
	bool with_secrets;
};

/* channel_entry_read fills one channel and adds its programs to program. */
enum err channel_entry_read(struct channel_sources *from, struct program *program,
	struct channel_definition *out_definition, struct channel_rule *out_rule) ERR_MUST_CHECK;
/* channel_read_hours reads a window like "21:00-08:00". */
bool channel_read_hours(const char *text, struct channel_quiet *out);
/* channel_entry_preset gives the name of the preset that an entry names; "" = none. */
enum err channel_entry_preset(struct yaml_in *in, const yaml_node_t *entry, const char **out) ERR_MUST_CHECK;

#endif
