/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include "client.h"
#include "codec/json.h"

void ask_begin(struct buf *args)
{
	buf_init(args, REQUEST_BYTES_MAX);
	json_open(args, '{');
}

enum err ask_service(const struct connection *connection, const char *service, const char *method, struct buf *args,
	char **out_answer, bool *out_refused, struct errinfo *info)
{
	struct client *client = NULL;
	enum err err = client_open(connection, 0, &client, info);

	json_close(args, '}');
	if (!err && args->failed)
		err = errinfo_set(info, args->failed, "the request would be longer than %u MiB; give it in parts",
			REQUEST_BYTES_MAX >> 20);
	if (!err)
		err = client_request(client, service, method, args, out_answer, info);
	*out_refused = client && client_refused(client);
	client_close(client);
	buf_fini(args);
	return err;
}
