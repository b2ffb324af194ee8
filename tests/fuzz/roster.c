/* SPDX-License-Identifier: MIT
 *
 * A team's task: what is taken becomes a model, and its roster of days off can be written in every form.
 */
#include "dispatcher/roster/roster_forms.h"
#include "dispatcher/roster/roster_json.h"
#include "fuzz.h"

#define OUT_BYTES_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roster_model *model = NULL;
	struct roster_plan plan = {0};
	struct team *team = NULL;
	struct errinfo info = {0};
	struct buf out;

	if (roster_json_task((const char *)data, size, &team, &info)) {
		FUZZ_CHECK(!team);
		FUZZ_CHECK(info.text[0]);
		return 0;
	}
	FUZZ_CHECK(team->days >= 1 && team->volunteers >= 1);
	buf_init(&out, OUT_BYTES_MAX);
	if (!team_model(team, &model, &info) && !roster_plan_init(&plan, model)) {
		if (team->has_previous)
			team_previous(team, &plan);
		(void)!roster_json_write(team, &plan, 0, &out);
		(void)!roster_form_csv(team, &plan, &out);
		(void)!roster_form_svg(team, &plan, &out);
	}
	buf_fini(&out);
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
	return 0;
}
