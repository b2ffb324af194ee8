# SPDX-License-Identifier: MIT
"""The HTTP edge against a whole system: every endpoint of the document, who may come in, what is refused, intake with a receipt."""
import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import paho.mqtt.client as mqtt
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from lib.broker import PATIENCE_S  # noqa: E402
from lib.district import System  # noqa: E402

LEDGER = """
communities: [{id: c-1, name: 示例社区}]
teams:       [{id: t-1, community: c-1, captain: v-1, desk: desk, number: "10000"}]
volunteers:  [{id: v-1, team: t-1, phone: "10001", day: true, night: true, order: 1}, {id: v-3, team: t-1, phone: "10002", day: false, night: false, order: 2}]
accounts:    [{name: desk, level: district}]
households:  [{id: h-1, community: c-1, team: t-1, persons: 1}]
consents:    [{household: h-1, quantities: [water_total, contact, battery, sos]}]
devices:     [{id: door-7, household: h-1, place: front_door}]
"""


class Edge:
    def __init__(self, system):
        self.system = system
        self.host, self.port = urllib.parse.urlsplit(system.environment["CURTAIN_URL"]).netloc.split(":")
        self.token = pathlib.Path(system.environment["CURTAIN_TOKEN_FILE"]).read_text(encoding="utf-8")
        self.tokens = pathlib.Path(system.folder) / "access/tokens"

    def ask(self, path, verb="GET", body=None, token=None, **headers):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=30)
        token = self.token if token is None else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(verb, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def get(self, path, status=200, **rest):
        answer, text = self.ask(path, **rest)
        assert status in (None, answer.status), text
        return json.loads(text) if text else None

    def new_token(self, account, scopes, rate=1000):
        """A further token in the file; in force when this returns."""
        token = secrets.token_urlsafe(32)
        with self.tokens.open("a", encoding="utf-8") as file:
            file.write(f"t-{secrets.token_hex(4)} {hashlib.sha256(token.encode()).hexdigest()} {account} {scopes} never {rate}\n")
        self.system.local("reload", "gateway")
        self.until(lambda: self.ask("/v1/incidents", token=token)[0].status != 401)
        return token

    def ready(self):
        try:
            return self.ask("/readyz", token="")[0].status == 200
        except OSError:
            return False

    def until(self, condition, limit_s=PATIENCE_S):
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)  # a poll of another process; nothing announces it


@pytest.fixture(scope="module", name="edge")
def opened():
    with tempfile.TemporaryDirectory(prefix="gateway.") as folder:
        pathlib.Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        key = pathlib.Path(folder) / "links.key"
        key.write_text("0123456789abcdef0123456789abcdef\n", encoding="utf-8")
        key.chmod(0o600)
        (pathlib.Path(folder) / "backup.stamp").write_text(time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime(time.time() - 3600)), encoding="utf-8")
        with System(folder, "--gateway", env={"CURTAIN_SET_DISPATCHER": f"links.base_url=http://127.0.0.1 links.secret_file={key}", "CURTAIN_BIN": str(ROOT / "build/dev/bin"), "CURTAIN_SET_GATEWAY": f"intake.topics=[zigbee2mqtt/#] http.idle=2s http.answer_within=3s watch.broker_certificate_file={folder}/none.crt",
                                                 "CURTAIN_SET_RECORDS": f"backup.stamp_file={folder}/backup.stamp"}) as system:
            ledger = pathlib.Path(folder) / "ledger.yaml"
            ledger.write_text(LEDGER, encoding="utf-8")
            system.curtain("status", "--wait", "20")
            system.curtain("import", str(ledger))
            edge = Edge(system)
            for path in ("/v1/households/h-1/habit", "/v1/teams/t-1/duties"):  # the detector and the dispatcher have heard of it
                edge.until(lambda path=path: edge.ask(path)[0].status == 200)
            yield edge


def test_the_process_and_the_services_are_well(edge):
    assert edge.get("/healthz", token="") == {"ok": True}
    assert edge.get("/readyz", token="") == {"broker": True, "services": {"ingest": True, "detector": True, "dispatcher": True, "records": True}}


def test_the_methods_of_the_services_answer(edge):
    assert edge.get("/v1/incidents") == {"items": []}
    assert edge.get("/v1/households/h-1/habit")["household"] == "h-1"
    assert edge.get("/v1/households/h-1/timeline?limit=5&why=test")["household"] == "h-1"
    assert edge.get("/v1/households/h-1/readings")["items"] == []
    assert edge.get("/v1/dead-letters?limit=3")["items"] == []
    assert edge.get("/v1/audit/verify")
    assert edge.get("/v1/modes")
    changes = edge.get("/v1/changes?household=h-1")
    assert changes["items"]


