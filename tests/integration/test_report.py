# SPDX-License-Identifier: MIT
"""The papers of the district: every figure against SQL that was written apart, under each jurisdiction, and what meetings decided."""
import datetime
import html.parser
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "report"))
import paper as lib  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPANS = [("2026-02-02", "2026-02-15"), ("2026-01-19", "2026-02-01")]
OPEN_TAGS = {"meta", "br", "rect", "line", "polyline"}


@pytest.fixture(scope="module")
def paper():
    made = lib.Paper(seed=3, days=42)
    made.publish_rosters("2026-02-16", 14)
    yield made
    made.close()


def fortnight(paper, *more, user="desk", good=True):
    return paper.curtain("report", "fortnight", "--until", "2026-02-15", *more, *(["--no-roster"] if "csv" in more else []), user=user, good=good)


def test_every_figure_is_that_of_sql_written_apart(paper, capsys):
    count, differences = lib.compared(paper.conninfo, fortnight(paper, "--as", "csv"), SPANS, json.loads(fortnight(paper, "--as", "json", "--no-roster")))
    with capsys.disabled():
        print(f"\n{count} figures compared, {len(differences)} differences")
    assert not differences and count > 1000
    assert len(lib.compared(paper.conninfo, fortnight(paper, "--as", "csv"), SPANS[1:])[1]) > 150  # a paper of other days is noticed
    told = lib.of_csv(fortnight(paper, "--as", "csv"), "now")
    for name in ("elders.enrolled", "devices.alive", "alarms", "incidents.false", "answer.60", "site.2700", "load.pages", "visits.done", "visits.overdue", "findings.open", "services.asked.meals",
                 "services.given"):
        assert told["all", "", name] > 0, name
    assert told["all", "", "elders.enrolled"] == sum(told["estate", kind, "elders.enrolled"] for kind in ("resettlement", "commercial", "work_unit"))


def test_the_paper_of_a_community_worker_is_of_their_community(paper):
    whole, own = lib.of_csv(fortnight(paper, "--as", "csv"), "now"), lib.of_csv(fortnight(paper, "--as", "csv", user="worker-2"), "now")
    assert {key for dim, key, _ in own if dim == "community"} == {"c-2"}
    for (dim, key, name), value in own.items():
        if dim == "community":
            assert value == whole["community", "c-2", name] == own["all", "", name], name
    narrowed = lib.of_csv(fortnight(paper, "--as", "csv", "--community", "c-2"), "now")
    assert narrowed == own
    assert lib.of_csv(fortnight(paper, "--as", "csv", "--community", "c-1", user="worker-2"), "now") == {}
    foreign = json.loads(fortnight(paper, "--as", "json", "--community", "c-1", user="worker-2"))
    assert foreign["cases"] == [] and foreign["load"] == [] and foreign["teams"] == []
    refused = fortnight(paper, user="v-0001", good=False)
    assert refused.returncode == 1 and "jurisdiction" in refused.stderr


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.stack, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in OPEN_TAGS:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag not in OPEN_TAGS:
            assert self.stack.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.text += data


def covered(rosters, teams, begin):
    """Minutes of a day on which somebody of each team is on duty, one by one."""
    at = lambda text: round((datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - begin).total_seconds() / 60)  # noqa: E731
    minutes = [set().union(*(range(max(0, at(d["from"])), min(1440, at(d["until"]))) for d in rosters[team])) for team in teams & set(rosters)]
    return sum(map(len, minutes)), 1440 * len(minutes)


def test_the_page_is_well_formed_and_names_nobody(paper):
    page = fortnight(paper)
    tags = Tags(page)
    assert tags.stack == []
    drawings = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(drawings) >= 8
    for drawing in drawings:
        xml.etree.ElementTree.fromstring(drawing)
    names = [n for n, in paper.sql("select name from (select name from elder union select name from volunteer union select name from contact) names where name <> ''")]
    assert len(names) > 800 and not [n for n in names if n in page]
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    told = json.loads(fortnight(paper, "--as", "json"))
    homes = {case["household"] for case in told["cases"]}
    assert homes and "h-canary" not in homes and all("names" not in case for case in told["cases"])
    assert told["roster"]["teams"] > 60 and len(told["roster"]["days"]) == 14 and told["roster"]["days"][0]["day"] == "2026-02-16"
    teams = {t for t, in paper.sql("select distinct team from household where not canary")}
    assert told["roster"]["teams"] == len(teams) and told["roster"]["rostered"] == len(teams & set(paper.rosters))
    for number, day in enumerate(told["roster"]["days"]):
        assert (day["minutes"], day["whole"]) == covered(paper.rosters, teams, datetime.datetime.fromisoformat("2026-02-16 00:00+08:00") + datetime.timedelta(days=number)), day
    with_names = fortnight(paper, "--names", "--why", "双周会", "--as", "json")
    assert all(case["names"] for case in json.loads(with_names)["cases"])
    assert paper.sql("select who, method, why, detail->>'names' from api_audit order by id desc limit 1") == [("desk", "report", "双周会", "true")]


