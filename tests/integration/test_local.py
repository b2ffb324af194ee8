# SPDX-License-Identifier: MIT
"""deploy/local.sh --tls: a whole system over TLS, what it refuses, and that nothing of it is left running."""
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile

import paho.mqtt.client as mqtt
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import district  # noqa: E402

BIN = os.environ.get("CURTAIN_BIN", str(ROOT / "build/dev/bin"))
PARTS = ["broker", "postgres", "ingest", "detector", "dispatcher", "records"]


@pytest.fixture(scope="module")
def system():
    folder = tempfile.mkdtemp(prefix="curtain-local-")
    os.chmod(folder, 0o755)  # PostgreSQL runs as another user below it
    try:
        with district.System(folder + "/system", "--tls", env={"CURTAIN_BIN": BIN}) as made:
            yield made
    finally:
        shutil.rmtree(folder)


def connect(system, account, password=None, ca=None, tls=True):
    """The reason code of the broker's CONNACK; raises when there is no connection."""
    client = mqtt.Client(f"test-{account}", protocol=mqtt.MQTTv5)
    if account:
        client.username_pw_set(account, password or system.password(account))
    if tls:
        client.tls_set(ca or system.environment["CURTAIN_CA_FILE"])
    codes = []
    client.on_connect = lambda _c, _d, _f, reason, _p: codes.append(reason.value)
    client.connect("127.0.0.1", system.port)
    while not codes and client.loop(5) == mqtt.MQTT_ERR_SUCCESS:
        pass
    client.disconnect()
    return codes[0] if codes else None


def test_all_services_are_well_over_tls(system):
    assert "tls=1" in (pathlib.Path(system.folder) / "etc/local.env").read_text(encoding="utf-8")
    system.curtain("status", "--wait", "20")
    assert connect(system, "gateway") == 0


def test_a_call_for_help_goes_through_over_tls(system):
    district.import_ledger(system, district.ledger(3), system.folder)
    system.curtain("sos", "h-00001")
    assert system.await_sql("select count(*) from incident where household = 'h-00001'", 1, 20) == "1"


def test_without_tls_or_the_right_authority_there_is_no_connection(system):
    assert connect(system, "gateway", tls=False) is None
    other = pathlib.Path(system.folder) / "other"
    subprocess.run([str(ROOT / "deploy/mosquitto/certs.sh"), str(other)], check=True)
    with pytest.raises(ssl.SSLError):
        connect(system, "gateway", ca=str(other / "ca.crt"))


def test_a_wrong_password_and_nobody_are_refused(system):
    assert connect(system, "gateway", password="wrong") in (134, 135)
    assert connect(system, "") in (134, 135)


def test_accounts_are_added_while_it_runs(system):
    with pytest.raises(FileNotFoundError):
        system.password("v-101")
    system.local("account", "volunteer", "v-101")
    assert connect(system, "v-101") == 0


def test_secrets_are_for_their_owner_only(system):
    access = pathlib.Path(system.folder) / "access"
    for path in [access / "passwords", access / "seal.key", *access.glob("secrets/*"), *(pathlib.Path(system.folder) / "certs").glob("*.key")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_down_leaves_nothing_running_and_up_finds_the_data(system):
    pids = {part: system.local("pid", part).strip() for part in PARTS}
    system.local("down")
    for part, pid in pids.items():
        status = pathlib.Path(f"/proc/{pid}/status")
        assert not status.exists() or "State:\tZ" in status.read_text(encoding="utf-8"), part
    system.local("up")
    assert system.sql("select count(*) from incident where household = 'h-00001'") == [["1"]]
    system.curtain("status", "--wait", "20")


def test_gateway_and_bridge_come_later_and_what_cannot_change_is_refused(system):
    done = system.local("up", "--replay", check=False)
    assert "take another folder" in str(done) and "gateway=0" in (pathlib.Path(system.folder) / "etc/local.env").read_text(encoding="utf-8")
    system.local("up", "--bridge")
    system.curtain("status", "--wait", "20", "--services", "ingest,detector,dispatcher,records,gateway")
    assert "lanes.visit_consumers=[records,detector,gateway]" in (pathlib.Path(system.folder) / "etc/dispatcher.set").read_text(encoding="utf-8")
    assert "no subscribers" in system.curtain("webhook", "list")
