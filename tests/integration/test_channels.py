# SPDX-License-Identifier: MIT
"""Pages over channels, against imitations of the vendors that verify signatures and keep limits (tests/lib/vendors.py)."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from test_dispatcher import DISPATCHER, Rig, alert, lane  # noqa: E402
from test_visits import SETTINGS as VISITS, people as visit_people  # noqa: E402
import vendors  # noqa: E402

PRESETS = pathlib.Path(__file__).resolve().parents[2] / "deploy/config/channels"
ALL = ("dingtalk", "wecom", "feishu", "webhook", "ntfy", "bark", "sms", "voice", "email")
AT = {"v-1": {"ntfy": "topic-1", "bark": "key-1", "email": "v1@example.org", "phone": "10000000001"},
      "v-2": {"ntfy": "topic-2", "bark": "key-2", "email": "v2@example.org", "phone": "10000000002"}}


class Channels:
    def __init__(self, rig, world):
        self.rig, self.world, self.folder = rig, world, rig.folder
        world.write_secrets(self.folder)

    def write(self, entries, order=(), people=None):
        path = self.folder / "channels.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "channels": entries, "order": list(order)}, allow_unicode=True), encoding="utf-8")
        who = self.folder / "people.yaml"
        who.write_text(yaml.safe_dump({"people": people if people is not None else {user: {"at": at} for user, at in AT.items()}}), encoding="utf-8")
        who.chmod(0o600)
        return [f"channels.file={path}", f"channels.presets={PRESETS}", f"channels.people_file={who}"]

    def up(self, entries, order=(), people=None, settings=()):
        self.rig.up(*self.write(entries, order, people), *settings)
        return self.rig


@pytest.fixture
def world():
    world = vendors.World()
    yield world
    world.close()


@pytest.fixture
def rig(tmp_path):
    tmp_path.chmod(0o755)
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def channels(rig, world):
    return Channels(rig, world)


@pytest.mark.parametrize("name", ALL)
def test_preset_reaches_its_vendor_and_gives_a_receipt(channels, world, name):
    order = [name] if name in ("ntfy", "bark", "sms", "voice", "email") else []
    rig = channels.up([vendors.channel(world, name, quiet=[])], order)
    rig.ingest.give_item(alert(1))
    page = rig.page("v-1")
    rig.page("v-2")
    taken = world[name].wait(2 if order or name == "webhook" else 1)  # a group gets one message of an incident
    assert not world[name].refused
    told = json.dumps([message for message, _ in taken], ensure_ascii=False)
    assert page["incident"] in told or name in ("voice",), told
    receipts = rig.tap.wait(lambda: (lambda items: len(items) == 2 and all(i["state"] == "sent" for i in items) and items)(
        rig.call("deliveries", {"incident": page["incident"]})["result"]["items"]), "both receipts")
    assert {r["channel"] for r in receipts} == {name}
    if name in ("ntfy", "sms", "voice"):
        assert all(r["receipt"].startswith(name[0]) for r in receipts)
    assert rig.call("channels", {})["result"]["items"][0]["state"] == "up"


def test_a_days_visits_are_told_once_over_the_channel_of_ones_wish(channels, world):
    """Told with the first tick after its time, here a restart; a kill later nothing is told again, and a change is told as ever."""
    rig, rules = channels.rig, channels.folder / "visits.yaml"
    shipped = pathlib.Path(VISITS[0].split("=")[1]).read_text(encoding="utf-8")

    def told_at(when):
        rules.write_text(re.sub(r'^day_plan_at: "07:00"', f'day_plan_at: "{when}"', shipped, count=1, flags=re.M), encoding="utf-8")
        assert f'"{when}"' in rules.read_text(encoding="utf-8")

    told_at("off")
    rig.up(*channels.write([vendors.channel(world, "ntfy"), vendors.channel(world, "bark"), vendors.channel(world, "wecom", about=["visit"])], ["ntfy"],
                           {"v-1": {"about": {"visit": ["bark"]}, "language": "en", "at": AT["v-1"]}}), f"visits.file={rules}")
    span = {"from": lane.rfc3339(time.time()), "until": lane.rfc3339(time.time() + 3600)}
    errands = [rig.call("visit_request", {"household": home, "what": "chat"})["result"]["errand"]["id"] for home in ("h-7", "h-8")]
    for errand in errands:
        assert rig.call("visit_answer", {"errand": errand, "action": "accept", "to": "v-1", **span})["ok"]
    world["bark"].wait(2)

    def settled():  # or a kill has them called again, together with what follows
        counts = rig.states()[-1].body["counters"]
        return not counts["channel_waiting"] and counts["channel_sent"] == len(world["bark"].taken) + len(world["wecom"].taken)

    rig.tap.wait(settled, "all that was agreed to be told")
    group = len(world["wecom"].taken)
    told_at("00:00")
    rig.again()
    message, _ = world["bark"].wait(3)[2]
    stops = rig.call("visit_day", {"user": "v-1"})["result"]["items"]
    assert [s["household"] for s in stops] in (["h-7", "h-8"], ["h-8", "h-7"])
    assert message["title"] == "[ATTENTION] Visit" and "url" not in message
    assert re.search(r"you visit 2, in this order: 1\. home {} [0-9:-]+; 2\. home {} [0-9:-]+\.".format(*(s["household"] for s in stops)), message["body"])
    notice = rig.tap.first("curtain/volunteer/v-1/notice", lambda m: m.body["kind"] == "visits", "the day at v-1's topic").body
    assert notice["user"] == "v-1" and notice["text_en"] in message["body"] and "今天（" in notice["text_zh"] and "answer" not in notice
    rig.counters(visit_plans_told=1, channel_sent=1)
    rig.again()
    rig.counters(visit_plans_told=0)
    assert rig.call("visit_answer", {"errand": errands[0], "action": "move", "from": span["from"], "until": lane.rfc3339(time.time() + 7200)})["ok"]
    message, _ = world["bark"].wait(4)[3]
    assert "Changed. It is yours." in message["body"], "what is changed later is told as ever, and the day not again"
    world["wecom"].wait(group + 1)
    assert not any("in this order" in r.body.decode() or "按此顺序" in r.body.decode() for r in world["wecom"].seen), "a day is its walker's"
    assert {m.topic.split("/")[2] for m in rig.tap.of("curtain/volunteer/") if m.topic.endswith("/notice")} == {"v-1"}


def test_group_learns_ids_and_no_reason(channels, world):
    rig = channels.up([vendors.channel(world, n) for n in ("dingtalk", "wecom", "feishu", "webhook")])
    rig.ingest.give_item({**alert(1), "reason_zh": "示例姓名在示例路1弄按下呼救键。", "reason_en": "Somebody pressed it, 10000000001."})
    for name in ("dingtalk", "wecom", "feishu", "webhook"):
        for _, request in world[name].wait(1):
            body = request.body.decode()
            assert "示例" not in body and "Somebody" not in body and not re.search(r"\b1000", body) and "h-1" in body


@pytest.mark.parametrize("name, mode", [("dingtalk", "html"), ("wecom", "cut"), ("webhook", "hang"), ("feishu", "slow"), ("bark", "500"), ("email", "500")])
def test_what_fails_is_tried_again(channels, world, name, mode):
    world[name].behave(mode)
    retry = {} if mode == "html" else {"retry": ["0s", "800ms"]}  # its own 5 s once
    rig = channels.up([vendors.channel(world, name, timeout="500ms", **retry)], [name] if name in ("bark", "email") else [])
    began = time.monotonic()
    rig.ingest.give_item(alert(1, level="alarm"))
    rig.page("v-1")
    assert time.monotonic() - began < 2, "the page over MQTT waits for no channel"
    world[name].wait(2 if mode == "slow" else 1)  # what answers too slowly has taken it all the same
    tried = [request.at for request in world[name].seen] or [began, time.monotonic()]  # a mail tells its first attempt to nobody
    assert (0.75 if retry else 4.5) < tried[-1] - tried[0] < (4 if retry else 9)
    rig.counters(channel_sent=1, channel_failed_attempts=1)


def test_wrong_signature_is_refused_and_the_fall_back_takes_over(channels, world):
    world.secrets["dingtalk.sign"] = "SECother"  # the vendor's; the file holds the former one
    rig = channels.up([vendors.channel(world, "dingtalk", fallback=["wecom"]), vendors.channel(world, "wecom", reserve=True)])
    rig.ingest.give_item(alert(1))
    world["wecom"].wait(1, 4)
    assert world["dingtalk"].refused == ["sign not match"] and len(world["wecom"].taken) == 1
    assert rig.counters(channel_moved=2, channels_not_up=0)


def test_throttled_robot_rests_and_its_fall_back_takes_over(channels, world):
    world["dingtalk"].behave("throttle")
    rig = channels.up([vendors.channel(world, "dingtalk", fallback=["wecom"]), vendors.channel(world, "wecom", reserve=True)])
    rig.ingest.give_item(alert(1))
    world["wecom"].wait(1, 4)
    note = rig.tap.first("curtain/outage/dispatcher-1/dingtalk", lambda m: m.payload, "the desk to be told").body
    assert note["state"] == "throttled" and note["cause"] == "status 200: errcode 130101"
    rig.ingest.give_item(alert(2, "h-2"))
    world["wecom"].wait(2, 4)
    assert len(world["dingtalk"].seen) == 1, "it is left alone for its ten minutes"
    rig.again()
    rig.ingest.give_item(alert(3, "h-3"))
    world["wecom"].wait(3, 6)
    assert len(world["dingtalk"].seen) == 1, "also after a kill"


def test_storm_keeps_the_rate_and_merges(channels, world):
    rig = channels.up([vendors.channel(world, "dingtalk")])
    for i in range(1, 40):
        rig.ingest.give_item(alert(i, f"h-{i}", level="alarm"))
    told = re.compile(r"事件 (i-[0-9a-f]+)")
    with world.changed:
        assert world.changed.wait_for(lambda: len({i for m, _ in world["dingtalk"].taken for i in told.findall(m)}) == 39, vendors.PATIENCE_S)
        count = len(world["dingtalk"].taken)
    assert count <= 16, "four of twenty are kept for a life"
    rig.ingest.give_item({**alert(99, "h-unknown-1"), "kind": "sos"})
    taken = world["dingtalk"].wait(count + 1)
    assert "生命危险" in taken[-1][0].splitlines()[0], "a call for help uses what is kept of the rate"
    assert world["dingtalk"].throttled == 0


def test_channel_that_hangs_delays_no_other_and_no_call_for_help(channels, world):
    world["webhook"].behave(*["hang"] * 50)
    rig = channels.up([vendors.channel(world, "webhook", timeout="20s"), vendors.channel(world, "wecom")])
    for i in range(1, 12):
        rig.ingest.give_item(alert(i, f"h-{i}", level="alarm"))
    world["webhook"].wait_seen(7)

    def call(n):
        rig.ingest.give_item(alert(50 + n, f"h-{20 + n}"))
        page = rig.page("v-1", household=f"h-{20 + n}")
        with world.changed:
            assert world.changed.wait_for(lambda: any(page["incident"] in m for m, _ in world["wecom"].taken), 5)

    assert lane.swiftest(call, 1.5) < 1.5
    page = rig.page("v-1", household="h-20")
    assert any(page["incident"] in r.body.decode() for r in world["webhook"].wait_seen(8, 15)), "one call is kept for a life even there"


def test_channel_that_is_down_is_told_and_comes_back(channels, world):
    entry = vendors.channel(world, "webhook", retry=["0s"])
    rig = channels.up([entry])
    world["webhook"].behave("500", "500", "500")
    for i in range(1, 4):
        rig.ingest.give_item(alert(i, f"h-{i}", level="alarm"))
        world["webhook"].wait_seen(i)
        rig.counters(channel_failed_attempts=i)
    topic = "curtain/outage/dispatcher-1/webhook"
    assert rig.tap.first(topic, lambda m: m.payload and m.body["state"] == "down", "the outage").body["cause"] == "status 500"
    assert "channel_down" in rig.log() and "page_given_up" in rig.log()
    rig.ingest.give_item(alert(9, "h-9"))  # a life is tried all the same
    world["webhook"].wait(1)
    rig.tap.wait(lambda: [m for m in rig.tap.of(topic) if not m.payload], "the note to be cleared")
    rig.counters(channels_not_up=0)


def test_volunteers_are_reached_as_they_wish(channels, world):
    entries = [vendors.channel(world, n) for n in ("ntfy", "bark", "sms", "email")] + [{"name": "app", "preset": "mqtt"}]
    people = {"v-1": {"order": ["bark", "ntfy"], "language": "en", "at": AT["v-1"]}, "v-2": {"order": ["app", "sms"], "at": AT["v-2"]},
              "cap": {"at": {}}}
    rig = channels.up(entries, ["ntfy", "sms"], people, settings=["links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}"])
    world["bark"].behave("refuse")
    rig.ingest.give_item(alert(1))
    message, _ = world["ntfy"].wait(1)[0]
    assert message["topic"] == "topic-1" and message["title"] == "[LIFE AT RISK] Call for help" and message["priority"] == 5
    assert "The call button was pressed." in message["message"]
    assert message["actions"][0]["url"].startswith("https://gate.example/a/1~accept~i-")
    rig.page("v-2")
    for user in ("v-1", "v-2"):
        rig.reply(user, rig.page(user), "decline")
    page = rig.page("v-3")  # in no file: the default order, and the registry's number
    taken = {sms["PhoneNumbers"]: sms for sms, _ in world["sms"].wait(2)}  # theirs and the captain's, who is asked beside
    assert set(taken) == {"1002", "1003"} and taken["1002"]["OutId"] == page["id"], "v-2's app is enough for them"
    assert json.loads(taken["1002"]["TemplateParam"])["level"] == "生命危险" and not world["email"].taken


def link_key(folder):
    path = folder / "links.key"
    path.write_text(os.urandom(32).hex() + "\n", encoding="ascii")
    path.chmod(0o600)
    return path


def test_kill_at_any_moment_loses_no_page_and_repeats_it_with_the_same_id(channels, world):
    world["webhook"].behave(*["hang"] * 4)
    rig = channels.up([vendors.channel(world, "webhook", timeout="20s"), vendors.channel(world, "sms")], ["sms"])
    rig.ingest.give_item(alert(1))
    rig.ingest.give_item(alert(2, "h-2"))
    world["webhook"].wait_seen(4)
    world["sms"].wait(2)
    rig.again()
    world["webhook"].wait(4)
    ids = [r.headers["webhook-id"] for r in world["webhook"].seen]
    assert sorted(ids[:4]) == sorted(ids[4:8]) and len(set(ids)) == 4
    rig.counters(channel_waiting=0)


def test_withdrawn_page_is_told_where_it_was_told(channels, world):
    rig = channels.up([vendors.channel(world, "ntfy"), vendors.channel(world, "sms")], ["ntfy"],
                      {"v-1": {"at": AT["v-1"]}, "v-2": {"order": ["sms"], "at": AT["v-2"]}})
    rig.ingest.give_item(alert(1))
    first, second = rig.page("v-1"), rig.page("v-2")
    world["sms"].wait(1)
    world["ntfy"].wait(1)
    rig.reply("v-2", second, "accept")
    rig.page("v-1", withdrawn=True)
    message, request = world["ntfy"].wait(2)[1]
    assert "无需前往" in message["title"] and message["priority"] == 2 and first["incident"] in message["message"]
    assert len(world["sms"].taken) == 1


def test_wrong_file_stops_it_before_it_connects_and_a_reload_keeps_the_old_one(channels, world):
    rig = channels.up([vendors.channel(world, "webhook")])
    path = channels.folder / "channels.yaml"
    path.write_text("channels:\n  - {name: a, preset: bark, body: '{a: '}\n", encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    rig.tap.wait(lambda: "reload_refused" in rig.log(), "the refusal")
    assert f"{path}:2:" in rig.log()
    rig.ingest.give_item(alert(1))
    world["webhook"].wait(1)
    channels.write([vendors.channel(world, "wecom")])
    rig.process.send_signal(signal.SIGHUP)
    rig.tap.wait(lambda: "msg=reloaded" in rig.log(), "the new file")
    rig.ingest.give_item(alert(2, "h-2"))
    world["wecom"].wait(1)


def test_tool_shows_and_tries_a_channel_without_paging_anyone(channels, world):
    def curtain(*words):
        return subprocess.run([str(DISPATCHER.parent / "curtain"), "channel", *words, "--file", str(channels.folder / "channels.yaml"), "--presets", str(PRESETS),
                               "--people", str(channels.folder / "people.yaml")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    channels.write([vendors.channel(world, n) for n in ("dingtalk", "ntfy")], ["ntfy"])
    assert curtain("check").stdout.count("\n") == 3
    shown = curtain("print", "dingtalk", "--level", "alarm", "--kind", "leak")
    assert shown.returncode == 0 and "【警报】漏水报警" in shown.stdout and "SECRET-token" in shown.stdout
    assert not any(secret in shown.stdout for secret in world.secrets.values()) and not world["dingtalk"].seen
    done = curtain("send", "ntfy", "--to", "v-1")
    assert done.returncode == 0 and re.fullmatch(r"ntfy: sent: n[0-9a-f]+\n", done.stdout), done
    assert world["ntfy"].taken[0][0]["topic"] == "topic-1" and "维护" in world["ntfy"].taken[0][0]["title"]
    world["dingtalk"].behave("refuse")
    done = curtain("send", "dingtalk")
    assert done.returncode == 1 and done.stdout == "dingtalk: refused: status 200: errcode 310000\n"
    done = curtain("print", "dingtlak")
    assert done.returncode == 2 and "dingtlak" in done.stderr


def test_accept_link_answers_once_in_the_name_of_who_got_it(channels, world):
    rig = channels.up([vendors.channel(world, "ntfy")], ["ntfy"], settings=["links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}"])
    rig.ingest.give_item(alert(1))
    page = rig.page("v-1")
    world["ntfy"].wait(2)
    token = next(m["actions"][0]["url"] for m, _ in world["ntfy"].taken if m["topic"] == "topic-1").split("/a/")[1]
    looked = rig.call("link", {"token": token})["result"]
    assert (looked["verdict"], looked["user"], looked["incident"], looked["action"]) == ("good", "v-1", page["incident"], "accept")
    assert rig.call("link", {"token": token[:-1] + ("A" if token[-1] != "A" else "B"), "confirm": True})["result"] == {"verdict": "forged"}
    assert rig.call("link", {"token": token.replace("v-1", "v-2"), "confirm": True})["result"] == {"verdict": "forged"}
    assert not [i for i in rig.records.items if i["state"] == "accepted"], "looking answers nothing"
    done = rig.call("link", {"token": token, "confirm": True})["result"]
    assert (done["verdict"], done["reply"]) == ("good", "taken")
    assert rig.state(page["incident"], "accepted")["responder"] == "v-1"
    rig.again()
    assert rig.call("link", {"token": token, "confirm": True})["result"]["verdict"] == "used"


def test_a_decline_link_passes_the_page_on_at_once_and_works_once(channels, world):
    rig = channels.up([vendors.channel(world, "ntfy")], ["ntfy"], settings=["links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}"])
    rig.ingest.give_item(alert(1, level="alarm"))
    page = rig.page("v-1")
    message, _ = world["ntfy"].wait(1)[0]
    assert [a["label"] for a in message["actions"]] == ["接单", "谢绝"]
    accept, token = (a["url"].split("/a/")[1] for a in message["actions"])
    looked = rig.call("link", {"token": token})["result"]
    assert (looked["verdict"], looked["user"], looked["incident"], looked["action"], looked["kind"]) == ("good", "v-1", page["incident"], "decline", "leak")
    assert looked["about"]["kind_zh"] == "漏水报警" and looked["about"]["zh"].startswith("住户 h-1，") and "呼救键" not in json.dumps(looked, ensure_ascii=False)
    forged = token.replace("~decline~", "~accept~")
    assert rig.call("link", {"token": forged, "confirm": True})["result"] == {"verdict": "forged"}
    assert not rig.pages("v-2"), "looking answers nothing"
    assert rig.call("link", {"token": token, "confirm": True})["result"]["reply"] == "taken"
    rig.page("v-2")
    assert rig.call("link", {"token": token, "confirm": True})["result"]["verdict"] == "used"
    assert rig.call("link", {"token": accept, "confirm": True})["result"]["reply"] in ("taken", "late")  # each works once; what it is worth, the incident says


def test_a_swap_is_asked_over_the_channel_and_agreed_by_its_link(channels, world):
    rig = channels.up([vendors.channel(world, "ntfy")], ["ntfy"], people={"v-2": {"at": AT["v-2"]}},
                      settings=["links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}", "rota.reachable=0s"])
    duty = {"from": "2030-12-07T07:00:00Z", "until": "2030-12-07T19:00:00Z"}
    assert rig.call("roster", {"team": "t-1", "duties": f"{duty['from']},{duty['until']},0,day,v-1"})["ok"]
    made = rig.call("swap", {"team": "t-1", "shift": "day", "from": duty["from"], "user": "v-1", "to": "v-2"})["result"]
    message, _ = world["ntfy"].wait(1)[0]
    assert message["topic"] == "topic-2" and "值班通知" in message["title"] and "day" in message["message"]
    token = message["actions"][0]["url"].split("/a/")[1]
    assert rig.call("link", {"token": token, "confirm": True})["result"]["reply"] == "taken"
    assert [d["user"] for d in rig.call("duties", {"team": "t-1"})["result"]["items"]] == ["v-2"]
    assert rig.call("link", {"token": token, "confirm": True})["result"]["verdict"] == "used"
    assert made["matter"] in {m["matter"] for m in rig.call("matters", {})["result"]["items"]}


def test_a_visit_is_asked_over_the_channel_of_ones_wish_and_agreed_by_its_link(channels, world):
    """v-1 has visits by Bark, all else by ntfy; one group is told of visits, the other is not."""
    rig = channels.rig
    rig.start(*channels.write([vendors.channel(world, "ntfy"), vendors.channel(world, "bark"), vendors.channel(world, "dingtalk"),
                               vendors.channel(world, "wecom", about=["visit"])], ["ntfy"],
                              {"v-1": {"about": {"visit": ["bark"]}, "language": "en", "at": AT["v-1"]}, "cap": {"at": {"ntfy": "topic-cap"}}}),
              "links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}", *VISITS)
    lane.Consumer(rig.peer("records-1"), "visit", "records")
    rig.registry.give(0, visit_people())
    message, _ = world["bark"].wait(1)[0]
    assert message["device_key"] == "key-1" and message["title"] == "[ATTENTION] Visit" and "Home h-5" in message["body"] and "Can you go?" in message["body"]
    told, _ = world["wecom"].wait(1)[0]
    told = json.dumps(told, ensure_ascii=False)
    assert "探访" in told and "h-5" in told
    assert not any(word in told for word in ("陪伴", "http", "您能去吗")), "why, and where to answer, is one person's"
    token = message["url"].split("/a/")[1]
    looked = rig.call("link", {"token": token})["result"]
    assert looked["verdict"] == "good" and looked["user"] == "v-1" and looked["incident"].startswith("e-")
    assert rig.call("visit_show", {"errand": looked["incident"]})["result"]["state"] == "offered", "looking answers nothing"
    assert looked["kind"] == "visit" and looked["about"]["en"].startswith("Home h-5, ")
    assert rig.call("link", {"token": token, "confirm": True})["result"]["reply"] == "taken"
    assert rig.call("visit_show", {"errand": looked["incident"]})["result"]["state"] == "agreed"
    assert rig.call("link", {"token": token, "confirm": True})["result"]["verdict"] == "used"
    rig.call("visit_answer", {"errand": looked["incident"], "action": "cancel"})
    message, _ = world["bark"].wait(2)[1]
    assert "Cancelled: no need to go." in message["body"] and "url" not in message
    receipts = rig.call("deliveries", {"incident": looked["incident"]})["result"]["items"]
    assert {r["channel"] for r in receipts} == {"bark", "wecom"}
    assert not world["dingtalk"].taken and not world["ntfy"].taken


def test_visits_that_are_asked_at_once_leave_as_one_message_with_a_link_each(channels, world):
    rig = channels.rig
    rig.start(*channels.write([vendors.channel(world, "email")], ["email"], {"v-1": {"at": AT["v-1"]}}),
              "links.base_url=https://gate.example", f"links.secret_file={link_key(channels.folder)}", *VISITS)
    lane.Consumer(rig.peer("records-1"), "visit", "records")
    homes = [f"h-{n}" for n in (5, 6, 7, 8)]
    rows = visit_people() + [{"kind": "care", "key": home, "languages": ["shaanxi"], "visits_every_days": 1} for home in homes[1:]]
    rig.registry.give(0, [{**row, "seq": n + 1} for n, row in enumerate(rows)])
    message, _ = world["email"].wait(1)[0]
    assert "探访，另有 3 条" in message["subject"] and message["to"] == "v1@example.org"
    assert all(home in message["text"] for home in homes)
    tokens = {action: re.findall(rf"https://gate\.example/a/(1~{action}~e-[0-9a-f]+~v-1~\S+)", message["text"]) for action in ("accept", "decline")}
    assert len(set(tokens["accept"])) == len(set(tokens["decline"])) == 4
    assert re.search(r"住户 h-5，.*\n同意 https://.*\n谢绝 https://.*\n", message["text"])
    declined = rig.call("link", {"token": tokens["decline"][0], "confirm": True})["result"]
    assert (declined["reply"], declined["kind"]) == ("taken", "visit")
    shown = rig.call("visit_show", {"errand": declined["incident"]})["result"]
    assert shown["state"] == "open" and "assignee" not in shown, "nobody else speaks the elder's language"
