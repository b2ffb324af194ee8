# SPDX-License-Identifier: MIT
"""Each migration on data of the version before: nothing is lost, hours and days come out right, and records goes on where it stood."""
import json

import pytest

from test_records import MIGRATIONS, ROOT
from test_store import reading, rig, right  # noqa: F401 (rig is a fixture)

SCRIPTS = sorted((ROOT / "schemas/sql").glob("[0-9]*.sql"))

# What a database may hold at the version, as statements; {n} is made unique by the caller.
CONTENT = {
    1: """insert into community values ('c-1', 'x'); insert into policy values ('p-1', 60, 120, 600, 1200, false); insert into team values ('t-1', 'c-1');
          insert into volunteer values ('v-1', 't-1', '某某', '1000', true, true, false, 127, 1); insert into household values ('h-1', 'c-1', 't-1', 'p-1', 1, false, 'x');
          insert into elder values ('e-1', 'h-1', '某某', 1940, ''); insert into consent values ('h-1', '{water_total}'); insert into device values ('d-1', 'h-1', 'kitchen');
          insert into directory_entry values ('household', 'h-1', 1, false, '{}'); update directory_state set seq = 1;
          insert into api_audit (who, method, household) values ('desk', 'timeline', 'h-1')""",
    2: """select reading_month('2026-02-01'), reading_month('2026-03-01');
          insert into reading (device, channel, quantity, value, delta, since, at, received, household, retained, late, text)
          select 'd-' || h, '', q, n, case when q = 'water_total' then 1 end, case when q = 'water_total' then at - interval '7 min' end, at, at, 'h-' || h, n % 50 = 7, false, ''
          from generate_series(1, 5) h, unnest(array['water_total', 'temperature']) q, generate_series(0, 999) n, lateral (select timestamptz '2026-02-26' + n * interval '7 min' as at) t;
          insert into reading values ('d-old', '', 'temperature', 1, null, null, '1999-05-01', now(), 'h-1', false, false, '');
          insert into lane_position values ('reading', 'ingest-1', 0, 5, 77, '2026-03-02'), ('alert', 'ingest-1', 3, 5, 8, '2026-03-02');
          insert into alert values ('a-1', 1, 'h-1', 'sos', 'life', 'raised', 'device', '2026-03-01', '2026-03-01', 'x', 'x', '{}');
          insert into alert_event values ('a-1', 1, 'raised', '2026-03-01', '{}');
          insert into incident values ('i-1', 1, 'h-1', 'c-1', 't-1', 'sos', 'life', 'raised', '', '', '2026-03-01', '2026-03-01', 'x', 'x', '{}');
          insert into incident_event values ('i-1', 1, 'raised', 'raised', '', '2026-03-01', '{}')""",
    6: "insert into api_audit (who, method, household, why) values ('desk', 'day', 'h-1', 'x')",
    7: "set curtain.\"user\" = 'desk'; update household set address = 'y'; update elder set phone = '1'; delete from consent",
    8: "insert into account (name, level, community) values ('worker', 'community', 'c-1'); insert into elder (id, household) select 'e-' || n, 'h-1' from generate_series(2, 9) n",
    9: "insert into appointment (id, household, sign, \"by\") values ('a-1', 'h-1', 'call', '18:00')",
    13: "insert into contact (id, elder) values ('k-1', 'e-9'); select elder_merge('e-8', 'e-9'), elder_merge('e-7', 'e-8')",  # mergings that stand
}


def contents(rig):  # noqa: F811
    """Table -> number of rows, of all that hold something of ours; a partitioned table as one."""
    tables = [t for t, in rig.sql("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'schema_version'")]
    return {t: rig.sql(f'select count(*) from "{t}"')[0][0] for t in tables}


@pytest.mark.parametrize("version", range(1, MIGRATIONS))
def test_a_database_of_each_former_version_is_brought_up_with_all_its_data(rig, version):  # noqa: F811
    rig.of("curtain/ack/reading/ingest-1/0/records").queue.clear()
    rig.sql("drop schema public cascade; create schema public")
    rig.sql("create table schema_version (version integer primary key, name text not null, applied timestamptz not null default now())")
    for number, script in enumerate(SCRIPTS[:version], 1):
        rig.sql(script.read_text(encoding="utf-8"))
        rig.sql(f"insert into schema_version (version, name) values ({number}, '{script.stem}')")
        if number in CONTENT:
            rig.sql(CONTENT[number])
    before = contents(rig)
    if version >= 2:
        assert before["reading"] == 10001
    rig.start()
    rig.ready()
    after = contents(rig)
    extra = {"policy": 1, "directory_entry": 1} if version < 3 else {}  # the policy that migration 3 brings
    made = ("reading_zone", "reading_hour", "reading_day", "ledger_kind")  # by migrations
    assert {t: after[t] - extra.get(t, 0) for t in before if t not in made} == {t: n for t, n in before.items() if t not in made}
    assert rig.ask("audit_verify")["result"]["faults"] == []
    right(rig)
    if version >= 2:
        # (the one of 1999 may be gone from them already: its day is older than days are kept)
        assert rig.sql("select sum(readings) from reading_day where day >= '2000-01-01'") == rig.sql("select count(*) from reading where not retained and at >= '2000-01-01'")
        # and it goes on where it stood, with the same readings told from new ones
        item = reading("2026-02-26T00:07:00.000Z", 1.0, household="h-1", device="d-1")
        body = {"lane": "reading", "producer": "ingest-1", "epoch": 5, "shard": 0, "prev": 77, "seq": 78, "at": "2026-03-02T00:00:00.000Z", "items": [item]}
        rig.client.publish("curtain/lane/reading/ingest-1/0", json.dumps(body), qos=1)
        rig.acked("reading", "ingest-1", 78)
        assert contents(rig)["reading"] == before["reading"]
        assert rig.ask("timeline", household="h-1", limit=5)["result"]["items"][0]["what"] in ("day", "incident", "alert")
    if version >= 13:  # what was merged then is taken apart now
        assert [rig.ask("unmerge", merging=number)["ok"] for number in (2, 1)] == [True, True] and rig.sql("select elder from contact where id = 'k-1'") == [("e-9",)]
        assert rig.sql("select count(*), count(interests) from elder where id in ('e-7', 'e-8', 'e-9')") == [(3, 3)]
    assert rig.stop() == 0
