# SPDX-License-Identifier: MIT
"""The five minutes of both READMEs, command by command as they are printed, in a copy of the tree."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/release/bin"))


def blocks(name):
    """The fenced blocks of the section on the first device: (language, text)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.M)[2]  # after the title and the two commands
    return re.findall(r"```(\w+)\n(.*?)```", section, re.S)


@pytest.fixture
def tree():
    """A copy of the sources with the built programs, and a folder for the system (PostgreSQL runs as another user below it)."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="curtain-readme-"))
    top.chmod(0o755)
    made, system = top / "source", top / "system"
    (made / "build/release").mkdir(parents=True)
    files = subprocess.run(["git", "ls-files", "-z", "deploy", "examples"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    archive = subprocess.run(["tar", "--null", "-T", "-", "-c"], cwd=ROOT, input=files, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=made, input=archive, check=True)
    (made / "build/release/bin").symlink_to(BIN)
    yield made, system
    subprocess.run(["deploy/local.sh", "down", str(system)], cwd=made, check=False)
    shutil.rmtree(top)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_device_of_the_readme_arrives(tree, name):
    folder, system = tree
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CURTAIN_")}
    (kind, profile), (_, attempt), (_, start), (_, speak) = blocks(name)
    assert kind == "yaml"
    (folder / "deploy/config/profiles/shed.yaml").write_text(profile, encoding="utf-8")

    def run(script):
        script = script.replace("/srv/curtain", str(system))
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    results = [json.loads(line) for line in run(attempt).splitlines()]
    assert [(r["kind"], r["device"], r["quantity"], r["value"]) for r in results] == [("reading", "door-7", "contact", 1), ("reading", "door-7", "battery", 88)]
    told = run(start + speak + '\nuntil curtain timeline h-1 --json | grep -q contact; do sleep 0.2; done\ncurtain sos h-1\n')
    assert "all received" in told and "h-1" in told
