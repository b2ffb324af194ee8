#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plays a recorded week of a small district on the replay clock and tells what happened.

play.py STORY.yaml --json OUT   with the broker from CURTAIN_HOST, CURTAIN_PORT, CURTAIN_USER, CURTAIN_PASSWORD_FILE

Devices' messages are published as their vendors' gateways would, then curtain/clock moves on, then the player waits until
the dispatcher has worked up to that time; volunteers answer their pages as the story says they do. Nothing sleeps: a
week takes as long as the services need.
"""
import argparse
import csv
import datetime as dt
import heapq
import itertools
import json
import os
import pathlib
import socket
import sys
import threading

import paho.mqtt.client as mqtt
import yaml

MINUTE = 60
ZONE = dt.timezone(dt.timedelta(hours=8))


def rfc3339(t):
    return dt.datetime.fromtimestamp(t, dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def clock_text(t):
    return dt.datetime.fromtimestamp(t, ZONE).strftime("%a %H:%M")


# --- devices: one function a vendor's form -------------------------------------------------------------------------

def wmbusmeters(device, litres, t):
    return f"wmbusmeters/{device}", json.dumps({
        "media": "water", "meter": "iperl", "name": "meter", "id": device, "total_m3": round(litres / 1000, 3),
        "max_flow_m3h": 0, "timestamp": rfc3339(t)[:19] + "Z"})


def senml(device, litres, t):
    return f"curtain/in/player/{device}", json.dumps([{"n": "water_total", "u": "m3", "v": round(litres / 1000, 3), "t": int(t)}])


def gateway_4g(device, litres, t):
    return f"meter/{device}/water", json.dumps({"id": device, "ts": rfc3339(t), "total_m3": round(litres / 1000, 3)})


WATER = {"wmbusmeters": wmbusmeters, "senml": senml, "meter": gateway_4g}


def water_messages(story, folder, start):
    with open(folder / story["water"]["file"], encoding="utf-8") as file:
        rows = [(int(r["meter"]), int(r["second"]), float(r["litres"])) for r in csv.DictReader(file)]
    for home in story["homes"]:
        held = None
        for _, second, litres in (r for r in rows if r[0] == home["meter"]):
            t = start + second
            if "silent_from" in home and second >= home["silent_from_s"]:
                held = held if held is not None else litres
                litres = held
            if second < home.get("broken_until_s", 0):
                topic, payload = WATER[home["form"]](home["device"], litres, t)
                yield t, topic, payload[: len(payload) // 2]
            else:
                yield (t, *WATER[home["form"]](home["device"], litres, t))


def story_time(start, text):  # "tue 03:12"
    day, clock = text.split()
    hour, minute = clock.split(":")
    return start + ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day) * 86400 + int(hour) * 3600 + int(minute) * 60


# --- the player -----------------------------------------------------------------------------------------------------

class Player:
    def __init__(self, story, folder):
        self.story = story
        self.start = dt.datetime.fromisoformat(story["start"]).replace(tzinfo=ZONE).timestamp()
        self.order = itertools.count()
        self.queue = []  # (time, order, topic, payload)
        self.stops = []  # times at which the clock must stand exactly: calls for help and replies, not meters
        self.changed = threading.Condition()
        self.dispatcher_clock = 0.0
        self.pages = {}
        self.events = {}
        self.messages = self.acknowledged = 0
        for home in story["homes"]:
            if "silent_from" in home:
                home["silent_from_s"] = story_time(self.start, home["silent_from"]) - self.start
            if "broken_until" in home:
                home["broken_until_s"] = story_time(self.start, home["broken_until"]) - self.start
        for t, topic, payload in water_messages(story, folder, self.start):
            self.push(t, topic, payload, exact=False)
        for message in story["messages"]:
            self.push(story_time(self.start, message["at"]), message["topic"],
                      message["payload"] if isinstance(message["payload"], str) else json.dumps(message["payload"]))
        self.client = mqtt.Client("player", protocol=mqtt.MQTTv5)
        if os.environ.get("CURTAIN_PLAYER_PASSWORD_FILE"):
            self.client.username_pw_set("player", pathlib.Path(os.environ["CURTAIN_PLAYER_PASSWORD_FILE"]).read_text().strip())
        if os.environ.get("CURTAIN_CA_FILE"):
            self.client.tls_set(os.environ["CURTAIN_CA_FILE"])
        self.subscribed = threading.Event()
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self.on_message
        self.client.on_publish = self.on_publish
        self.client.max_inflight_messages_set(1000)

    def push(self, t, topic, payload, exact=True):
        heapq.heappush(self.queue, (t, next(self.order), topic, payload))
        if exact:
            heapq.heappush(self.stops, t)

    def on_connect(self, client, *_):
        # Acknowledgements are small packets: without this the next message waits 40 ms for the broker's TCP to confirm them.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.subscribe([("curtain/status/dispatcher/+", 1), ("curtain/volunteer/+/page", 1), ("curtain/lane/incident/+/+", 1)])

    def on_publish(self, _client, _data, _mid):
        with self.changed:
            self.acknowledged += 1
            self.changed.notify_all()

    def on_message(self, _client, _data, message):
        if not message.payload:
            return
        body = json.loads(message.payload)
        with self.changed:
            if message.topic.startswith("curtain/status/"):
                if body.get("clock"):
                    self.dispatcher_clock = max(self.dispatcher_clock, seconds(body["clock"]))
            elif message.topic.startswith("curtain/volunteer/"):
                self.answer(body)
            else:
                for item in body["items"]:
                    self.events[(item["id"], item["revision"])] = item
            self.changed.notify_all()

    def answer(self, page):
        """A volunteer has been paged: what this person does is in the story."""
        if page["id"] in self.pages or page.get("withdrawn"):
            self.pages.setdefault(page["id"], page)
            return
        self.pages[page["id"]] = page
        habits = self.story["volunteers"].get(page["user"], self.story["volunteers"]["default"])
        at = seconds(page["at"])
        said = {"page": page["id"], "incident": page["incident"], "user": page["user"]}

        def reply(delay, action, **more):
            t = at + delay
            self.push(t, f"curtain/volunteer/{page['user']}/reply", json.dumps({**said, "action": action, "at": rfc3339(t), **more}))

        if habits["answer"] == "decline":
            reply(habits["after_s"], "decline")
        elif habits["answer"] == "accept":
            outcome = self.story["outcomes"].get(page["household"], "helped")
            reply(habits["after_s"], "accept")
            reply(habits["after_s"] + habits["walk_s"], "arrived")
            reply(habits["after_s"] + habits["walk_s"] + 20 * MINUTE, "done", outcome=outcome)

    def publish(self, topic, payload):
        # Not under our lock: paho calls on_publish under a lock of its own, which publish takes too.
        self.client.publish(topic, payload, qos=1)
        self.messages += 1

    def wait(self, condition, what, limit_s=60):
        with self.changed:
            if not self.changed.wait_for(condition, limit_s):
                sys.exit(f"play.py: waited {limit_s} s for {what}; look at the services' logs")

    def open_incidents(self):
        last = {}
        for (incident, revision), item in self.events.items():
            if revision > last.get(incident, (0, None))[0]:
                last[incident] = (revision, item)
        return [item for _, item in last.values() if item["state"] not in ("resolved", "cancelled")]

    def play(self):
        end = self.start + self.story["days"] * 86400
        self.client.connect(os.environ.get("CURTAIN_HOST", "127.0.0.1"), int(os.environ.get("CURTAIN_PORT", "1883")))
        self.client.loop_start()
        if not self.subscribed.wait(30):
            sys.exit("play.py: no connection to the broker")
        now = self.start
        while now < end:
            step = MINUTE if self.open_incidents() else 5 * MINUTE
            with self.changed:
                while self.stops and self.stops[0] <= now:
                    heapq.heappop(self.stops)
                now = min([end, now - now % step + step, *self.stops[:1]])
                due = []
                while self.queue and self.queue[0][0] <= now:
                    due.append(heapq.heappop(self.queue))
            for _, _, topic, payload in due:
                self.publish(topic, payload)
            self.publish("curtain/clock", json.dumps({"at": rfc3339(now)}))
            self.wait(lambda: self.acknowledged >= self.messages, "the broker's acknowledgements")
            self.wait(lambda: self.dispatcher_clock >= now, f"the dispatcher to reach {rfc3339(now)}")
        self.client.loop_stop()
        self.client.disconnect()


# --- the story ------------------------------------------------------------------------------------------------------

WORDS = {
    "raised": "incident opened", "alert_joined": "another alert joins", "alert_cleared": "the alert has cleared", "paged": "asked to go",
    "declined": "cannot go", "timed_out": "did not answer", "accepted": "is on the way", "arrived": "is at the door",
    "escalated": "nobody left to ask: the desk has it", "resolved": "over", "cancelled": "over by itself"}


def summarise(player):
    incidents = {}
    for (incident, _), item in sorted(player.events.items(), key=lambda pair: (pair[1]["opened"], pair[0])):
        entry = incidents.setdefault(incident, {"household": item["household"], "kind": item["kind"], "opened": item["opened"], "events": []})
        entry.update(level=item["level"], state=item["state"], outcome=item.get("outcome", ""), responder=item.get("responder", entry.get("responder", "")),
                     reason_zh=item["reason_zh"], reason_en=item["reason_en"])
        entry["events"].append({"event": item["event"], "actor": item.get("actor", ""), "at": item["at"]})
    return {"messages": player.messages, "pages": len([p for p in player.pages.values() if not p.get("withdrawn")]), "incidents": list(incidents.values())}


def tell(summary):
    for incident in summary["incidents"]:
        opened = seconds(incident["opened"])
        print(f"\n{clock_text(opened)}  {incident['household']}  {incident['kind']} ({incident['level']})")
        print(f"           {incident['reason_zh']}\n           {incident['reason_en']}")
        for event in incident["events"]:
            minutes = (seconds(event["at"]) - opened) / 60
            print(f"  +{minutes:6.1f} min  {event['actor'] or '-':10s} {WORDS[event['event']]}")
        if incident["outcome"]:
            print(f"             outcome: {incident['outcome']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("story")
    parser.add_argument("--json", help="write what happened to this file")
    arguments = parser.parse_args()
    path = pathlib.Path(arguments.story)
    player = Player(yaml.safe_load(path.read_text(encoding="utf-8")), path.parent)
    player.play()
    summary = summarise(player)
    tell(summary)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
