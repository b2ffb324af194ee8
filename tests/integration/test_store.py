# SPDX-License-Identifier: MIT
"""How records keeps readings: hours and days beside them whatever comes late or twice, partitions ahead and over."""
import json
import time

import psycopg2
import pytest

from test_records import Rig, lib

ALL_TIME = "'2000-01-01', '2100-01-01'"


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    yield made
    made.close()


@pytest.fixture
def running(rig):
    rig.sql("drop schema public cascade; create schema public")
    rig.start()
    rig.ready()
    yield rig
    rig.stop()


def reading(at, value=1.0, quantity="temperature", household="h-1", device="d-1", **more):
    return {"device": device, "household": household, "quantity": quantity, "value": value, "at": at, "received": at, **more}


def counter(at, since, delta, **more):
    return reading(at, 100.0 + delta, "water_total", delta=delta, since=since, **more)


class Lane:
    """Batches of readings on one shard, one after the other."""

    def __init__(self, rig, shard=0):
        self.rig, self.shard, self.seq = rig, shard, 0
        self.epoch = time.time_ns() // 1000  # its own, so that no acknowledgement of an earlier test is taken for one of this

    def give(self, *readings, at="2026-03-01T00:00:00.000Z"):
        self.seq += 1
        body = {"lane": "reading", "producer": "ingest-1", "epoch": self.epoch, "shard": self.shard, "prev": self.seq - 1, "seq": self.seq, "at": at, "items": list(readings)}
        self.rig.client.publish(f"curtain/lane/reading/ingest-1/{self.shard}", json.dumps(body), qos=1)
        self.rig.acked("reading", "ingest-1", self.seq, epoch=self.epoch, shard=self.shard)


def right(rig):
    assert rig.sql(f"select * from hours_wrong({ALL_TIME})") == []
    assert rig.sql(f"select * from days_wrong({ALL_TIME})") == []


def test_a_late_reading_of_last_month_is_in_its_own_hour_and_day(running):
    lane = Lane(running)
    lane.give(reading("2026-03-31T15:10:00.000Z", 20.0), counter("2026-03-31T15:30:00.000Z", "2026-03-31T15:00:00.000Z", 3.0))
    lane.give(reading("2026-04-20T01:00:00.000Z", 25.0))
    lane.give(reading("2026-03-31T15:50:00.000Z", 10.0, late=True), counter("2026-03-31T15:05:00.000Z", "2026-03-31T14:55:00.000Z", 2.0, late=True),
              reading("2026-03-31T02:50:00.000Z", 12.0, late=True))
    hour = running.sql("select readings, low, high, total from reading_hour where quantity = 'temperature' and hour = '2026-03-31 15:00Z'")
    assert hour == [(2, 10.0, 20.0, 30.0)]
    assert running.sql("select delta, first, last from reading_hour where quantity = 'water_total' and hour = '2026-03-31 15:00Z'")[0][0] == 5.0
    assert running.sql("select day::text, readings, low, high from reading_day where quantity = 'temperature' order by 1") == \
        [("2026-03-31", 3, 10.0, 20.0), ("2026-04-20", 1, 25.0, 25.0)]
    right(running)


def test_days_are_those_of_shanghai_across_a_month_and_a_year(running):
    lane = Lane(running)
    times = ["2025-12-31T15:59:59.999Z", "2025-12-31T16:00:00.000Z", "2026-02-28T15:59:00.000Z", "2026-02-28T16:00:00.000Z", "2026-03-01T00:00:00.000Z"]
    lane.give(*[reading(at, float(n)) for n, at in enumerate(times)])
    assert running.sql("select day::text, readings from reading_day order by 1") == [("2025-12-31", 1), ("2026-01-01", 1), ("2026-02-28", 1), ("2026-03-01", 2)]
    assert running.sql("select tableoid::regclass::text from reading order by at") == [("reading_202512",), ("reading_202512",), ("reading_202602",), ("reading_202602",),
                                                                                     ("reading_202603",)]
    assert running.sql("select distinct tableoid::regclass::text from reading_day order by 1") == [("reading_day_2025",), ("reading_day_2026",)]
    right(running)


def test_a_day_of_a_household_is_told_hour_by_hour(running):
    lane = Lane(running)
    lane.give(reading("2026-02-28T15:59:59.000Z", 1.0), reading("2026-02-28T16:00:00.000Z", 10.0), reading("2026-02-28T16:30:00.000Z", 20.0),
              counter("2026-03-01T15:59:00.000Z", "2026-03-01T15:00:00.000Z", 4.0), reading("2026-03-01T16:00:00.000Z", 1.0), reading("2026-03-01T03:00:00.000Z", household="h-2"))
    audited = running.sql("select count(*) from api_audit")[0][0]
    told = running.ask("timeline", household="h-1", day="2026-03-01")["result"]
    assert [(h["hour"][:13], h["quantity"], h["readings"], h.get("mean"), h.get("delta")) for h in told["hours"]] == \
        [("2026-02-28T16", "temperature", 2, 15.0, None), ("2026-03-01T15", "water_total", 1, 104.0, 4.0)]
    assert told["day"] == "2026-03-01" and told["alerts"] == [] and told["incidents"] == []
    assert running.sql("select count(*), max(method) from api_audit") == [(audited + 1, "day")]
    for wrong in ("2026-02-29", "2026-3-1", "yesterday", "2026-03-01'; drop table reading; --"):
        assert running.ask("timeline", household="h-1", day=wrong)["error"]["code"] == "invalid"


