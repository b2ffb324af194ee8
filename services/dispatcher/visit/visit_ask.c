/* SPDX-License-Identifier: MIT
 *
 * What a household asks for: a service of the catalogue, or a visit.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

static enum err ask_bad(struct visit_effects *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static enum err ask_bad(struct visit_effects *out, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(out->fault, sizeof out->fault, format, values);
	va_end(values);
	out->verdict = VISIT_BAD;
	return ERR_OK;
}

/* same_asked gives the one that was asked for already: a request that is sent again makes no second one. Its reason
 * tells it from one that is due by itself. */
static const struct job *same_asked(
	const struct home *home, const struct errand *first, const struct visit_request *request)
{
	const struct job *same = NULL;

	for (const struct job *job = home->jobs; job; job = job->next_of_home) {
		if (job->now.kind != first->kind || job->now.state > ERRAND_OFFERED ||
			strcmp(job->now.what, request->what) != 0 || strcmp(job->now.reason_en, first->reason_en) != 0)
			continue;
		if ((!wall_is_set(request->from) || request->from.ms == job->want_from.ms) &&
			(!same || strcmp(job->now.id, same->now.id) < 0))
			same = job;
	}
	return same;
}

static enum err repeated(const struct job *same, struct visit_effects *out)
{
	out->verdict = VISIT_REPEATED;
	text_cut(out->id, sizeof out->id, same->now.id);
	return ERR_OK;
}

static enum err open_asked(struct visit_core *core, struct home *home, const struct visit_request *request,
	struct errand *first, struct wall now, struct visit_effects *out)
{
	const struct job *same = same_asked(home, first, request);
	struct job *job;
	enum err err;

	if (same)
		return repeated(same, out);
	if (first->kind == ERRAND_VISIT && home->visit)
		return ask_bad(out, "household: visit %.64s is not over yet; move it instead", home->visit->now.id);
	text_cut(first->what, sizeof first->what, request->what);
	text_cut(first->note, sizeof first->note, request->note);
	err = job_open(core, home, first, request->user, core_day(core, first->from), now, &job);
	if (err)
		return err;
	text_cut(out->id, sizeof out->id, job->now.id);
	return job_offer(core, job, now);
}

static enum err ask_visit(struct visit_core *core, struct home *home, const struct visit_request *request,
	struct errand *first, struct wall now, struct visit_effects *out)
{
	const struct checklist *list = visit_rules_list(core->config.rules, request->what, 0);

	if (!list && strcmp(request->what, VISIT_CHAT) != 0)
		return ask_bad(out, "what: \"%.40s\" is neither a service of the catalogue, nor chat, nor a checklist",
			request->what);
	first->kind = ERRAND_VISIT;
	first->version = list ? list->version : 0;
	snprintf(first->reason_zh, sizeof first->reason_zh, "应请求：%s。", list ? list->zh : "陪伴探访");
	snprintf(first->reason_en, sizeof first->reason_en, "Asked for: %s.", list ? list->en : "company");
	return open_asked(core, home, request, first, now, out);
}

static enum err ask_service(struct visit_core *core, struct home *home, const struct service *service,
	const struct visit_request *request, struct errand *first, struct wall now, struct visit_effects *out)
{
	const struct offering *offering = &service->offering;

	first->kind = ERRAND_SERVICE;
	snprintf(first->reason_zh, sizeof first->reason_zh, "老人需要：%s。",
		*offering->name_zh ? offering->name_zh : service->id);
	snprintf(first->reason_en, sizeof first->reason_en, "Asked for: %s.",
		*offering->name_en ? offering->name_en : service->id);
	return open_asked(core, home, request, first, now, out);
}

#define ASK_DAYS 7

static enum err ask(
	struct visit_core *core, const struct visit_request *request, struct wall now, struct visit_effects *out)
{
	struct errand first = {0};
	struct service *service;
	struct home *home;
	struct wall earliest;

	HASH_FIND_STR(core->homes, request->household, home);
	HASH_FIND_STR(core->services, request->what, service);
	if (!home || !home->known || home->canary)
		return ask_bad(out, "household: there is no %.64s in the directory", request->household);
	service = service && service->known ? service : NULL;
	earliest = service && service->offering.lead_days
			   ? core_at(core, core_day(core, now) + service->offering.lead_days, 0)
			   : now;
	first.from = wall_is_set(request->from) ? request->from : earliest;
	first.until = wall_is_set(request->until)
			      ? request->until
			      : core_at(core, core_day(core, first.from) + ASK_DAYS, MINUTES_PER_DAY);
	if (first.from.ms < earliest.ms && first.from.ms / MS_PER_MINUTE < now.ms / MS_PER_MINUTE)
		return ask_bad(out, "from: is over");
	if (first.from.ms < earliest.ms && service) {
		char day[DAY_TEXT_BYTES];
		day_format(core_day(core, earliest), day);
		return ask_bad(out, "from: this service has to be asked for earlier; it can be from %s on", day);
	}
	if (first.until.ms <= first.from.ms)
		return ask_bad(out, "until: must be after from");
	if (first.until.ms > now.ms + VISIT_AHEAD_MS)
		return ask_bad(out, "until: is more than 400 days ahead");
	return service ? ask_service(core, home, service, request, &first, now, out)
		       : ask_visit(core, home, request, &first, now, out);
}

enum err visit_ask(
	struct visit_core *core, const struct visit_request *request, struct wall now, struct visit_effects *out)
{
	enum err err;

	*out = (struct visit_effects){.verdict = VISIT_TAKEN};
	err = ask(core, request, now, out);
	visit_give(core, out);
	return err;
}