def test_fortnights_follow_the_configured_day(paper):
    def days(**args):
        result = paper.ask("report", **args)["result"]
        return result["from"], result["until"], result["before"]["from"], result["before"]["until"]
    assert days(until="2026-02-15") == days(until="2026-02-28") == ("2026-02-02", "2026-02-15", "2026-01-19", "2026-02-01")
    assert days(until="2026-03-01")[:2] == ("2026-02-16", "2026-03-01")
    assert days(until="2026-01-03")[:2] == ("2025-12-08", "2025-12-21")  # before the first one too
    assert days(**{"from": "2026-02-01", "until": "2026-02-28"}) == ("2026-02-01", "2026-02-28", "2026-01-04", "2026-01-31")
    assert paper.ask("report", **{"from": "2026-02-03", "until": "2026-02-01"})["error"]["code"] == "invalid"
    assert paper.ask("report", until="2026-02-30")["error"]["code"] == "invalid"
    assert paper.ask("report", community="c-9")["error"]["code"] == "not_found"


def test_the_sheet_of_a_day(paper):
    sheet = json.loads(paper.curtain("report", "daily", "--day", "2026-02-16", "--as", "json"))
    assert [c["id"] for c in sheet["communities"]] == ["c-1", "c-2", "c-3"] and sheet["roster"]["duties"]
    silent = {d["device"] for d in sheet["silent"]}
    wanted = {d for d, in paper.sql("select s.device from device_stay s where s.household <> 'h-canary' and s.\"from\" < '2026-02-16 00:00+08' and not exists "
                                    "(select from reading_day r where r.device = s.device and r.day < '2026-02-16' and r.last >= '2026-02-13 00:00+08')")}
    assert silent == wanted and silent
    night = {i["id"] for i in sheet["incidents"]}
    assert night >= {i for i, in paper.sql("select id from incident where household <> 'h-canary' and opened >= '2026-02-15 18:00+08' and opened < '2026-02-16 08:00+08'")}
    due = {e["id"]: e.get("overdue", False) for e in sheet["visits"] + sheet["tasks"] + sheet["services"]}
    wanted = dict(paper.sql("select id, until <= '2026-02-16 00:00+08' from errand where household <> 'h-canary' and state in ('open', 'agreed') and (kind = 'visit' and \"from\" < '2026-02-17 00:00+08' or kind <> 'visit' and until < '2026-02-17 00:00+08')"))
    assert due == wanted and True in due.values()
    assert sheet["catalogue"]["meals-2"] == "送餐上门"
    page = Tags(paper.curtain("report", "daily", "--day", "2026-02-16"))
    assert all(sheet["catalogue"][e["what"]] + e["what"] in page.text for e in sheet["services"]) and sheet["services"]
    assert page.stack == [] and page.text.count("每日简报") == 4  # title and three communities
    own = json.loads(paper.curtain("report", "daily", "--day", "2026-02-16", "--as", "json", user="worker-3"))
    assert [c["id"] for c in own["communities"]] == ["c-3"] and {d["community"] for d in own["silent"]} == {"c-3"}


def test_every_word_of_the_checklists_has_a_name_in_the_papers():
    lists = yaml.safe_load((ROOT / "deploy/config/checklists.yaml").read_text(encoding="utf-8"))["checklists"]
    words = {w["word"] for one in lists for item in one["items"] for w in item.get("words", []) if w.get("owner")} | {one["name"] for one in lists}
    named = set(re.findall(r'{"([a-z_]+)", "[^"a-z]+", ""}', (ROOT / "tools/curtain/report_words.c").read_text(encoding="utf-8")))
    assert words and words <= named, words - named


