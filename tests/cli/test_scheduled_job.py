"""The shell of the CronJob that `mirrorgen matrix` prints, with a mirrorgen that only says what it is asked to.

tests/real/test_container.py runs it with the real one, in the real image.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.conftest import RunCli
from tests.servers import wait_until

LOCKED = Path(__file__).parents[1] / "cases/valid/locked"
FAKE = """\
#!/bin/sh
echo "mirrorgen $*" >> "$LOG"
case "$1 $2" in
  'lock --check') exit "$LOCK_CODE" ;;
  'sync --dry-run') exit "$PLAN_CODE" ;;
  'report --merge') echo joined; exit "$REPORT_CODE" ;;
esac
trap 'exit 130' TERM
[ -z "$SLOW" ] || { touch "$LOG.started"; while :; do sleep 0.05; done; }
echo report > "$5"
exit "$SYNC_CODE"
"""


@dataclass
class Pod:
    """A pod of the job, for one part.

    Attributes:
        script: what its container runs.
        folder: where reports go, and what was called is noted.
    """

    script: str
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, part: int, **env: str) -> subprocess.Popen[str]:
        """Start it for a part, with exit codes for what it calls."""
        codes = {f"{name}_CODE": "0" for name in ("LOCK", "PLAN", "SYNC", "REPORT")}
        given = {"PARTS": "2", "LIST": "/list/images.yaml", "MIRRORGEN_RUN": "run", "JOB_COMPLETION_INDEX": str(part)}
        path = f"{self.folder}/bin:{os.defpath}"
        log = {"LOG": str(self.folder / "log"), "SLOW": ""}
        return subprocess.Popen(
            ["sh", "-c", self.script.replace("/reports/", f"{self.folder}/")],
            env={**codes, **given, **log, "PATH": path, **env},
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, part: int, **env: str) -> tuple[int, str]:
        process = self.start(part, **env)
        out, _ = process.communicate(timeout=60)
        return process.returncode, out

    def called(self) -> list[str]:
        return [line.removeprefix("mirrorgen ") for line in (self.folder / "log").read_text().splitlines()]


@pytest.fixture
def pod(run_cli: RunCli, tmp_path: Path) -> Pod:
    for name in ("images.yaml", "images.lock.yaml"):
        shutil.copy(LOCKED / name, tmp_path)
    options = ("--shards", "2", "--for", "kubernetes", "--image", "registry.example.com/m:1", "--schedule", "@daily")
    printed = yaml.safe_load(run_cli("matrix", *options, str(tmp_path / "images.yaml")).stdout)
    (container,) = printed["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-c"]
    program = tmp_path / "bin/mirrorgen"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(0o755)
    (script,) = container["args"]
    return Pod(script, tmp_path)


def test_the_lock_is_checked_once_each_part_is_shown_and_copied_and_the_last_joins_the_reports(pod: Pod) -> None:
    assert pod.run(0) == (0, "")
    assert pod.called() == [
        "lock --check --file /list/images.yaml",
        "sync --dry-run --shard env/2 --file /list/images.yaml",
        f"sync --shard env/2 --report {pod.folder}/run-part-0.json --file /list/images.yaml",
    ]
    assert pod.run(1) == (0, "joined\n")
    assert pod.called()[3:] == [
        "sync --dry-run --shard env/2 --file /list/images.yaml",
        f"sync --shard env/2 --report {pod.folder}/run-part-1.json --file /list/images.yaml",
        f"report --merge {pod.folder}/run-part-0.json {pod.folder}/run-part-1.json",
    ]


def test_what_the_lock_and_the_plan_say_is_told_and_does_not_keep_images_from_being_copied(pod: Pod) -> None:
    code, out = pod.run(0, LOCK_CODE="3", PLAN_CODE="5")
    assert code == 0
    assert out == "mirrorgen lock --check: exit code 3\nmirrorgen sync --dry-run: exit code 5\n"
    assert len(pod.called()) == 3


def test_a_part_that_fails_fails_its_pod_and_is_in_the_joined_report(pod: Pod) -> None:
    assert pod.run(1, SYNC_CODE="5") == (5, "")
    assert pod.run(0, REPORT_CODE="5") == (0, "joined\nmirrorgen report --merge: exit code 5\n")


def test_reports_of_another_run_are_left_alone(pod: Pod) -> None:
    pod.run(0, MIRRORGEN_RUN="earlier")
    assert pod.run(1) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which signals a process has a handler for")
def test_a_pod_that_is_ended_ends_its_sync_and_waits_for_it(pod: Pod) -> None:
    process = pod.start(0, SLOW="yes")
    wait_until((pod.folder / "log.started").exists)
    wait_until(lambda: catches(process.pid, signal.SIGTERM))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130


def catches(pid: int, sig: signal.Signals) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (sig - 1) & 1)
