"""The service and the timer that `init --provider cron` writes, read by systemd's own tools where they are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Provider, Setup

with_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
# Programs that the service starts, and which are there on the machine that it is meant for.
STARTED = {"/opt/mirrorgen/bin/mirrorgen", "/usr/bin/git"}


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A folder with the units."""
    for name, text in pipeline_files(Setup(runner=None, branch="release/1.0", provider=Provider.CRON)).items():
        (tmp_path / Path(name).name).write_text(text)
    return tmp_path


def settings(unit: Path) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE)


@with_systemd
@pytest.mark.parametrize("name", ["mirrorgen-sync.service", "mirrorgen-sync.timer"])
def test_systemd_finds_nothing_wrong(name: str, units: Path) -> None:
    service = units / "mirrorgen-sync.service"
    # Whether the programs exist is not asked here.
    service.write_text(re.sub("|".join(STARTED), "/bin/true", service.read_text()))
    argv = ["systemd-analyze", "verify", "--recursive-errors=no", str(units / name)]
    verified = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@with_systemd
def test_the_service_may_do_little(units: Path) -> None:
    argv = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--json=short"]
    judged = subprocess.run([*argv, units / "mirrorgen-sync.service"], check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout
    exposed = {entry["name"]: float(entry["exposure"] or 0) for entry in json.loads(judged.stdout)}
    weak = {name for name, exposure in exposed.items() if exposure > 0.2}
    # It has to reach registries, of which nobody knows the addresses before.
    assert weak <= {"PrivateNetwork=", "RootDirectory=/RootImage=", "RestrictAddressFamilies=~AF_(INET|INET6)"}


def test_it_runs_what_was_reviewed_in_order(units: Path) -> None:
    commands = [(key, value) for key, value in settings(units / "mirrorgen-sync.service") if key.startswith("Exec")]
    assert commands == [
        ("ExecStartPre", "/usr/bin/git pull --quiet --ff-only origin release/1.0"),
        ("ExecStartPre", "/opt/mirrorgen/bin/mirrorgen render --check"),
        ("ExecStart", "/opt/mirrorgen/bin/mirrorgen run --yes --all-targets"),
    ]
    assert {value.split()[0] for _, value in commands} == STARTED


def test_nothing_secret_is_in_it(units: Path) -> None:
    given = dict(settings(units / "mirrorgen-sync.service"))
    assert given["EnvironmentFile"] == "-/etc/mirrorgen/environment"
    assert re.findall(r"(\w+)=", given["Environment"]) == ["HOME", "PATH"]