def test_decisions_are_kept_by_jurisdiction_and_stand_in_the_papers(paper):
    decide = lambda *a, user="desk", good=True: paper.curtain("report", *a, "--json", user=user, good=good)  # noqa: E731
    for_all = json.loads(decide("decide", "--what", "t-7 夜间补一人", "--owner", "v-0007", "--meeting", "2026-02-02", "--due", "2026-02-10"))["id"]
    own = json.loads(decide("decide", "--what", "<b>=1+1</b>", "--owner", "v-0002", "--meeting", "2026-02-16", user="worker-2"))
    assert own["community"] == "c-2" and own["state"] == "open" and own["made_by"] == "worker-2"
    home = paper.sql("select id from household where community = 'c-1' and not canary order by id limit 1")[0][0]
    of_home = json.loads(decide("decide", "--what", "换门磁", "--owner", "v-0003", "--household", home, "--meeting", "2026-02-16"))
    assert of_home["community"] == "c-1"
    seen = {d["id"] for d in json.loads(decide("decisions", user="worker-2"))["items"]}
    assert seen == {for_all, own["id"]}
    assert decide("decision", "--id", str(for_all), "--state", "done", user="worker-2", good=False).returncode == 1  # known to all, the district's to change
    assert decide("decide", "--what", "x", "--owner", "v-1", "--community", "c-1", user="worker-2", good=False).returncode == 1
    assert decide("decision", "--id", str(for_all), "--state", "gone", good=False).returncode == 1
    done = json.loads(decide("decision", "--id", str(for_all), "--state", "done", "--note", "已补"))
    assert done["state"] == "done" and done["closed"] and json.loads(decide("decision", "--id", str(for_all), "--state", "open")).get("closed") is None
    assert "进行中 open" in paper.curtain("report", "decisions")
    assert paper.sql("select method, who, household, detail->>'state' from api_audit where method in ('decide', 'decision') order by id") == [
        ("decide", "desk", "", None), ("decide", "worker-2", "", None), ("decide", "desk", home, None), ("decision", "desk", "", "done"), ("decision", "desk", "", "open")]
    told = json.loads(fortnight(paper, "--as", "json", user="worker-2"))["decisions"]
    assert [d["id"] for d in told["former"]] == [for_all] and [d["id"] for d in told["new"]] == [own["id"]]
    page = fortnight(paper)
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in page and "<b>=1+1" not in page
    assert for_all in {d["id"] for d in json.loads(paper.curtain("report", "daily", "--day", "2026-02-16", "--as", "json"))["decisions"]}
    assert paper.sql("select count(*) from change where relation = 'decision'") == [(5,)]
    assert paper.sql("select count(*) from change where relation = 'decision' and household = %r" % home) == [(1,)]


def test_an_erased_home_stays_in_the_figures_and_its_decisions_go(paper):
    home = paper.sql("select household from decision where household is not null")[0][0]
    before = lib.of_csv(fortnight(paper, "--as", "csv"), "now")
    paper.sql(f"update incident set household = '{home}' where id = (select id from incident where community = 'c-1' and household <> 'h-canary' and opened between '2026-02-03' and '2026-02-15' limit 1)")
    for elder, in paper.sql(f"select id from elder where household = '{home}'"):
        assert paper.ask("erase", elder=elder, confirm=elder, reason="试验")["ok"]
    assert paper.sql("select count(*) from decision where household is not null") == [(0,)]
    assert paper.sql(f"select count(*) from change where household = '{home}'") == [(0,)]
    after = lib.of_csv(fortnight(paper, "--as", "csv"), "now")
    for name in ("incidents", "answer.asked", "alarms", "incidents.judged"):
        assert after["all", "", name] == before["all", "", name], name
    assert not lib.compared(paper.conninfo, fortnight(paper, "--as", "csv"), SPANS[:1])[1]


def test_without_a_dispatcher_the_paper_says_so(paper):
    paper.client.unsubscribe("curtain/api/+/dispatcher/duties")
    done = fortnight(paper, "--timeout", "1", good=False)
    assert done.returncode == 0 and "no rosters" in done.stderr and "没有排班数据" in done.stdout
