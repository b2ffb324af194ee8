# SPDX-License-Identifier: MIT
"""What the ways to install make before anything is started: the seal's key, which is made once and given to records alone."""
import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("CURTAIN_BIN", str(ROOT / "build/dev/bin"))


def run(*command, **environment):
    done = subprocess.run([str(c) for c in command], env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_seal_key_is_made_once_and_is_told_in_words(tmp_path):
    key = tmp_path / "seal.key"
    told = run(ROOT / "deploy/seal_key.sh", key, "/etc/curtain/seal.key")
    first = key.read_text(encoding="ascii")
    assert re.fullmatch("[0-9a-f]{64}", first) and key.stat().st_mode & 0o777 == 0o600
    assert "/etc/curtain/seal.key" in told and "apart from the database's backups" in told and first not in told
    assert run(ROOT / "deploy/seal_key.sh", key) == "" and key.read_text(encoding="ascii") == first
    key.write_text("", encoding="ascii")  # not even an empty one is overwritten: somebody has to look where the key is
    assert run(ROOT / "deploy/seal_key.sh", key) == "" and key.read_text(encoding="ascii") == ""
    assert list(tmp_path.iterdir()) == [key]


@pytest.mark.skipif(os.geteuid() != 0, reason="install.sh gives files to the broker's user")
def test_install_makes_the_key_and_systemd_gives_it_to_records_alone(tmp_path):
    key = tmp_path / "etc/curtain/seal.key"
    told = run(ROOT / "deploy/systemd/install.sh", "--prefix-root", tmp_path, CURTAIN_BIN=BIN)
    first = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600 and "seal key): /etc/curtain/seal.key" in told
    assert "seal key" not in run(ROOT / "deploy/systemd/install.sh", "--prefix-root", tmp_path, CURTAIN_BIN=BIN) and key.read_bytes() == first
    units = {unit.name: unit.read_text(encoding="utf-8") for unit in (tmp_path / "etc/systemd/system").glob("*.service")}
    assert [name for name, text in units.items() if "seal" in text] == ["curtain-records@.service"]
    assert "LoadCredential=seal.key:/etc/curtain/seal.key\n" in units["curtain-records@.service"] and "--set seal.key_file=%d/seal.key" in units["curtain-records@.service"]


def test_compose_gives_the_key_to_records_alone():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert [name for name, service in services.items() if "seal.key" in service.get("secrets", [])] == ["records"]
    assert "seal.key_file=/run/secrets/seal.key" in services["records"]["command"]
    # no folder that another container sees holds it
    file = compose["secrets"]["seal.key"]["file"]
    assert not [v for service in services.values() for v in service.get("volumes", []) if file.startswith(v.split(":")[0] + "/")]
