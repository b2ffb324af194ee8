# SPDX-License-Identifier: MIT
"""The lane protocol with a plain MQTT client, for tests that stand in for a service (common/lane/lane.h says what it promises).

Producer plays the giving side: keeps each batch until every consumer has acknowledged it, sends again what is asked for. Consumer plays
the taking side: applies each batch once and in order, acknowledges. Directory plays records: a compacted lane that serves all after N. Log keeps what was heard, so that a test can wait for it. All work on a
Peer of tests/lib/broker.py; nothing sleeps.
"""
import datetime as dt
import json
import threading
import time
import zlib

from broker import PATIENCE_S


def rfc3339(t):
    return dt.datetime.fromtimestamp(t, dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def swiftest(attempt, limit_s, times=3):
    """The shortest time of up to `times` calls of attempt(n), which may give its own; ends with the first within limit_s. What is slow by itself is slow
    each time, what a busy machine holds up is not."""
    took = []
    for n in range(times):
        began = time.monotonic()
        own = attempt(n)
        took.append(time.monotonic() - began if own is None else own)
        if took[-1] < limit_s:
            break
    return min(took)


def shard_of(household, shards=8):
    return zlib.crc32(household.encode()) % shards


class Heard:
    """One message: topic, body (decoded JSON; None: empty), retained, at (monotonic), correlation."""

    def __init__(self, message):
        self.topic, self.retained, self.at = message.topic, message.retain, time.monotonic()
        self.payload = bytes(message.payload)
        self.correlation = bytes(getattr(message.properties, "CorrelationData", b""))
        try:
            self.body = json.loads(message.payload) if message.payload else None
        except ValueError:
            self.body = bytes(message.payload)


class Log:
    def __init__(self, peer, *filters):
        self.changed, self.messages = threading.Condition(), []
        for topic_filter in filters:
            peer.on(topic_filter, self._take)

    def _take(self, message):
        with self.changed:
            self.messages.append(Heard(message))
            self.changed.notify_all()

    def of(self, start, condition=lambda heard: True):
        with self.changed:
            return [m for m in self.messages if m.topic.startswith(start) and condition(m)]

    def wait(self, condition, what, limit_s=PATIENCE_S):
        """Waits until condition() gives something true, looked at after each message; returns it."""
        got = [None]

        def look():
            got[0] = condition()
            return got[0]

        with self.changed:
            if not self.changed.wait_for(look, limit_s):
                last = [(m.topic, m.body) for m in self.messages if "/status/" not in m.topic][-8:]
                raise TimeoutError(f"waited {limit_s} s for {what}; last heard: {last}")
        return got[0]

    def first(self, start, condition, what, limit_s=PATIENCE_S):
        return self.wait(lambda: next(iter(self.of(start, condition)), None), what, limit_s)


class Producer:
    def __init__(self, peer, lane, producer, consumers, shards=8, compacted=False):
        self.peer, self.lane, self.producer, self.shards, self.compacted = peer, lane, producer, shards, compacted
        self.epoch = int(time.time() * 1000)
        self.batches = {s: [] for s in range(shards)}  # (seq, payload)
        self.last = {s: 0 for s in range(shards)}
        self.acked = {(s, c): 0 for s in range(shards) for c in consumers}
        self.changed = threading.RLock()
        peer.on(f"curtain/ack/{lane}/{producer}/+/+", self._on_message)

    def give(self, shard, items, at=None):
        """Adds and sends one batch; [] is a heartbeat. Returns its seq."""
        with self.changed:
            prev = self.last[shard]
            seq = items[-1]["seq"] if self.compacted and items else prev + 1
            self.last[shard] = seq
            body = json.dumps({"lane": self.lane, "producer": self.producer, "epoch": self.epoch, "shard": shard, "prev": prev, "seq": seq,
                               "at": rfc3339(time.time() if at is None else at), "items": items}, ensure_ascii=False)
            self.batches[shard].append((seq, body))
            self._send(shard, body)
            return seq

    def give_item(self, item, at=None):
        return self.give(shard_of(item["household"], self.shards), [item], at)

    def beat(self, at=None):
        for shard in range(self.shards):
            self.give(shard, [], at)

    def resend(self):
        """Sends all that is not acknowledged; a real outbox does so after some silence."""
        with self.changed:
            for shard in range(self.shards):
                done = min(a for (s, _), a in self.acked.items() if s == shard)
                for seq, body in self.batches[shard]:
                    if seq > done:
                        self._send(shard, body)

    def forget(self):
        """Begins anew, as a service whose store is new does."""
        with self.changed:
            self.epoch = max(self.epoch + 1, int(time.time() * 1000))
            self.batches = {s: [] for s in range(self.shards)}
            self.last = dict.fromkeys(self.last, 0)
            self.acked = dict.fromkeys(self.acked, 0)

    def all_acked(self):
        return all(a >= self.last[s] for (s, _), a in self.acked.items())

    def _send(self, shard, body):
        self.peer.publish(f"curtain/lane/{self.lane}/{self.producer}/{shard}", body)

    def _on_message(self, message):
        parts = message.topic.split("/")
        if not message.payload or (int(parts[4]), parts[5]) not in self.acked:
            return
        shard, consumer, ack = int(parts[4]), parts[5], json.loads(message.payload)
        with self.changed:
            self._take_ack(shard, consumer, ack)

    def _take_ack(self, shard, consumer, ack):
        if ack["epoch"] == self.epoch:
            self.acked[(shard, consumer)] = max(self.acked[(shard, consumer)], ack["seq"])
        if ack.get("want"):
            for seq, body in self.batches[shard]:
                if ack["epoch"] != self.epoch or seq > ack["seq"]:
                    self._send(shard, body)


class Consumer:
    """items holds what was applied, in order; a batch that comes again is counted and acknowledged again, a gap is asked for.
    producer None: whoever sends. hold(): applies and acknowledges nothing, as a consumer that is down."""

    def __init__(self, peer, lane, consumer, producer=None):
        self.peer, self.lane, self.consumer, self.producer = peer, lane, consumer, producer
        self.changed = threading.Condition()
        self.position, self.marks = {}, {}  # (producer, shard) -> (epoch, seq); -> at of the last batch
        self.items, self.duplicates, self.gaps, self.holding = [], 0, 0, False
        peer.on(f"curtain/lane/{lane}/{producer or '+'}/+", self._on_message)

    def _on_message(self, message):
        batch, parts = json.loads(message.payload), message.topic.split("/")
        key = (parts[3], int(parts[4]))
        assert (batch["lane"], batch["producer"], batch["shard"]) == (parts[2], *key), message.topic
        with self.changed:
            if self.holding:
                return
            ack = self._apply(key, batch)
            self.changed.notify_all()
        self.peer.publish(f"curtain/ack/{self.lane}/{key[0]}/{key[1]}/{self.consumer}", ack, retain=True)

    def _apply(self, key, batch):
        epoch, seq = self.position.get(key, (batch["epoch"], 0))
        if batch["epoch"] != epoch:
            epoch, seq = batch["epoch"], 0
        want = batch["prev"] > seq
        if batch["seq"] <= seq:
            self.duplicates += 1
        elif want:
            self.gaps += 1
        else:
            self.items += batch["items"]
            self.marks[key] = batch["at"]
            seq = batch["seq"]
        self.position[key] = (epoch, seq)
        return {"epoch": epoch, "seq": seq, **({"want": True} if want else {})}

    def hold(self, holding=True):
        with self.changed:
            self.holding = holding

    def wait(self, condition, limit_s=PATIENCE_S, what="items"):
        """Waits until condition(items) is true; returns the items."""
        with self.changed:
            ok = self.changed.wait_for(lambda: condition(self.items), limit_s)
            assert ok, f"waited {limit_s} s for {what} on lane {self.lane}; {len(self.items)} came, the last: {self.items[-3:]}"
            return list(self.items)


class Directory:
    """records as the producer of a compacted directory lane: put() commits entries, consumers that ask get all after what they have."""

    def __init__(self, peer, lane="directory-ingest", producer="records-1", epoch=1000):
        self.peer, self.lane, self.producer, self.epoch = peer, lane, producer, epoch
        self.changed = threading.Condition()
        self.entries, self.seq, self.acked = {}, 0, {}  # acked: consumer -> (epoch, seq)
        peer.on(f"curtain/ack/{lane}/{producer}/0/+", self.take)

    def take(self, message):
        ack, consumer = json.loads(message.payload), message.topic.rsplit("/", 1)[1]
        with self.changed:
            self.acked[consumer] = (ack["epoch"], ack["seq"])
            self.changed.notify_all()
            position = ack["seq"] if ack["epoch"] == self.epoch else 0
            if (ack.get("want") or ack["epoch"] != self.epoch) and position < self.seq:
                self.send(position)

    def send(self, after):
        items = sorted((e for e in self.entries.values() if e["seq"] > after), key=lambda e: e["seq"])
        self.peer.publish(f"curtain/lane/{self.lane}/{self.producer}/0", {
            "lane": self.lane, "producer": self.producer, "epoch": self.epoch, "shard": 0, "prev": after, "seq": self.seq, "at": rfc3339(time.time()), "items": items})

    def put(self, *entries):
        with self.changed:
            before = self.seq
            for entry in entries:
                self.seq += 1
                self.entries[entry["kind"], entry["key"]] = {**entry, "seq": self.seq}
            self.send(before)

    def anew(self, epoch):
        """A registry that was made anew: what it has given so far is forgotten, without tombstones."""
        with self.changed:
            self.epoch, self.entries, self.seq = epoch, {}, 0

    def wait(self, consumer, limit_s=PATIENCE_S):
        """Waits until the consumer has all."""
        with self.changed:
            ok = self.changed.wait_for(lambda: self.acked.get(consumer) == (self.epoch, self.seq), limit_s)
            assert ok, f"{consumer} has {self.acked.get(consumer)}, not {(self.epoch, self.seq)}"


def device(name, household, place="kitchen"):
    return {"kind": "device", "key": name, "household": household, "place": place}


def consent(household, *quantities):
    return {"kind": "consent", "key": household, "quantities": list(quantities)}


def gone(kind, key):
    return {"kind": kind, "key": key, "deleted": True}
