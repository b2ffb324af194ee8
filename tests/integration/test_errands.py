# SPDX-License-Identifier: MIT
"""Visits, tasks and services in the registry: what the dispatcher gets to plan them by, what is kept of them and who sees it, and the figures against a script of their own."""
import collections
import datetime
import json
import pathlib
import random
import subprocess
import xml.etree.ElementTree

import pytest

from test_records import RECORDS, Rig, directory

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 3, 1, tzinfo=UTC)
LEDGER = """
communities: [{id: c-1}, {id: c-2}]
estates: [{id: es-1, community: c-1, kind: commercial, latitude: 0.01, longitude: 0.02}]
buildings: [{id: b-1, estate: es-1}]
teams: [{id: t-1, community: c-1}, {id: t-2, community: c-2}]
volunteers:
  - {id: v-1, team: t-1, gender: female, languages: [示例话], interests: [象棋], visits_a_week: 3, parts: [morning], verified: 2026-01-01, latitude: 0.5, longitude: -1.25}
  - {id: v-2, team: t-2}
accounts: [{name: worker, level: community, community: c-1}]
households:
  - {id: h-1, community: c-1, team: t-1, building: b-1}
  - {id: h-2, community: c-2, team: t-2}
  - {id: h-3, community: c-1, team: t-1}
elders:
  - {id: e-1, household: h-1, birth_date: 1930-01-01, language: "示例话、普通话", interests: [戏曲, 象棋]}
  - {id: e-2, household: h-1, birth_date: 1950-01-01, interests: [象棋]}
  - {id: e-3, household: h-3, birth_date: 1950-01-01}
tag_kinds: [{id: over-90, rule: age >= 90}, {id: lives-alone}]
cares: [{household: h-1, wanted: v-1, unwanted: [v-2], gender_wanted: female, visits_every_days: 7}]
services: [{id: meals-2, help: meals, name: 送餐上门, name_en: meal, lead_days: 1}, {id: care-3, help: care, teams: true}]
providers: [{id: p-1, services: [meals-2]}, {id: p-2, services: [meals-2, care-3]}]
consents: [{household: h-3, quantities: [sos]}]
"""


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    made = Rig()
    key = tmp_path_factory.mktemp("key") / "seal"
    key.write_text("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", encoding="ascii")
    key.chmod(0o600)
    made.start(extra=[f"seal.key_file={key}", "keep.every=300ms", "directory.poll=200ms"])
    made.ready()
    made.client.subscribe([(f"curtain/api/{user}/response/#", 1) for user in ("worker", "v-1", "v-2")])
    assert made.ask("import", text=LEDGER)["ok"]
    yield made
    made.close()


class Entries:
    """What the dispatcher has of the directory."""

    def __init__(self, rig):
        self.rig, self.epoch, self.position, self.held = rig, 1, 0, {}

    def until(self, condition):
        if not condition(self.held):
            self.epoch, self.position, new = directory(self.rig, "dispatcher", "dispatcher", self.epoch, self.position, lambda e: condition({**self.held, **e}))
            self.held.update(new)
        return self.held


def words(entry):
    return {k: v for k, v in entry.items() if k not in ("kind", "key", "seq")}


