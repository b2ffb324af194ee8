#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints what the demo left in the database and adds it to its JSON: totals.sh SYSTEM-DIR STORY.json
# Waits until records has taken every batch that the services hold for it (their outboxes are empty).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
conninfo=$("$here/../postgres.sh" conninfo "$1/pg")
ask() { psql -X -A -t -v ON_ERROR_STOP=1 -c "$1" "$conninfo"; }
incidents=$(/usr/bin/python3 -c 'import json, sys; print(sum(len(i["events"]) for i in json.load(open(sys.argv[1]))["incidents"]))' "$2")
deadline=$((SECONDS + 30)) last=-1 count=0
until [ "$(ask "select count(*) from incident_event")" -ge "$incidents" ] && count=$(ask "select count(*) from reading") && [ "$count" = "$last" ]; do
	last=$count
	[ "$SECONDS" -lt "$deadline" ] || { echo "totals.sh: records does not catch up" >&2; exit 1; }
	sleep 0.3 # a look at another process's database; two equal looks mean that nothing is on its way any more
done
ask "select format('  %-28s %6s', 'readings', count(*)) from reading
	union all select format('  %-28s %6s', 'households heard of', count(distinct household)) from reading
	union all select format('  %-28s %6s', 'alerts', count(distinct id)) from alert
	union all select format('  %-28s %6s', 'incidents', count(*)) from incident
	union all select format('  %-28s %6s', 'steps of incidents', count(*)) from incident_event"
totals=$(ask "select json_build_object('readings', (select count(*) from reading), 'households', (select count(distinct household) from reading),
	'incidents', (select count(*) from incident), 'incident_events', (select count(*) from incident_event))")
/usr/bin/python3 - "$2" "$totals" <<'PY'
import json, sys
story = json.load(open(sys.argv[1], encoding="utf-8"))
story["stored"] = json.loads(sys.argv[2])
json.dump(story, open(sys.argv[1], "w", encoding="utf-8"), ensure_ascii=False, indent=1)
PY
