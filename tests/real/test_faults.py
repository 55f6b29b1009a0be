"""Faults, put between regsync and a registry: what could be copied is there, the rest is named, the next run finishes.

docs/reliability.md has a row for each; its table is checked against the names of these tests.
"""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.counting import Answer, CountingProxy, Tamper, counting_proxy
from mirrorgen.operations.stand_in import path_prefix
from mirrorgen.tools.built import bin_dir
from tests.real.conftest import Project
from tests.servers import wait_until

BAD, GOOD = "quay.io/org/faulty", "docker.io/org/healthy"
TAGS = ["v1.0.0"]


@contextmanager
def behind(project: Project, tamper: Tamper) -> Iterator[CountingProxy]:
    """One registry is reached through a proxy that tampers with its answers; another is healthy."""
    project.serve({BAD: TAGS, GOOD: TAGS})
    with counting_proxy(project.ecr.address, lambda method, path: f"{method} {path}", tamper) as proxy:
        project.registries = {
            "quay.io": {
                "hostname": proxy.address,
                "tls": "disabled",
                "path_prefix": path_prefix("quay.io"),
            }
        }
        project.write({BAD: TAGS, GOOD: TAGS})
        project.create_repositories()
        yield proxy


def sync(project: Project, *args: str) -> tuple[int, Any]:
    result = project.run("sync", "--format", "json", "--retry-wait", "0.1", *args)
    assert "bug in mirrorgen" not in result.stderr
    return result.returncode, json.loads(result.stdout)


def kinds(document: Any) -> set[str]:
    return {one["kind"] for one in document["failures"]}


def assert_the_rest_is_there_and_the_next_run_finishes(project: Project, document: Any) -> None:
    """What is said to be copied is copied, and no more is said than that."""
    assert sorted(project.held("docker-hub/org/healthy")) == TAGS
    said = {one["tag"] for one in document["copied"] if one["repository"].endswith("/faulty")}
    failed = {one["tag"] for one in document["failures"]} or set(TAGS)
    assert said == set(project.held("quay/org/faulty")) - (failed - {""})
    project.registries = {}
    project.write({BAD: TAGS, GOOD: TAGS})
    code, again = sync(project)
    assert (code, again["failures"]) == (0, [])
    assert sorted(project.held("quay/org/faulty")) == TAGS


def only_manifests(change: Tamper) -> Tamper:
    """Lists of tags pass."""
    return lambda method, path, answer: change(method, path, answer) if "/manifests/" in path else answer


def only_blobs(change: Tamper) -> Tamper:
    """Lists and manifests pass."""
    return lambda method, path, answer: change(method, path, answer) if "/blobs/" in path else answer


def always(status: int, **headers: str) -> Tamper:
    return lambda _method, _path, _answer: Answer(status, {key.replace("_", "-"): v for key, v in headers.items()}, b"")


def altered(_method: str, _path: str, answer: Answer) -> Answer:
    """Other bytes under the same digest."""
    answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1]) if answer.body else answer.body
    return answer


def cut(_method: str, _path: str, answer: Answer) -> Answer:
    answer.is_cut = True
    return answer


class Recovering:
    """Tampers with so many answers, then with none."""

    def __init__(self, change: Tamper, count: int) -> None:
        self._change, self._left, self._lock = change, count, threading.Lock()

    def __call__(self, method: str, path: str, answer: Answer) -> Answer | None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                return answer
        return self._change(method, path, answer)


# regclient waits longer and longer by itself, so that a registry that never recovers takes its time.
PERMANENT: dict[str, tuple[Tamper, str]] = {
    "too many requests": (only_manifests(always(429)), "rate-limited"),
    # regclient waits as long as it is told, then gives up without the registry's words.
    "too many requests, come back later": (only_manifests(always(429, Retry_After="1")), "unavailable"),
    "server errors": (only_manifests(always(500)), "unavailable"),
    "signed out in the middle": (only_blobs(always(401)), "unauthorized"),
    "not allowed": (only_manifests(always(403)), "unauthorized"),
    "a digest that does not fit": (only_blobs(altered), "corrupted"),
    # What came before the cut does not have the digest.
    "connections cut in the middle of a blob": (only_blobs(cut), "corrupted"),
    "a registry that hangs up": (lambda *_: None, "unavailable"),
}