def test_errors_are_problem_details_with_a_code_and_a_mend(edge):
    def problem(path, status, code, **rest):
        answer, text = edge.ask(path, **rest)
        found = json.loads(text)
        assert (answer.status, found["status"], found["code"]) == (status, status, code), text
        assert answer.getheader("Content-Type") == "application/problem+json" and found["detail"]
        return answer, found

    problem("/v1/nothing", 404, "not_found")
    answer, _ = problem("/v1/incidents", 405, "method_not_allowed", verb="DELETE")
    assert answer.getheader("Allow") == "GET"
    problem("/v1/households/h-1/timeline?limit=0", 400, "invalid")
    problem("/v1/households/h-1/timeline?limit=1&limit=2", 400, "invalid")
    problem("/v1/households/h-1/timeline?colour=blue", 400, "invalid")
    problem("/v1/households/h%2F1/habit", 404, "not_found")
    problem("/v1/households/%27;drop%20table%20household;--/habit", 400, "invalid")
    problem("/v1/households/h-999/habit", 404, "not_found")
    problem("/v1/incidents/i-1/replies", 400, "invalid", verb="POST", body="[1,2]")
    problem("/v1/incidents/i-1/replies", 400, "invalid", verb="POST", body='{"action":"accept","incident":"i-2"}')
    problem("/v1/incidents/i-1/replies", 404, "not_found", verb="POST", body='{"action":"accept"}')
    problem("/v1/incidents", 406, "not_acceptable", Accept="text/html, application/*;q=0")
    problem("/metrics", 406, "not_acceptable", Accept="application/json")
    answer, _ = problem("/v1/incidents/i-1/replies", 415, "unsupported", verb="POST", body="action=accept", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.getheader("Accept") == "application/json"
    problem("/v1/incidents/i-1/replies", 404, "not_found", verb="POST", body='{"action":"accept"}', **{"Content-Type": "application/merge-patch+json; charset=utf-8", "Accept": "text/html, */*;q=0.1"})
    problem("/v1/summary?why=" + "x" * 8192, 414, "uri_too_long")
    problem("/v1/summary", 431, "head_too_large", Surplus="x" * 16384)
    for path, headers in (("/v1/summary?why=" + "x" * 40000, {}), ("/v1/summary", {"Surplus": "x" * 40000})):  # libmicrohttpd's own answer
        assert edge.ask(path, **headers)[0].status in (413, 414, 431)
    problem("/v1/import", 413, "too_large", verb="POST", body="x" * (3 << 20))


def test_who_has_no_token_or_the_wrong_scope_stays_outside(edge):
    answer, _ = edge.ask("/v1/incidents", token="")
    assert answer.status == 401 and answer.getheader("WWW-Authenticate") == "Bearer"
    assert edge.ask("/v1/incidents", token="guess")[0].status == 401
    line = edge.tokens.read_text(encoding="utf-8")
    digest = hashlib.sha256(b"reader").hexdigest()
    slow = hashlib.sha256(b"slow").hexdigest()
    edge.tokens.write_text(line + f"reader {digest} reader-1 read,desk never 100\nslow {slow} desk read,desk never 0.1\n", encoding="utf-8")
    edge.system.local("reload", "gateway")
    edge.until(lambda: edge.ask("/v1/incidents", token="reader")[0].status == 200)
    assert edge.ask("/v1/dead-letters/replay", verb="POST", token="reader")[0].status == 403
    assert edge.ask("/metrics", token="reader")[0].status == 403
    assert edge.ask("/v1/incidents", token="slow")[0].status == 200
    answer, text = edge.ask("/v1/incidents", token="slow")
    assert answer.status == 429 and int(answer.getheader("Retry-After")) >= 1 and json.loads(text)["code"] == "too_fast"


def test_visits_duties_papers_and_decisions_answer(edge):
    def post(path, status=200, **body):
        return edge.get(path, status, verb="POST", body=json.dumps(body))

    assert edge.get("/v1/visits?kind=visit&overdue=false&team=t-1") == {"items": []}
    assert edge.get("/v1/visits?kind=chat", 400)["code"] == "invalid"
    assert edge.get("/v1/visits/due?within_days=400")["items"] == []
    assert edge.get("/v1/volunteers/v-1/visits?day=2026-12-01")["day"] == "2026-12-01"
    assert post("/v1/visits", 400, household="h-1")["code"] == "invalid"
    asked = post("/v1/visits", household="h-1", what="chat", note="asked by REST")
    errand = asked["errand"]["id"]
    assert edge.get("/v1/visits?household=h-1")["items"][0]["id"] == errand
    assert edge.get(f"/v1/errands/{errand}/snapshot")["household"] == "h-1"
    assert set(edge.get(f"/v1/errands/{errand}/candidates")) >= {"candidates", "bars"}
    assert post(f"/v1/errands/{errand}/replies", action="cancel", note="asked by mistake")["errand"]["state"] == "cancelled"
    assert post("/v1/errands/e-0/replies", 404, action="cancel")["code"] == "not_found"

    assert edge.get("/v1/teams/t-1/duties") == {"team": "t-1", "items": []}
    assert edge.get("/v1/teams/t-1/cover?from=2026-12-07T07:00:00Z&until=2026-12-07T19:00:00Z")["items"][0]["user"] == "v-1"
    assert edge.get("/v1/teams/t-1/cover?from=2026-12-07T07:00:00Z", 400)["detail"] == "until: is missing"
    assert edge.get("/v1/volunteers/v-1/calendar")["ics"].startswith("BEGIN:VCALENDAR")
    assert edge.get("/v1/matters?team=t-1") == {"items": []} and "items" in edge.get("/v1/gaps")
    duty = {"shift": "day", "from": "2026-12-07T07:00:00Z", "user": "v-1"}
    assert post("/v1/teams/t-1/cover-requests", **duty)["verdict"] and post("/v1/teams/t-1/swaps", 404, to="v-2", **duty)["code"] == "not_found"
    assert post("/v1/teams/t-1/absences", user="v-1", **{"from": "2026-12-07T07:00:00Z", "until": "2026-12-07T07:00:00Z"}) == {"opened": 0}
    assert post("/v1/matters/m-0/answers", 400, user="v-1", yes="perhaps")["code"] == "invalid"
    assert edge.get("/v1/matters/m-0/recall", verb="POST")["verdict"]

    assert edge.get("/v1/reports/fortnight?until=2026-03-29&why=meeting") and edge.get("/v1/reports/day?day=2026-03-29&community=c-1")
    assert edge.get("/v1/reports/fortnight?from=2026-03-29&until=2026-03-01", 400)["code"] == "invalid"
    decision = post("/v1/decisions", what="one more at night", owner="desk", due="2026-12-10")["id"]
    assert post(f"/v1/decisions/{decision}", state="done")["state"] == "done" and edge.get("/v1/decisions?open=true") == {"items": []}
    assert post("/v1/decisions/9999", 404, state="done")["code"] == "not_found" and post("/v1/decisions/0", 400)["code"] == "invalid"
    volunteer = edge.new_token("v-1", "read")
    assert [edge.get(path, 403, token=volunteer)["code"] for path in ("/v1/reports/fortnight", "/v1/reports/day", "/v1/decisions")] == ["denied"] * 3


def test_registry_alerts_storms_channels_and_figures_answer(edge):
    def post(path, status=200, **body):
        return edge.get(path, status, verb="POST", body=json.dumps(body))

    summary = edge.get("/v1/summary?why=test")
    assert summary["households"] == 1 and edge.get("/v1/summary?limit=1", 400)["code"] == "invalid"
    edge.until(lambda: edge.ask("/v1/households/h-1/relearn", verb="POST")[0].status == 200)
    assert edge.get("/v1/households/h-9/relearn", 404, verb="POST")["code"] == "not_found"
    assert edge.get("/v1/alerts/a-0", 404)["code"] == "not_found" and edge.get("/v1/alerts/a-0?household=h-9", 404)["code"] == "not_found"
    errand = post("/v1/visits", household="h-1", what="chat")["errand"]["id"]
    edge.until(lambda: edge.get(f"/v1/errands/{errand}") != {"known": False})  # records hears of it by the lane
    told = edge.get(f"/v1/errands/{errand}?why=test")
    assert told["id"] == errand and told["household"] == "h-1" and told["events"]
    assert [e["id"] for e in edge.get("/v1/errands?household=h-1&kind=visit&limit=1")["items"]] == [errand]
    assert edge.get("/v1/errands/e-0") == {"known": False} and edge.get("/v1/errands/e%200", 400)["code"] == "invalid"
    assert [edge.get(path, 400)["code"] for path in ("/v1/errands?kind=party", "/v1/errands?state=asleep", "/v1/errands?limit=0")] == ["invalid"] * 3
    assert edge.get("/v1/storms") == {"items": []}
    assert post("/v1/storms/decisions", community="c-1", kind="silence", action="release") == {"homes": 0}
    assert post("/v1/storms/decisions", 400, community="c-1", kind="silence", action="forget")["code"] == "invalid"
    assert post("/v1/storms/decisions", 400, kind="silence", action="hold")["detail"].endswith("community: is missing")
    handset, = edge.get("/v1/handsets")["items"]
    assert (handset["household"], handset["state"], handset["wanted"]) == ("h-1", "unset", "10000") and edge.get("/v1/handsets?state=odd", 400)["code"] == "invalid"
    assert edge.get("/v1/channels") == {"items": []} and edge.get("/v1/channels?name=push", 400)["code"] == "invalid"
    assert edge.get("/v1/deliveries?incident=i-0") == {"items": []} and edge.get("/v1/deliveries?incident=a%20b", 400)["code"] == "invalid"
    figures = edge.get("/v1/kpi?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")
    assert figures["incidents"] == 0 and edge.get("/v1/kpi?from=yesterday", 400)["code"] == "invalid"


def test_elders_that_stand_twice_their_rights_and_ledgers_are_asked_by_rest(edge):
    def post(path, status=200, key=None, **body):
        return edge.get(path, status, verb="POST", body=json.dumps(body), **({"Idempotency-Key": key} if key else {}))

    elders = [{"id": f"e-{n}", "household": "h-2", "name": "示例双", "phone": "10090000001", **more} for n, more in ((1, {}), (2, {"doctor": "示例医生"}), (3, {"name": "示例单"}))]
    homes = [{"id": "h-2", "community": "c-1", "team": "t-1", "address": "示例路1号"}]
    assert post("/v1/import", text=json.dumps({"households": homes, "elders": elders, "consents": [{"household": "h-2", "quantities": ["sos"]}]}))
    assert [(p["a"], p["b"]) for p in edge.get("/v1/duplicates?limit=1&why=test")["items"]] == [("e-1", "e-2")] and edge.get("/v1/duplicates?limit=0", 400)["code"] == "invalid"
    merged = post("/v1/mergings", key="m-1", keep="e-1", gone="e-2")
    assert merged["filled"] == ["doctor"] and post("/v1/mergings", key="m-1", keep="e-1", gone="e-2") == merged and post("/v1/mergings", 404, keep="e-1", gone="e-2")["code"] == "not_found"
    assert [row["id"] for row in edge.get("/v1/mergings?limit=5")["items"]] == [merged["merging"]]
    assert edge.get(f"/v1/mergings/{merged['merging']}/undo?why=two", verb="POST")["gone"] == "e-2" and edge.get("/v1/mergings/x/undo", 400, verb="POST")["code"] == "invalid"
    copy = edge.get("/v1/elders/e-2/export?why=asked")
    assert copy["elder"]["doctor"] == "示例医生" and edge.get("/v1/elders/e-9/export", 404)["code"] == "not_found"

    first, text = edge.ask("/v1/ledgers/elders?limit=2")
    link = re.fullmatch(r'<(/[^>]+)>; rel="next"', first.getheader("Link")).group(1)
    rest, tail = edge.ask(link)
    rows = (json.loads(text)["csv"] + json.loads(tail)["csv"]).splitlines()
    assert [row.split(",")[0] for row in rows] == ["id", "e-1", "e-2", "e-3"] and rest.getheader("Link") is None and edge.get("/v1/ledgers/cats", 400)["code"] == "invalid"
    assert post("/v1/tags/rules", day="2026-03-01") == {"given": 0, "ended": 0} and post("/v1/tags/rules", 400)["code"] == "invalid"

    assert post("/v1/households/h-2/withdraw", reason="本人要求")["household"] == "h-2" and post("/v1/households/h-2/withdraw", 404)["code"] == "not_found"
    volunteer = edge.new_token("v-1", "read,write,desk")
    erase = json.dumps({"reason": "本人申请", "confirm": "e-1"})
    for path in ("/v1/duplicates", "/v1/elders/e-1/export", "/v1/ledgers/elders"):
        assert edge.get(path, None, token=volunteer).get("code") in ("denied", "not_found") or edge.get(path, token=volunteer)["items"] == []
    assert edge.get("/v1/elders/e-1/erase", 403, verb="POST", body=erase, token=volunteer)["code"] == "denied"
    assert [post("/v1/elders/e-1/erase", 400, **body)["detail"].split(":")[0] for body in ({"confirm": "e-1"}, {"reason": "x"}, {"reason": "x", "confirm": "e-2"})] == ["args.reason", "args.confirm", "args.confirm"]
    certificate = post("/v1/elders/e-1/erase", key="e-1", reason="本人申请", confirm="e-1")
    assert certificate["elder"] == "e-1" and certificate["household"] == "" and post("/v1/elders/e-1/erase", key="e-1", reason="本人申请", confirm="e-1") == certificate
    assert post("/v1/elders/e-1/erase", 404, reason="x", confirm="e-1")["code"] == "not_found"
    assert post("/v1/dead-letters/forget", device="phone-h-2") == {"forgotten": 0} and post("/v1/dead-letters/forget", 400, device="x")["code"] == "invalid"
    assert [(method, why) for method, why in edge.system.sql("select method, why from api_audit where method in ('merge', 'unmerge', 'elder_export', 'withdraw', 'erase') and household = 'h-2' and who = 'desk' order by id")] == [
        ("merge", ""), ("unmerge", "two"), ("elder_export", "asked"), ("withdraw", ""), ("erase", "本人申请")]


def test_every_method_of_records_has_a_path(edge):
    source = (ROOT / "services/records/methods.c").read_text(encoding="utf-8")
    methods = set(re.findall(r'\n\t\{"(\w+)", "', source)) | {"import", "timeline", "history"}
    told = {operation["operationId"] for operations in edge.get("/v1/openapi.json")["paths"].values() for operation in operations.values()}
    assert len(methods) > 20 and {f"records.{method}" for method in methods} <= told, sorted(methods)


def test_every_route_of_the_document_is_tried_in_this_file(edge):
    tried = {re.sub(r"\{[^}]+\}", "x", path).split("?")[0] for path in re.findall(r'"(/[^"\s]+)"', pathlib.Path(__file__).read_text(encoding="utf-8"))}
    left = [path for path in edge.get("/v1/openapi.json")["paths"] if not any(re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", path), one) for one in tried)]
    assert not left, left


def test_who_does_not_act_for_the_desk_asks_records_alone(edge):
    volunteer = edge.new_token("v-1", "read,write,intake,metrics,calendar")
    desk_paths, others = 0, 0
    for path, operations in edge.get("/v1/openapi.json")["paths"].items():
        for verb, operation in operations.items():
            scopes = [scope for one in operation["security"] for scope in one["token"]]
            if path == "/a/{token}":
                continue  # a wrong link counts against this address
            service = operation["operationId"].split(".")[0]
            answer, text = edge.ask(re.sub(r"\{[a-z]+\}", "h-1", path), verb=verb.upper(), body="{}" if verb == "post" else None, token=volunteer)
            told = (verb, path, answer.status, text[:300])
            assert ("desk" in scopes) == (service in ("dispatcher", "detector", "ingest") and bool(scopes) and scopes != ["volunteer"]), told
            if "desk" in scopes or "volunteer" in scopes:
                problem = json.loads(text)
                assert (answer.status, problem["code"]) == (403, "denied") and f"of scope {scopes[-1]}" in problem["detail"], told
            else:
                assert answer.status != 403 or b"of scope" not in text, told
            desk_paths, others = desk_paths + ("desk" in scopes), others + ("desk" not in scopes)
    assert desk_paths >= 30 and others >= 20
    edge.get("/v1/errands", token=volunteer)
    edge.get("/v1/modes", 403, token=edge.new_token("desk", "desk"))  # it is no scope to read with


def test_a_volunteers_token_arranges_its_own_duties_and_nobody_elses(edge):
    tokens = {v: edge.new_token(v, "volunteer") for v in ("v-1", "v-3")}
    told = []

    def own(caller, path, status=200, **body):
        told.append(edge.get(path, status, token=tokens[caller], **({"verb": "POST", "body": json.dumps(body)} if body else {})))
        return told[-1]

    first = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86400))
    folder = pathlib.Path(edge.system.folder)
    (folder / "task.json").write_text(json.dumps({"team": "t-1", "from": first, "days": 1, "volunteers": [{"id": "v-1"}], "parts": [{"id": "all", "from": "00:00"}],
                                                  "shifts": [{"id": "first", "part": "all"}]}), encoding="utf-8")
    (folder / "roster.json").write_text(json.dumps({"assignments": {"v-1": ["first"]}}), encoding="utf-8")
    edge.system.curtain("roster", "publish", str(folder / "task.json"), "--roster", str(folder / "roster.json"))
    mine, = own("v-1", "/v1/own/duties")["items"]
    duty = {"team": "t-1", "shift": "first", "from": mine["from"]}
    assert own("v-3", "/v1/own/duties?team=t-1")["items"] == [] and own("v-1", "/v1/own/calendar")["ics"].count("BEGIN:VEVENT") == 1

    for path, body in (("/v1/own/swaps", {**duty, "to": "v-3", "by": "v-1"}), ("/v1/own/cover-requests", {**duty, "user": "v-1"}),
                       ("/v1/own/absences", {"team": "t-1", "user": "v-1", "from": mine["from"], "until": mine["until"]}), ("/v1/own/matters/rota-0/answers", {"user": "v-1", "yes": True})):
        refused = own("v-3", path, 403, **body)
        assert refused["code"] == "denied" and refused["detail"].endswith("is v-1's, and v-3 speaks for nobody else"), refused
    assert own("v-3", "/v1/own/duties?user=v-1", 400)["code"] == "invalid"
    assert own("v-1", "/v1/own/duties")["items"] == [mine] and own("v-3", "/v1/own/matters") == {"items": []}
    # A volunteer's token opens no other path, and one that was made too wide is refused by the dispatcher.
    absence = json.dumps({"user": "v-1", "from": mine["from"], "until": mine["until"]})
    assert "of scope" in edge.get("/v1/teams/t-1/absences", 403, verb="POST", body=absence, token=tokens["v-1"])["detail"]
    assert "ask own_absent" in edge.get("/v1/teams/t-1/absences", 403, verb="POST", body=absence, token=edge.new_token("v-1", "write,desk"))["detail"]

    made = own("v-1", "/v1/own/swaps", **duty, to="v-3")
    assert made["verdict"] == "taken" and [m["matter"] for m in own("v-3", "/v1/own/matters?team=t-1")["items"]] == [made["matter"]]
    assert own("v-3", f"/v1/own/matters/{made['matter']}/answers", yes=True)["state"] == "done"
    assert own("v-1", "/v1/own/duties")["items"] == [] and own("v-3", "/v1/own/duties")["items"] == [{**mine, "user": "v-3"}]
    wanted = own("v-1", "/v1/own/swaps", **duty, user="v-3")
    assert edge.get(f"/v1/own/matters/{wanted['matter']}/recall", 403, verb="POST", token=tokens["v-3"])["code"] == "denied"
    assert edge.get(f"/v1/own/matters/{wanted['matter']}/recall", verb="POST", token=tokens["v-1"])["state"] == "withdrawn"
    assert own("v-3", "/v1/own/cover-requests", **duty)["verdict"] == "taken"
    assert own("v-3", "/v1/own/absences", team="t-1", **{"from": mine["from"], "until": mine["until"]}) == {"opened": 1} and own("v-3", "/v1/own/duties")["items"] == []
    edge.system.curtain("roster", "withdraw", "--team", "t-1")

    errand = edge.get("/v1/visits", verb="POST", body=json.dumps({"household": "h-1", "what": "chat"}))["errand"]["id"]
    assert own("v-3", f"/v1/own/errands/{errand}/replies", 404, action="cancel")["detail"] == "there is no such errand of yours"
    assert own("v-3", "/v1/own/visits?overdue=false") == {"items": []} and own("v-3", "/v1/own/day")["user"] == "v-3"
    assert own("v-1", f"/v1/own/errands/{errand}/replies", action="cancel", note="asked by mistake")["errand"]["state"] == "cancelled"  # the team's captain
    assert not re.search(r"\b1000\d\b", json.dumps(told)), "a telephone number"


def test_the_same_answer_is_not_sent_twice(edge):
    answer, text = edge.ask("/v1/openapi.json")
    tag = answer.getheader("ETag")
    assert answer.status == 200 and text and tag
    for known in (tag, f'W/{tag}, "other"', "*"):
        answer, text = edge.ask("/v1/openapi.json", **{"If-None-Match": known})
        assert (answer.status, text, answer.getheader("ETag")) == (304, b"", tag)
    assert edge.ask("/v1/openapi.json", **{"If-None-Match": '"other", W/"else"'})[0].status == 200


def test_pages_are_followed_by_their_links_and_a_cursor_is_of_one_list(edge):
    def page(path, **rest):
        answer, text = edge.ask(path, **rest)
        assert answer.status == 200, text
        link = answer.getheader("Link")
        return [item["id"] for item in json.loads(text)["items"]], link and re.fullmatch(r'<(/[^>]+)>; rel="next"', link).group(1)

    every, _ = page("/v1/changes?limit=500&why=pages")
    assert len(every) > 4
    seen, following = [], "/v1/changes?limit=2&why=pages"
    while following:
        ids, following = page(following)
        seen += ids
    assert seen == every
    _, link = page("/v1/changes?limit=1")
    cursor = re.search(r"cursor=([^&]+)", link).group(1)
    for wrong in (f"/v1/audit?cursor={cursor}", f"/v1/changes?cursor={cursor}&household=h-1", f"/v1/changes?cursor={cursor}&before=3", "/v1/changes?cursor=7",
                  f"/v1/changes?cursor={cursor[:-2]}", "/v1/changes?cursor=", f"/v1/incidents?cursor={cursor}"):
        told = edge.get(wrong, 400)
        assert told["code"] == "invalid" and ("cursor" in told["detail"] or "before" in told["detail"]), told
    edge.get(f"/v1/changes?cursor={cursor}", 400, token=edge.new_token("other", "read"))


def name_of(key):
    """What stands for an Idempotency-Key in once.db (services/gateway/once.h)."""
    secret = hmac.digest(bytes(32), key.encode(), "sha256")
    return base64.b64encode(hmac.digest(secret, b"name", "sha256"))


def test_a_request_with_a_key_is_done_once_also_across_kill_and_breaking_off(edge):
    def ledger(name):
        return json.dumps({"text": json.dumps({"communities": [{"id": "c-9", "name": name}]}), "why": "key"})

    def imports():
        return int(edge.system.sql("select count(*) from change where why = 'key'")[0][0])

    def send(key, body, status=200):
        answer, text = edge.ask("/v1/import", verb="POST", body=body, **{"Idempotency-Key": key})
        assert answer.status == status, text
        return text, answer.getheader("Idempotency-Replayed")

    first, replayed = send("k-1", ledger("first"))
    done = imports()
    assert done and replayed is None
    assert send("k-1", ledger("first")) == (first, "true")
    assert json.loads(send("k-1", ledger("second"), 422)[0])["code"] == "key_reused"
    refused, _ = send("k-2", '{"text": "x: ["}', 400)
    assert send("k-2", '{"text": "x: ["}', 400) == (refused, "true")
    edge.system.local("kill", "gateway")
    edge.system.local("start", "gateway")
    edge.until(lambda: edge.ready())
    assert send("k-1", ledger("first")) == (first, "true") and imports() == done
    # Who breaks off before the answer gets it when he asks again.
    connection = http.client.HTTPConnection(edge.host, int(edge.port), timeout=30)
    records = int(edge.system.local("pid", "records"))
    os.kill(records, signal.SIGSTOP)
    try:
        connection.request("POST", "/v1/import", body=ledger("third"), headers={"Authorization": f"Bearer {edge.token}", "Idempotency-Key": "k-3"})
        kept = pathlib.Path(f"{edge.system.folder}/data/gateway/once.db-wal")
        edge.until(lambda: name_of("k-3") in kept.read_bytes())
        # neither keys nor what answers told
        assert not any(text in kept.read_bytes() for text in (b"k-1", b"k-3", b'"kinds"'))
        assert json.loads(send("k-3", ledger("third"), 409)[0])["code"] == "state"
        connection.close()
    finally:
        os.kill(records, signal.SIGCONT)
    edge.until(lambda: edge.ask("/v1/import", verb="POST", body=ledger("third"), **{"Idempotency-Key": "k-3"})[0].status == 200)
    assert send("k-3", ledger("third"))[1] == "true" and imports() == done + 1
    assert json.loads(edge.ask("/v1/import", verb="POST", body="{}", **{"Idempotency-Key": "k" * 256})[1])["code"] == "invalid"


def test_a_calendar_is_read_at_its_secret_address_until_that_is_taken_back(edge):
    secret = edge.new_token("v-1", "calendar", 10)
    answer, text = edge.ask(f"/feeds/{secret}.ics", token="")
    assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/calendar")
    assert text.startswith(b"BEGIN:VCALENDAR\r\n") and text.endswith(b"END:VCALENDAR\r\n") and "值班 Duty v-1".encode() in text
    assert edge.get("/v1/incidents", 403, token=secret)["code"] == "denied"
    assert edge.get(f"/feeds/{edge.token}.ics", 403, token="")["code"] == "denied"
    assert edge.get(f"/feeds/{secret}", 404, token="")["code"] == "not_found"
    kept = [line for line in edge.tokens.read_text(encoding="utf-8").splitlines(True) if hashlib.sha256(secret.encode()).hexdigest() not in line]
    edge.tokens.write_text("".join(kept), encoding="utf-8")
    edge.system.local("reload", "gateway")
    edge.until(lambda: edge.ask(f"/feeds/{secret}.ics", token="")[0].status == 404)


def test_a_flood_is_429_and_the_others_are_served(edge):
    flooder = edge.new_token("desk", "read,desk", 5)

    def flood(_):
        return edge.ask("/v1/incidents", token=flooder)[0].status

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(flood, range(300)))
        assert edge.get("/v1/incidents") == {"items": []}
    assert set(statuses) == {200, 429} and statuses.count(429) > 200
    answer, text = edge.ask("/v1/incidents", token=flooder)
    while answer.status == 200:  # the machine was so slow that the bucket filled again
        answer, text = edge.ask("/v1/incidents", token=flooder)
    assert int(answer.getheader("Retry-After")) >= 1 and json.loads(text)["code"] == "too_fast"