def test_what_visits_go_by_reaches_the_dispatcher_and_follows_every_change(rig):
    entries = Entries(rig)
    held = entries.until(lambda e: "over-90" in e.get(("care", "h-1"), {}).get("tags", []))  # the rule's tag: within one look of the upkeep
    assert words(held["care", "h-1"]) == {"languages": sorted(["示例话", "普通话"]), "interests": sorted(["戏曲", "象棋"]), "tags": ["over-90"], "wanted": "v-1", "unwanted": ["v-2"],
                                          "sex": "woman", "visits_every_days": 7, "latitude": 0.01, "longitude": 0.02}
    assert ("care", "h-2") not in held and ("care", "h-3") not in held and ("companion", "v-2") not in held  # there is nothing to say of them
    assert words(held["companion", "v-1"]) == {"languages": ["示例话"], "interests": ["象棋"], "sex": "woman", "latitude": 0.5, "longitude": -1.25, "visits_a_week": 3, "parts": ["morning"],
                                               "verified": True}
    assert words(held["service", "meals-2"]) == {"help": "meals", "name_zh": "送餐上门", "name_en": "meal", "providers": ["p-1", "p-2"], "lead_days": 1, "teams": False}
    assert words(held["service", "care-3"]) == {"help": "nursing", "providers": ["p-2"], "lead_days": 0, "teams": True}
    assert not [k for k in held if k[0] in ("care", "companion", "service") and held[k].get("deleted")]

    def put(text, condition):
        done = rig.ask("import", text=text)
        assert done["ok"], done
        return entries.until(condition)
    put("tags: [{id: g-1, elder: e-3, kind: lives-alone}]", lambda e: words(e.get(("care", "h-3"), {})) == {"tags": ["lives-alone"]})
    put("tags: [{id: g-1, elder: e-3, kind: lives-alone, from: 2099-01-01}]", lambda e: e["care", "h-3"].get("deleted"))  # not yet
    put("estates: [{id: es-1, community: c-1, kind: commercial}]", lambda e: "latitude" not in e["care", "h-1"])
    put("households: [{id: h-3, community: c-1, team: t-1, latitude: 1, longitude: 2}]", lambda e: words(e["care", "h-3"]) == {"latitude": 1, "longitude": 2})
    put("providers: [{id: p-1, services: [care-3]}]", lambda e: e["service", "meals-2"]["providers"] == ["p-2"] and e["service", "care-3"]["providers"] == ["p-1", "p-2"])
    put("volunteers: [{id: v-2, team: t-2, visits_a_week: 1}]", lambda e: words(e.get(("companion", "v-2"), {})) == {"visits_a_week": 1, "parts": ["morning", "afternoon", "evening"], "verified": False})
    put("elders: [{id: e-2, household: h-3, birth_date: 1950-01-01, interests: [园艺]}]", lambda e: e["care", "h-1"]["interests"] == sorted(["戏曲", "象棋"]) and e["care", "h-3"].get("interests") == ["园艺"])
    merged = rig.ask("merge", keep="e-1", gone="e-2")["result"]["merging"]
    entries.until(lambda e: "interests" not in e["care", "h-3"])
    rig.ask("unmerge", merging=merged)
    entries.until(lambda e: e["care", "h-3"].get("interests") == ["园艺"])
    # by the calendar alone: the tag was over yesterday, and nobody wrote a row
    rig.sql("set session_replication_role = replica; insert into tag (id, elder, kind, \"from\", until) values ('g-2', 'e-3', 'lives-alone', current_date - 3, current_date + 1)")
    entries.until(lambda e: e["care", "h-3"].get("tags") == ["lives-alone"])
    rig.sql("set session_replication_role = replica; update tag set until = current_date - 2 where id = 'g-2'")
    entries.until(lambda e: "tags" not in e["care", "h-3"])
    assert rig.ask("withdraw", household="h-3")["ok"]  # what was told of the home is no longer told
    entries.until(lambda e: e["care", "h-3"].get("deleted"))


def test_what_does_not_fit_is_told_with_its_place(rig):
    def refused(text):
        done = rig.ask("import", text=text)
        assert not done["ok"], done
        return done["error"]["text"]
    assert "latitude and longitude stand together" in refused("buildings: [{id: b-1, estate: es-1, latitude: 1}]")
    assert "degrees" in refused("buildings: [{id: b-1, estate: es-1, latitude: 91, longitude: 0}]")
    assert "degrees" in refused("buildings: [{id: b-1, estate: es-1, latitude: nan, longitude: 0}]")
    assert "at most 8" in refused("elders: [{id: e-1, household: h-1, interests: [a, b, c, d, e, f, g, h, i]}]")
    assert "longer than 31 bytes" in refused("volunteers: [{id: v-1, team: t-1, languages: [这是一门名字特别特别长的语言]}]")
    assert "must be ids" in refused("cares: [{household: h-1, unwanted: [示例甲]}]")
    assert "longer than 31 bytes" in refused("tag_kinds: [{id: a-tag-with-a-name-that-is-too-long-for-it}]")
    told = rig.ask("import", kind="tag_kinds", format="csv", text="id,name\nshort,x\na-tag-with-a-name-that-is-too-long-for-it,y\n", report=True)["result"]["faults"]
    assert [(f["line"], f["column"], f["key"], f["field"]) for f in told] == [(3, 1, "a-tag-with-a-name-that-is-too-long-for-it", "id")] and "shorten it" in told[0]["text"], told
    rig.sql("alter table tag_kind disable trigger visit_check; insert into tag_kind values ('a-tag-of-before-that-is-too-long-for-it'); alter table tag_kind enable trigger visit_check")
    assert rig.ask("import", text="tag_kinds: [{id: a-tag-of-before-that-is-too-long-for-it, name: x}]")["ok"]  # what is there already stays of use
    assert 'names households "h-9"' in refused("cares: [{household: h-9}]") or "which is not in the registry" in refused("cares: [{household: h-9}]")