@pytest.mark.parametrize("fault", PERMANENT)
def test_a_fault_that_stays(fault: str, project: Project) -> None:
    tamper, kind = PERMANENT[fault]
    with behind(project, tamper):
        code, document = sync(project, "--retries", "0")
    assert code == 5
    assert kinds(document) == {kind}, document["failures"]
    assert_the_rest_is_there_and_the_next_run_finishes(project, document)


def test_a_host_name_that_cannot_be_resolved(project: Project) -> None:
    with behind(project, lambda _method, _path, answer: answer):
        project.registries["quay.io"]["hostname"] = "nowhere.invalid"
        project.write({BAD: TAGS, GOOD: TAGS})
        code, document = sync(project, "--retries", "0")
    assert (code, kinds(document)) == (5, {"unavailable"})
    assert_the_rest_is_there_and_the_next_run_finishes(project, document)


def test_a_registry_that_comes_back_is_tried_again(project: Project) -> None:
    # regclient gives up on a host after some failures in a row; the next run of it starts afresh.
    with behind(project, Recovering(only_manifests(always(500)), 12)):
        code, document = sync(project, "--retries", "5")
    assert (code, document["failures"]) == (0, [])
    assert sorted(project.held("quay/org/faulty")) == TAGS


def test_a_refusal_is_not_tried_again(project: Project) -> None:
    with behind(project, only_manifests(always(403))):
        result = project.run("sync", "--retries", "5", "--retry-wait", "60")
    assert result.returncode == 5
    assert "trying" not in result.stderr


def test_bodies_that_come_slowly_only_take_longer(project: Project) -> None:
    def slow(_method: str, _path: str, answer: Answer) -> Answer:
        time.sleep(0.2)
        return answer

    with behind(project, only_blobs(slow)):
        assert sync(project)[0] == 0
    assert sorted(project.held("quay/org/faulty")) == TAGS


def throttled(_method: str, _path: str, answer: Answer) -> Answer:
    """As STS and ECR say it, each in its own protocol."""
    if "xml" in answer.headers.get("Content-Type", ""):
        error = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        return Answer(400, {"Content-Type": "text/xml"}, error)
    body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
    return Answer(400, {"Content-Type": "application/x-amz-json-1.1"}, body)


def test_ecr_throttling_is_waited_for(project: Project) -> None:
    project.serve({GOOD: TAGS})
    project.write({GOOD: TAGS})
    project.create_repositories()
    with counting_proxy(project.ecr.address, lambda *_: "all", Recovering(throttled, 4)) as proxy:
        project.variables = {"AWS_ENDPOINT_URL": f"http://{proxy.address}"}
        code, document = sync(project)
    assert (code, len(document["copied"])) == (0, 1)


def asked_through(project: Project, tamper: Tamper) -> subprocess.CompletedProcess[str]:
    """Run a sync that reaches AWS through a proxy that tampers with its answers."""
    project.write({GOOD: TAGS})
    with counting_proxy(project.ecr.address, lambda *_: "all", tamper) as proxy:
        project.variables = {"AWS_ENDPOINT_URL": f"http://{proxy.address}", "AWS_MAX_ATTEMPTS": "1"}
        return project.run("sync")


def test_aws_that_is_busy_is_not_taken_for_wrong_credentials(project: Project) -> None:
    result = asked_through(project, throttled)
    assert result.returncode == 5
    assert "cannot ask AWS whose credentials these are" in result.stderr


def test_an_answer_that_is_not_from_aws_is_no_bug_of_ours(project: Project) -> None:
    result = asked_through(project, lambda *_: Answer(200, {"Content-Type": "text/html"}, b"<p>please sign in"))
    assert result.returncode == 5
    assert "cannot ask AWS whose credentials these are" in result.stderr


