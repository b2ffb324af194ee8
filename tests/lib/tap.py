#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A tap on a live run: checks every message on curtain/# against the channel of schemas/asyncapi.yaml whose address it fits and against that
channel's JSON Schema. It reads with an account of class `tap`, on the side: nothing that it does changes the run.

As a module: `with Tap(system) as tap: ...`, then tap.check(). On its own, until SIGTERM or SIGINT:
  tap.py --host H --port P --user U --password-file F     prints each fault; exit status 1 if there was one
"""
import argparse
import collections
import json
import pathlib
import re
import signal
import sys
import threading

import jsonschema
import paho.mqtt.client as mqtt
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
FAULTS_KEPT = 50
MAY_BE_CLEARED = {"incident", "oncall", "outage"}  # retained topics that end with an empty message


def no_twins(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice")
    return dict(pairs)


class Judge:
    """Topics and payloads against the AsyncAPI document; no network here."""

    def __init__(self):
        document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
        store = {}
        for path in (SCHEMAS / "json").glob("*.schema.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            store[schema["$id"]] = schema
        self.channels = []
        for name, channel in document["channels"].items():
            if not channel["address"].startswith("curtain/"):
                continue
            form = re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                      for part in re.split(r"(\{[^}]+\})", channel["address"])))
            message = next(iter(channel["messages"].values()))["$ref"].rsplit("/", 1)[1]
            payload = document["components"]["messages"][message].get("payload")
            self.channels.append((form, name, payload and self.validator(payload["$ref"].rsplit("/", 1)[1], store), channel["address"].count("{")))
        self.sent = {}  # class -> names of the channels on which it sends
        for operation in document["operations"].values():
            if operation["action"] == "send":
                self.sent.setdefault(operation["x-class"], set()).add(operation["channel"]["$ref"].rsplit("/", 1)[1])
        self.channels.sort(key=lambda channel: channel[3])  # of two that fit, the one that says more: .../response/{client}

    @staticmethod
    def validator(name, store):
        schema = store[name]
        return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(base_uri=name, referrer=schema, store=store))

    def judge(self, topic, payload):
        """Gives what is wrong with a message, or None, and its decoded body where it has one."""
        fitting = [(name, validator) for form, name, validator, _ in self.channels if form.fullmatch(topic)]
        if not fitting:
            return "no channel of asyncapi.yaml has such a topic", None
        name, validator = fitting[0]
        if validator is None or (not payload and name in MAY_BE_CLEARED):
            return None, None
        try:
            body = json.loads(payload, object_pairs_hook=no_twins)
        except ValueError as error:
            return f"no JSON: {error}", None
        for error in validator.iter_errors(body):
            place = "/".join(str(step) for step in error.absolute_path)
            return f"{name}: {place or 'the message'}: {error.message[:300]}", body
        return None, body


    def judge_service(self, service, heard):
        """Judges what one service has sent, of messages (topic, payload) that a test has heard: its own lanes, acknowledgements and the rest of
        what asyncapi.yaml lets it send. What tests send in its neighbours' names may be as wrong as they like. Gives the faults."""
        faults = []
        for topic, payload in heard:
            part = topic.split("/")
            name = next((name for form, name, _, _ in self.channels if form.fullmatch(topic)), None)
            mine = part[3] == f"{service}-1" if part[1] == "lane" else part[-1] == service if part[1] == "ack" else True
            if mine and name in self.sent[service]:
                fault, _ = self.judge(topic, payload)
                faults += [f"{topic}: {fault}"] if fault else []
        return faults


class Tap:
    """Listens on curtain/#; on_message(topic, body, retained) may be given to see what passes."""

    def __init__(self, system=None, on_message=None, host="127.0.0.1", port=None, user="tap", password=None):
        if system is not None:
            system.local("account", "tap", user)
            port, password = system.port, system.password(user)
        self.judge, self.on_message = Judge(), on_message
        self.faults, self.counts = [], collections.Counter()
        self.ready = threading.Event()
        self.client = mqtt.Client(f"{user}-{id(self)}", protocol=mqtt.MQTTv5)
        self.client.username_pw_set(user, password)
        self.client.on_connect = lambda client, *_: client.subscribe("curtain/#", 1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self.take
        self.host, self.port = host, port

    def take(self, _client, _data, message):
        fault, body = self.judge.judge(message.topic, message.payload)
        self.counts[message.topic.split("/")[1]] += 1
        if fault:
            self.counts["faults"] += 1
            if len(self.faults) < FAULTS_KEPT:
                self.faults.append(f"{message.topic}: {fault}")
        if self.on_message and body is not None:
            self.on_message(message.topic, body, message.retain)

    def __enter__(self):
        self.client.connect(self.host, self.port)
        self.client.loop_start()
        if not self.ready.wait(20):
            raise RuntimeError("tap: no connection")
        return self

    def __exit__(self, *_):
        self.client.loop_stop()
        self.client.disconnect()

    def check(self):
        """Raises if a message broke its schema, or if there was none to judge."""
        if self.faults:
            raise AssertionError(f"{self.counts['faults']} messages break their schema:\n" + "\n".join(self.faults))
        if not self.counts:
            raise AssertionError("the tap saw no message")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="tap")
    parser.add_argument("--password-file", required=True)
    arguments = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    password = pathlib.Path(arguments.password_file).read_text(encoding="utf-8").strip()
    with Tap(host=arguments.host, port=arguments.port, user=arguments.user, password=password) as tap:
        over.wait()
    print("\n".join(tap.faults))
    print(", ".join(f"{count} {kind}" for kind, count in sorted(tap.counts.items())))
    return 1 if tap.faults else 0


if __name__ == "__main__":
    sys.exit(main())
