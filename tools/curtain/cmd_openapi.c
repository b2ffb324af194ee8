/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd.h"
#include "gateway/openapi.h"
#include "options.h"
#include "service/service.h"

#define DOCUMENT_BYTES_MAX (1u << 20)

int cmd_openapi(int argc, char **argv)
{
	const struct options options = {.command = "openapi",
		.summary = "The OpenAPI 3.1 document of the gateway's REST interface (docs/gateway.md).",
		.ending = "examples:\n  curtain openapi > openapi.json\n"};
	int status = options_parse(&options, argc, argv);
	struct buf out;

	if (status >= 0)
		return status;
	buf_init(&out, DOCUMENT_BYTES_MAX);
	status = openapi_write(service_version, &out) ? 2 : 0;
	if (!status)
		puts(out.data);
	else
		fputs("curtain openapi: out of memory\n", stderr);
	buf_fini(&out);
	return status;
}