def test_a_message_is_answered_when_it_is_on_disk(edge):
    body = json.dumps({"contact": False, "battery": 88})
    assert edge.get("/v1/intake/zigbee2mqtt/door-7", verb="POST", body=body) == {"stored": True}
    edge.system.await_sql("select count(*) from reading where household = 'h-1' and quantity = 'contact'", 1, 20)
    assert edge.get("/v1/intake/zigbee2mqtt/door-7", 400, verb="POST", body="")["code"] == "invalid"
    for topic in ("elsewhere/door-7", "curtain/clock", "curtain/lane/alert/ingest-1/0", "zigbee2mqtt/%2B", "$SYS/x"):
        assert edge.get(f"/v1/intake/{topic}", 403, verb="POST", body=body)["code"] == "denied"


def test_a_household_is_said_to_be_away_and_back(edge):
    def say(**what):
        answer, text = edge.ask("/v1/households/h-1/away", verb="POST", body=json.dumps(what))
        return answer.status, json.loads(text)

    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    edge.until(lambda: say(until=until)[0] == 200)  # a home is watched once the detector has heard of it
    assert say(until=until)[1]["mode"] == "away"
    status, told = say(back=True)
    assert status == 200 and told["mode"] != "away"
    status, told = say(until="tomorrow")
    assert status == 400 and told["code"] == "invalid"