def test_what_comes_twice_counts_once_in_hours(running):
    lane = Lane(running)
    first = [reading(f"2026-03-01T01:{m:02d}:00.000Z", float(m)) for m in range(10)]
    lane.give(*first)
    lane.give(*first[5:], reading("2026-03-01T01:30:00.000Z", 30.0), reading("2026-03-01T01:30:00.000Z", 30.0),
              reading("2026-03-01T01:40:00.000Z", 40.0, retained=True))
    assert running.sql("select count(*) from reading") == [(12,)]
    assert running.sql("select readings, total, high from reading_hour") == [(11, 75.0, 30.0)]  # what a broker replayed is stored, and no sign
    assert running.wait("curtain/status/records/records-1", lambda s: s["counters"]["copies_again"] >= 1)
    right(running)


def test_hours_and_days_follow_another_zone(rig):
    rig.sql("drop schema public cascade; create schema public")
    rig.start()
    rig.ready()
    Lane(rig).give(reading("2026-03-01T15:59:00.000Z"), reading("2026-03-01T16:01:00.000Z"), reading("2026-03-02T15:00:00.000Z"))
    assert rig.sql("select day::text, readings from reading_day order by 1") == [("2026-03-01", 1), ("2026-03-02", 2)]
    rig.stop()
    rig.start(extra=["zone=UTC"])
    rig.ready()
    assert rig.sql("select day::text, readings from reading_day order by 1") == [("2026-03-01", 2), ("2026-03-02", 1)]
    rig.stop()
    right(rig)


def partitions(rig, parent):
    return [n for n, in rig.sql(f"select inhrelid::regclass::text from pg_inherits where inhparent = '{parent}'::regclass order by 1")]


def test_partitions_are_there_before_their_month(running):
    deadline = time.monotonic() + lib.PATIENCE_S
    months = [m for m, in running.sql("select to_char(date_trunc('month', (now() - interval '1 minute') at time zone 'UTC') + make_interval(months => n), 'YYYYMM') from generate_series(0, 2) n")]
    while not {f"reading_{m}" for m in months} <= set(partitions(running, "reading")):
        assert time.monotonic() < deadline, partitions(running, "reading")
        time.sleep(0.05)  # a look at the database
    assert {f"reading_hour_{m}" for m in months} <= set(partitions(running, "reading_hour"))


def test_each_kind_is_dropped_at_its_own_age_and_against_the_time_of_the_lane(rig):
    rig.sql("drop schema public cascade; create schema public")
    rig.start()
    rig.ready()
    lane = Lane(rig)
    lane.give(*[reading(f"{month}-15T00:00:00.000Z") for month in ("2024-01", "2024-12", "2025-10", "2026-01", "2026-02")], at="2026-03-01T00:00:00.000Z")
    rig.stop()
    rig.start(extra=["keep.readings=45d", "keep.hours=120d", "keep.days=730d"])
    rig.ready()
    rig.wait("curtain/status/records/records-1", lambda s: s["counters"]["partitions_dropped"] > 0)
    # 45 days before 1 March 2026 is 15 January: that month is not over by then
    assert rig.sql("select to_char(at, 'YYYY-MM') from reading order by 1") == [("2026-01",), ("2026-02",)]
    assert rig.sql("select to_char(hour, 'YYYY-MM') from reading_hour order by 1") == [("2026-01",), ("2026-02",)]
    # a year goes when it ended 730 days ago; the end of 2024 is 424 days before
    assert len(rig.sql("select day from reading_day")) == 5
    lane.give(reading("2025-10-20T00:00:00.000Z"))  # later than late: its month is made again, and goes at the next look
    rig.stop()
    rig.start(extra=["keep.readings=0s", "keep.hours=0s", "keep.days=400d"])
    rig.ready()
    rig.wait("curtain/status/records/records-1", lambda s: s["counters"]["partitions_dropped"] > 0)
    assert rig.sql("select day::text from reading_day order by 1") == [("2025-10-15",), ("2025-10-20",), ("2026-01-15",), ("2026-02-15",)]
    assert rig.stop() == 0


def test_readings_go_on_while_a_long_reader_holds_up_the_upkeep(rig):
    rig.sql("drop schema public cascade; create schema public")
    rig.start(extra=["keep.readings=45d", "keep.every=200ms"])
    rig.ready()
    lane = Lane(rig)
    lane.give(reading("2026-02-15T00:00:00.000Z"), reading("2025-12-15T00:00:00.000Z"), at="2026-01-01T00:00:00.000Z")
    reader = psycopg2.connect(rig.conninfo)
    reader.cursor().execute("select count(*) from reading_hour, reading")  # holds its locks until its transaction ends
    lane.give(reading("2026-02-16T00:00:00.000Z"))  # with this watermark December is over
    rig.wait("curtain/status/records/records-1", lambda s: s["counters"]["upkeep_failures"] > 1)
    lane.give(reading("2026-02-17T00:00:00.000Z"))
    assert rig.sql("select count(*) from reading") == [(4,)]
    reader.rollback()
    rig.wait("curtain/status/records/records-1", lambda s: s["counters"]["partitions_dropped"] > 0)
    assert rig.sql("select count(*) from reading") == [(3,)]
    reader.close()
    assert rig.stop() == 0