# ---- errands ----

def wire(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Lane:
    def __init__(self, rig):
        self.rig, self.seq, self.epoch = rig, 0, 4242

    def give(self, *items, at=START):
        self.seq += 1
        body = {"lane": "visit", "producer": "dispatcher-1", "epoch": self.epoch, "shard": 0, "prev": self.seq - 1, "seq": self.seq, "at": wire(at), "items": list(items)}
        self.rig.client.publish("curtain/lane/visit/dispatcher-1/0", json.dumps(body), qos=1)
        self.rig.acked("visit", "dispatcher-1", self.seq, epoch=self.epoch, shard=0)


@pytest.fixture(scope="module")
def lane(rig):
    return Lane(rig)


def life(errand, household, kind, what, opened, window, steps, **more):
    """The snapshots of one errand: steps are (event, state, at, more)."""
    base = {"id": errand, "household": household, "community": "c-2" if household == "h-2" else "c-1", "team": "t-2" if household == "h-2" else "t-1", "kind": kind, "what": what, "opened": wire(opened),
            "from": wire(window[0]), "until": wire(window[1]), "reason_zh": "每7天一次", "reason_en": "every 7 days", **more}
    snapshots = []
    for revision, (event, state, at, extra) in enumerate([("opened", "open", opened, {}), *steps], 1):
        base.update(extra)
        snapshots.append({**base, "revision": revision, "event": event, "state": state, "at": wire(at)})
    return snapshots


HOUR = datetime.timedelta(hours=1)
SECRET = "胸闷三天"


def test_a_visit_is_kept_with_its_events_and_what_was_said_is_sealed(rig, lane):
    done = life("r-1", "h-1", "visit", "three_three", START, (START + 8 * HOUR, START + 10 * HOUR), [
        ("agreed", "agreed", START + HOUR, {"assignee": "v-1", "actor": "v-1"}),
        ("done", "done", START + 9 * HOUR, {"version": 2, "seen": wire(START + 9 * HOUR), "note": SECRET, "answers": [{"item": "health", "answer": "finding", "word": "chest_pain"}]})])
    lane.give(*done)
    lane.give(*life("r-2", "h-1", "task", "hose_old", START + 9 * HOUR, (START + 9 * HOUR, START + 48 * HOUR), [("climbed", "open", START + 49 * HOUR, {"climb": 1})], origin="r-1"),
              *life("r-3", "h-2", "service", "meals-2", START, (START, START + HOUR), [("refused", "refused", START + HOUR, {"note": "今天不想吃"})]))
    assert rig.sql("select revision, state, assignee, seen = '2026-03-01 09:00Z', note like 's1:%', answers like 's1:%' from errand where id = 'r-1'") == [(3, "done", "v-1", True, True, True)]
    assert rig.sql("select array_agg(event order by revision) from errand_event where errand = 'r-1'") == [(["opened", "agreed", "done"],)]
    assert rig.sql(f"select (select count(*) from errand e where e::text like '%{SECRET}%' or e::text like '%chest_pain%') + (select count(*) from errand_event e where e::text like '%{SECRET}%')") == [(0,)]
    shown = rig.ask("errand", errand="r-1", why="核对")["result"]
    assert shown["known"] and shown["note"] == SECRET and shown["answers"] == done[2]["answers"] and [e["event"] for e in shown["events"]] == ["opened", "agreed", "done"]
    assert {k: shown[k] for k in ("household", "kind", "what", "version", "assignee", "from", "seen")} == {k: done[2][k] for k in ("household", "kind", "what", "version", "assignee", "from", "seen")}
    assert rig.sql("select who, method, household, why, detail from api_audit order by id desc limit 1") == [("desk", "errand", "h-1", "核对", {"errand": "r-1"})]
    assert rig.ask("errand", errand="r-9")["result"] == {"known": False}
    lane.give(done[1])  # an older snapshot changes nothing
    assert rig.sql("select revision from errand where id = 'r-1'") == [(3,)]
    ids = lambda **args: [i["id"] for i in rig.ask("errands", **args)["result"]["items"]]  # noqa: E731
    assert set(ids()) == {"r-1", "r-2", "r-3"} and ids(household="h-2") == ["r-3"] and set(ids(community="c-1")) == {"r-1", "r-2"}
    assert ids(kind="task") == ["r-2"] and ids(state="refused") == ["r-3"] and ids(overdue=True) == ["r-2"] and ids(overdue=True, kind="visit") == []
    first = rig.ask("errands", limit=2)["result"]
    assert first["more"] and [i["id"] for i in rig.ask("errands", limit=2, after=first["last"])["result"]["items"]] == list({"r-1", "r-2", "r-3"} - {i["id"] for i in first["items"]})
    assert rig.ask("errands", kind="cat")["error"]["code"] == rig.ask("errands", state="x")["error"]["code"] == rig.ask("errands", after="r-9")["error"]["code"] == "invalid"
    # by jurisdiction
    ask = lambda user, method, **args: rig.ask(method, user=user, answer_to=user, **args)["result"]  # noqa: E731
    assert {i["id"] for i in ask("worker", "errands")["items"]} == {"r-1", "r-2"} and ask("worker", "errand", errand="r-3") == {"known": False}
    assert [i["id"] for i in ask("v-1", "errands")["items"]] == ["r-1"] and ask("v-2", "errands")["items"] == []


def test_a_volunteer_sees_the_home_from_the_day_before_what_he_agreed_to_do_until_the_day_after(rig, lane):
    now = datetime.datetime.now(UTC)
    for n, (begin, state) in enumerate([(-HOUR, "agreed"), (30 * HOUR, "agreed"), (-HOUR, "done"), (-26 * HOUR, "agreed")]):
        lane.give(*life(f"r-see-{n}", ("h-1", "h-3", "h-2", "h-3")[n], "visit", "chat", now - 48 * HOUR, (now + begin, now + begin + HOUR), [("agreed", "agreed", now - 24 * HOUR, {"assignee": "v-2"}),
                  *([("done", "done", now, {})] if state == "done" else [])]))
    assert rig.sql("set role curtain_service; set curtain.\"user\" = 'v-2'; select array_agg(id order by id) from household") == [(["h-1"],)]
    lane.give(*life("r-see-0", "h-1", "visit", "chat", now - 48 * HOUR, (now - HOUR, now), [("agreed", "agreed", now - 24 * HOUR, {"assignee": "v-2"}), ("done", "done", now, {})]))
    assert rig.sql("set role curtain_service; set curtain.\"user\" = 'v-2'; select count(*) from household") == [(0,)]


def test_the_timeline_has_visits_beside_what_was_measured_and_raised(rig):
    items = [i for i in rig.ask("timeline", household="h-1")["result"]["items"] if i["what"] == "errand"]
    by_id = {i["id"]: i for i in items}
    assert by_id["r-1"]["subject"] == "three_three" and by_id["r-2"]["overdue"] and "answers" not in by_id["r-1"] and "note" not in by_id["r-1"]
    day = rig.ask("timeline", household="h-1", day="2026-03-01")["result"]
    assert [e["id"] for e in day["errands"]] == ["r-1", "r-2"]
    shown = subprocess.run([str(RECORDS.parent / "curtain"), "timeline", "h-1", "--port", str(rig.port), "--user", "desk"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "three_three" in shown and "hose_old" in shown, shown
    sheet = pathlib.Path(rig.folder, "h-1.svg")
    subprocess.run([str(RECORDS.parent / "curtain"), "timeline", "h-1", "--svg", str(sheet), "--port", str(rig.port), "--user", "desk"], timeout=30, check=True)
    titles = [t.text for t in xml.etree.ElementTree.parse(sheet).iter("{http://www.w3.org/2000/svg}title")]
    assert titles and all("visit" in t or "task" in t for t in titles), titles


def test_the_figures_of_visits_are_those_of_a_script_that_shares_nothing_with_them(rig, lane):
    dice, until = random.Random(7), START + 40 * 24 * HOUR
    since = START + 10 * 24 * HOUR
    told, visits, tasks, services = [], collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
    for n in range(300):
        kind, opened = dice.choice(["visit", "task", "service"]), START + dice.randrange(38 * 24) * HOUR
        window = (opened + dice.randrange(1, 72) * HOUR, opened + dice.randrange(73, 120) * HOUR)
        end = dice.choice(["done", "confirmed", "refused", "missed", "cancelled", "", ""])
        at = opened + dice.randrange(2, 150) * HOUR
        what, help_ = dice.choice([("meals-2", "meals"), ("care-3", "care")]) if kind == "service" else ("chat", "")
        steps = [("agreed", "agreed", opened + HOUR, {"assignee": "v-1"})]
        if end == "confirmed":
            steps.append(("done", "done", at, {}))
        if end:
            steps.append((end, end, at, {"note": "示例"} if end == "refused" else {}))
        told += life(f"k-{n}", "h-2", kind, what, opened, window, steps)
        over = end if end and at < until else ""  # what happens later is not known at the end of the period
        if kind == "visit" and since <= window[1] < until and over != "cancelled":
            visits["due"] += 1
            visits[{"confirmed": "done", "": "open"}.get(over, over)] += 1
        if kind == "task":
            tasks["opened"] += opened >= since
            tasks["done"] += over in ("done", "confirmed") and at >= since
            ended = over in ("done", "confirmed", "refused", "cancelled")
            tasks["open"] += not ended
            tasks["overdue"] += not ended and window[1] < until
        if kind == "service" and opened >= since and over != "cancelled":
            services[help_].update({"asked": 1, "done": over in ("done", "confirmed"), "confirmed": over == "confirmed", "refused": over == "refused", "missed": over == "missed"})
    for first in range(0, len(told), 200):
        lane.give(*told[first:first + 200], at=until)
    rig.sql("delete from errand_event where errand like 'r-%'; delete from errand where id like 'r-%'")
    figures = rig.ask("kpi", **{"from": wire(since), "to": wire(until)})["result"]
    assert figures["visits"] == {k: visits[k] for k in ("due", "done", "missed", "refused", "open")} and visits["due"] > 40, (figures["visits"], visits)
    assert figures["tasks"] == {k: tasks[k] for k in ("opened", "done", "open", "overdue")}, (figures["tasks"], tasks)
    assert {s.pop("help"): s for s in figures["services"]} == {k: dict(v) for k, v in services.items()}
    shown = subprocess.run([str(RECORDS.parent / "curtain"), "kpi", "--from", "2026-03-11", "--to", "2026-04-09", "--zone", "UTC", "--port", str(rig.port), "--user", "desk"], capture_output=True, text=True, timeout=30, check=True)
    assert f"{visits['done']}/{visits['due']}" in shown.stdout and "care" in shown.stdout, shown.stdout


def test_what_was_said_goes_with_its_time_and_with_the_elder(rig, lane):
    lane.give(*life("r-old", "h-1", "visit", "chat", START, (START, START + HOUR), [("done", "done", START + HOUR, {"note": SECRET, "answers": [{"item": "a", "answer": "ok"}]})]), at=until_day(200))
    assert rig.sql("select note <> '', answers <> '' from errand where id = 'r-old'") == [(True, True)]
    copy = rig.ask("elder_export", elder="e-1")["result"]
    assert copy["care"]["wanted"] == "v-1" and [e["note"] for e in copy["errands"] if e["id"] == "r-old"] == [SECRET] and copy["errands"][0]["events"]
    assert rig.sql("select errand_upkeep('199 days')")[0][0] >= 1
    assert rig.sql("select note, answers, (select count(*) from errand_event where errand = 'r-old' and note <> '') from errand where id = 'r-old'") == [("", "", 0)]
    before = rig.sql("select kind, state, count(*) from errand group by 1, 2 order by 1, 2")
    lane.give(*life("r-new", "h-1", "visit", "chat", START, (START, START + HOUR), [("done", "done", START + HOUR, {"note": SECRET, "assignee": "v-1"})]), at=until_day(200))
    rig.ask("import", text="elders: [{id: e-2, household: h-3}]")
    assert rig.ask("erase", elder="e-1", confirm="e-1", reason="本人申请")["ok"]
    assert rig.sql("select count(*) from errand e where e::text like '%h-1%' or (note <> '' and household <> 'h-2')") == [(0,)] and rig.sql("select count(*) from home_care where household = 'h-1'") == [(0,)]
    assert rig.sql("select household like 'erased-%', reason_zh, assignee from errand where id = 'r-new'") == [(True, "", "v-1")]
    before = dict(((k, s), n) for k, s, n in before)
    before["visit", "done"] += 1
    assert dict(((k, s), n) for k, s, n in rig.sql("select kind, state, count(*) from errand group by 1, 2")) == before
    lane.give(*life("r-late", "h-1", "visit", "chat", START, (START, START + HOUR), []), at=until_day(200))  # what an outbox still held
    rig.sql("select count(*) from erasure_again()")
    assert rig.sql("select count(*) from errand where household = 'h-1'") == [(0,)]


def until_day(n):
    return START + n * 24 * HOUR