def test_metrics_are_what_prometheus_reads(edge):
    answer, text = edge.ask("/metrics")
    assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/plain; version=0.0.4")
    seen, family = set(), None
    for line in text.decode().splitlines():
        if line.startswith("#"):
            family = re.fullmatch(r"# (HELP|TYPE) (curtain_[a-z0-9_]+) .+", line).group(2)
            continue
        name, labels = re.fullmatch(r'(curtain_[a-z0-9_]+)(\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\}) -?[0-9.e+-]+', line).groups()
        assert name == family and (name, labels) not in seen
        seen.add((name, labels))
    assert ("curtain_up", '{service="records",instance="records-1"}') in seen
    said = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert (said.returncode, said.stdout) == (0, b"")
    ages = dict(re.findall(r"^curtain_(records_backup_age_seconds|gateway_broker_certificate_left_seconds)\{[^}]+\} (-?[0-9]+)$", text.decode(), re.M))
    assert 3600 <= int(ages["records_backup_age_seconds"]) < 7200
    assert int(ages["gateway_broker_certificate_left_seconds"]) == 0  # the file is not there: as bad as one that ends today
    # What is alerted and shown by exists.
    names = {name for name, _ in seen} | {"curtain_gateway_certificate_left_seconds"}  # of a gateway with TLS, see below
    rules = (ROOT / "deploy/prometheus/curtain.rules.yml").read_text(encoding="utf-8")
    board = json.loads((ROOT / "deploy/grafana/curtain.json").read_text(encoding="utf-8"))
    asked = [line.split("expr:", 1)[1] for line in rules.splitlines() if "expr:" in line] + [t["expr"] for panel in board["panels"] for t in panel["targets"]]
    used = {name for expression in asked for name in re.findall(r"\bcurtain_[a-z0-9_]+", expression)}
    used |= {f"curtain_{service}_forged_batches_total" for service in ("ingest", "dispatcher")}  # by a pattern in the rules
    assert len(used) > 30 and used <= names, used - names


