-- SPDX-License-Identifier: MIT
-- The day of a home keeps its plans: with a day's ends as parameters a plan for each call looks cheaper than one for all, so PostgreSQL 15 planned every
-- statement of it anew, a third of its time. All go by the home's index, whatever the day. (The other quick reads gain nothing.)

alter function api_day(text, text, text, date) set plan_cache_mode = force_generic_plan;
