"""The servers that the tests start go with the tests, also where nobody is left to stop them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ORIGINAL_ENVIRONMENT, REAL_CACHE_DIR
from tests.real.test_interrupt import children
from tests.tools.test_runner import ends

ROOT = Path(__file__).parents[2]
TESTS = """
import json, os, sys, time
from contextlib import ExitStack
from pathlib import Path
from mirrorgen.demo import emulator as emulators
from mirrorgen.tools.runner import ProcessRunner
from tests.real.distribution import distribution
folder, binary, cache, env = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4])
python = emulators.install(cache, ProcessRunner(), dict(os.environ))
with ExitStack() as running:
    running.enter_context(distribution(folder / "registry", binary))
    ecr = {"account_id": "123456789012", "region": "eu-west-1"}
    running.enter_context(emulators.emulator(python, log=folder / "log", env=env, **ecr))
    print("ready", flush=True)
    time.sleep(600)
"""


def descendants(pid: int) -> set[int]:
    found = children(pid)
    return found.union(*(descendants(child) for child in found))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has ended")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_no_server_outlives_the_tests(
    end: signal.Signals, tmp_path: Path, distribution_binary: Path, base_env: dict[str, str]
) -> None:
    paths = map(str, (tmp_path, distribution_binary, REAL_CACHE_DIR))
    argv = [sys.executable, "-c", TESTS, *paths, json.dumps(base_env)]
    with subprocess.Popen(argv, cwd=ROOT, env=ORIGINAL_ENVIRONMENT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout
        assert tests.stdout.readline() == "ready\n"
        servers = descendants(tests.pid)
        # The registry, the emulator, and what that has started.
        assert len(servers) >= 3
        tests.send_signal(end)
    assert all(ends(pid) for pid in servers)