def test_a_gateway_tells_how_long_certificates_are_good_for(edge, tmp_path):
    folder = pathlib.Path(edge.system.folder)
    for name, days in (("own", 20), ("broker", 90)):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test", "-days", str(days),
                        "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.crt"], check=True, capture_output=True)
    edge.system.local("account", "gateway", "gateway-2")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"instance": "gateway-2", "bus.port": edge.system.port, "bus.user": "gateway-2", "bus.password_file": folder / "access/secrets/gateway-2", "data_dir": tmp_path,
                "http.port": port, "http.certificate_file": tmp_path / "own.crt", "http.key_file": tmp_path / "own.key", "watch.broker_certificate_file": tmp_path / "broker.crt"}
    with open(tmp_path / "log", "wb") as log, subprocess.Popen([str(ROOT / "build/dev/bin/gateway"), *(word for pair in settings.items() for word in ("--set", "=".join(map(str, pair))))],
                                                             stdout=log, stderr=log) as gateway:
        def left():
            told = json.loads(edge.system.curtain("status", "--json", check=False))["services"]
            return next(({k: v for k, v in s["counters"].items() if k.endswith("certificate_left_seconds")} for s in told if s["instance"] == "gateway-2"), {})

        try:
            edge.until(left)
            assert 19 * 86400 < left()["certificate_left_seconds"] <= 20 * 86400 and 89 * 86400 < left()["broker_certificate_left_seconds"] <= 90 * 86400
            shown = edge.system.curtain("status", check=False)
            assert "网关证书还有 " in shown and "消息服务器证书还有 " in shown and "最近备份 1 h" in shown
        finally:
            gateway.terminate()