def test_a_repository_that_ecr_does_not_have(project: Project) -> None:
    with behind(project, lambda _method, _path, answer: answer):
        name = f"{project.prefix}/quay/org/faulty"
        project.client().delete_repository(repositoryName=name, force=True)
        code, document = sync(project)
        assert (code, kinds(document)) == (5, {"no-repository"})
        assert sorted(project.held("docker-hub/org/healthy")) == TAGS
        project.client().create_repository(repositoryName=name)
        assert sync(project)[0] == 0


@pytest.mark.parametrize("script", ["kill -9 $$", '"{regsync}" "$@"; kill -9 $$'], ids=["before", "after"])
def test_regsync_killed_by_the_system(script: str, project: Project, fake_tool: Callable[[str, str], Path]) -> None:
    """Before or after it has copied, and without any failure that it could have named: what it did is not known."""
    project.serve({GOOD: TAGS})
    project.write({GOOD: TAGS})
    project.create_repositories()
    regsync = bin_dir(project.env) / "regsync"
    killed = f'if [ "$1" = once ] && mkdir "{project.folder}/killed" 2>/dev/null; then {script}; fi'
    wrapper = fake_tool("regsync", f'{killed.format(regsync=regsync)}\nexec "{regsync}" "$@"')
    result = project.run("sync", "--retry-wait", "0.1", "--regsync-bin", str(wrapper))
    assert result.stdout == "Tags copied: 1, up to date: 0, failed: 0. All 1 tags of the list are in ECR.\n"
    assert "trying 1 tags again" in result.stderr


def test_no_room_for_the_report(project: Project) -> None:
    with behind(project, lambda _method, _path, answer: answer):
        for place in ("/dev/full", "/proc/report.json"):
            result = project.run("sync", "--report", place)
            assert result.returncode == 1
            assert re.search("error: (/dev/full is not a regular file|cannot write /proc/)", result.stderr)
        # A limit on the size of files is as good as a full disk.
        limited = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *project.argv("sync", "--report", "report.json")]
        full = subprocess.run(limited, cwd=project.folder, env=project.env, capture_output=True, text=True, check=False)
        assert full.returncode == 1
        assert re.search("error: cannot write .*report.json.*: File too large", full.stderr)
        assert not list(project.folder.glob("*report.json*"))
        assert project.held("quay/org/faulty") == {}


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("blobs", [1, 3])
def test_killed_in_the_middle(sig: signal.Signals, blobs: int, project: Project) -> None:
    reached, going_on = threading.Event(), threading.Event()
    # As `next` of it is one step, also where several threads ask at once.
    seen = itertools.count(1)

    def waiting(_method: str, _path: str, answer: Answer) -> Answer:
        if next(seen) >= blobs:
            reached.set()
            going_on.wait(30)
        return answer

    report = project.folder / "report.json"
    with behind(project, only_blobs(waiting)):
        process = subprocess.Popen(
            project.argv("sync", "--report", str(report)),
            cwd=project.folder,
            env=project.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert reached.wait(60)
        process.send_signal(sig)
        output, _ = process.communicate(timeout=60)
        # The registry still keeps it waiting: it has not come to its end by itself.
        wait_until(lambda: not regsyncs(project))
        going_on.set()
        assert process.returncode == (130 if sig is signal.SIGTERM else -signal.SIGKILL)
        assert output == ""
        document = json.loads(report.read_text())
        assert document["result"] is None
        assert document["error"] in {"interrupted", "the run has not come to its end"}
        assert sync(project)[0] == 0
    assert sorted(project.held("quay/org/faulty")) == TAGS


def regsyncs(project: Project) -> list[str]:
    """Processes that still run with the environment of this project."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            if b"regsync" in (process / "cmdline").read_bytes() and str(project.folder).encode() in environment:
                found.append(process.name)
        except OSError:
            continue
    return found