def test_many_at_once_all_get_their_own_answer(edge):
    def one(number):
        if number % 2:
            return edge.get("/v1/households/h-1/habit")["household"] == "h-1"
        return edge.get("/v1/incidents") == {"items": []}

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        assert all(pool.map(one, range(400)))


def test_reads_that_share_a_transaction_do_not_share_a_failure(edge):
    def audited():
        return int(edge.system.sql("select count(*) from api_audit where method = 'timeline' and why = 'together'")[0][0])

    volunteer, before = edge.new_token("v-1", "read"), audited()

    def one(number):
        if number % 8 == 0:
            return edge.get("/v1/audit?why=together", 403, token=volunteer)["code"] == "denied"
        return edge.get("/v1/households/h-1/timeline?why=together")["known"]

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        assert all(pool.map(one, range(400)))
    assert audited() - before == 350
    assert edge.get("/v1/audit/verify")["fault_count"] == 0


def test_a_client_that_is_slow_or_breaks_off_holds_nobody_up(edge):
    stuck = [socket.create_connection((edge.host, int(edge.port))) for _ in range(30)]
    for s in stuck:
        s.sendall(b"POST /v1/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + edge.token.encode() + b"\r\nContent-Length: 100\r\n\r\n{")
    assert edge.get("/v1/incidents") == {"items": []}
    for s in stuck:
        s.close()
    with socket.create_connection((edge.host, int(edge.port))) as s:
        s.sendall(b"\x00\xff nonsense\r\n\r\n")
        assert not re.match(rb"HTTP/1\.. 2", s.recv(1000))  # closed, or told that it is nonsense
    assert edge.get("/v1/incidents") == {"items": []}


def test_a_service_that_is_down_is_a_504_and_comes_back(edge):
    edge.system.local("stop", "dispatcher")
    try:
        assert edge.get("/v1/incidents", 504)["code"] == "timeout"
        assert edge.get("/readyz", 503, token="")["services"]["dispatcher"] is False
        assert edge.get("/v1/households/h-1/habit")["household"] == "h-1"
    finally:
        edge.system.local("start", "dispatcher")
    edge.until(lambda: edge.get("/readyz", None, token="")["services"]["dispatcher"])
    assert edge.get("/v1/incidents") == {"items": []}


def test_no_request_gives_a_failure_or_an_answer_that_the_document_does_not_have(edge):
    dice = random.Random(20261129)
    document, volunteer = edge.get("/v1/openapi.json"), edge.new_token("v-3", "volunteer")
    texts = ["h-1", "", "0", "-1", "99999999999999999999", "2026-03-01", "2026-03-01T00:00:00Z", "true", "' or 1=1 --", "$(id)", "\x00", "示例", "\U0001f9d3", "a" * 300, "../..", "%", "null", "1e400"]
    bodies = [None, b"", b"{}", b"[]", b"{", b"\xff\xfe", b'{"action":"accept"}', b'{"text":"a,b\\n","kind":"households","format":"csv"}', b'{"why":{"a":1}}', b"{" * 1000]
    for path, operations in sorted(document["paths"].items(), key=lambda one: one[0].startswith(("/a/", "/feeds/"))):  # wrong links count against this address: last
        for verb, operation in operations.items():
            for _ in range(12):
                filled = re.sub(r"\{[a-z]+\}", lambda _: urllib.parse.quote(dice.choice(texts) or "x", safe=""), path)
                query = [(p["name"], dice.choice(texts)) for p in operation["parameters"] if p["in"] == "query" and dice.random() < 0.5]
                query += [("surplus", "1")] if dice.random() < 0.1 else []
                body = dice.choice(bodies) if verb == "post" else None
                answer, text = edge.ask(f"{filled}?{urllib.parse.urlencode(query)}", verb=verb.upper(), body=body, token=volunteer if path.startswith("/v1/own/") else None)
                told = (verb, filled, query, body, answer.status, text[:300])
                assert answer.status < 500, told
                assert str(answer.status) in operation["responses"], told
                if urllib.parse.unquote(filled).count("/") == path.count("/") and "%00" not in filled:  # else it is another path
                    assert answer.getheader("Content-Type").split(";")[0] in operation["responses"][str(answer.status)]["content"], told
    edge.system.curtain("import", f"{edge.system.folder}/ledger.yaml")  # one of them ended the consent of h-1


def test_a_wrong_file_of_tokens_is_named_with_its_line(edge):
    with tempfile.NamedTemporaryFile("w", suffix=".tokens") as file:
        file.write("# tokens\nplatform short desk read never 5\n")
        file.flush()
        done = subprocess.run([str(ROOT / "build/dev/bin/gateway"), "--set", f"http.tokens_file={file.name}", "--check"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 2 and ":2:" in done.stdout and "sha256sum" in done.stdout
    assert edge.get("/healthz", token="") == {"ok": True}


def link_token(edge, action, page):
    """The link as a channel to a person would carry it; its key is the dispatcher's."""
    key = pathlib.Path(edge.system.folder) / "links.key"
    text = f"1~{action}~{page['incident']}~v-1~{int(time.time()) + 600}~{page['id']}"
    mac = hmac.new(key.read_text(encoding="utf-8").strip().encode(), b"curtain accept link\n" + text.encode(), hashlib.sha256)
    return text + "~" + base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def test_an_accept_link_asks_once_more_and_works_once(edge):
    edge.system.local("account", "volunteer", "v-1")
    subscribed, paged, pages = threading.Event(), threading.Event(), []
    client = mqtt.Client("v-1", protocol=mqtt.MQTTv5)
    client.username_pw_set("v-1", edge.system.password("v-1"))
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: (pages.append(json.loads(message.payload)), paged.set())
    client.connect("127.0.0.1", edge.system.port)
    client.loop_start()
    client.subscribe("curtain/volunteer/v-1/page", 1)
    assert subscribed.wait(PATIENCE_S)
    edge.system.curtain("sos", "h-1")
    assert paged.wait(PATIENCE_S)
    client.loop_stop()
    client.disconnect()
    token = link_token(edge, "accept", pages[0])
    edge.until(lambda: edge.ask(f"/a/{token}", token="")[0].status != 429)  # many wrong links came from here before
    # Its other half declines; nobody presses it here.
    answer, page = edge.ask(f"/a/{link_token(edge, 'decline', pages[0])}", token="")
    assert answer.status == 200 and "您要谢绝吗" in page.decode() and "呼救：住户 h-1，" in page.decode() and "谢绝 I decline</button>" in page.decode()
    for _ in range(2):  # programs that show previews open it, too
        answer, page = edge.ask(f"/a/{token}", token="")
        assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/html") and b"<button>" in page
    assert edge.get("/v1/incidents")["items"][0]["state"] != "accepted"
    answer, page = edge.ask(f"/a/{token}", verb="POST", token="")
    assert answer.status == 200 and "已接单" in page.decode()
    assert edge.get("/v1/incidents")["items"][0]["state"] == "accepted"
    answer, page = edge.ask(f"/a/{token}", verb="POST", token="")
    assert answer.status == 410 and "已用过" in page.decode()
    answer, page = edge.ask(f"/a/{link_token(edge, 'decline', pages[0])}", verb="POST", token="")
    assert answer.status == 200 and ("已谢绝" in page.decode() or "已有人前往" in page.decode()), page.decode()
    answer, page = edge.ask(f"/a/{link_token(edge, 'decline', pages[0])}", verb="POST", token="")
    assert answer.status == 410 and "已用过" in page.decode()
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    answer, page = edge.ask(f"/a/{forged}", token="")
    assert answer.status == 404 and "无效" in page.decode() and b"<button>" not in page
