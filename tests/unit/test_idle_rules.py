"""A rule that chooses nothing: a mistake in the list in every command, and never a reason to copy or delete."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from mirrorgen.destinations.port import Holdings
from mirrorgen.operations.copying.planning import plan_copies
from mirrorgen.operations.copying.syncing import plan_sync, sync_images
from mirrorgen.operations.holding.pruning import make_prune_plan
from mirrorgen.operations.holding.status import read_status
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import prepare
from mirrorgen.outcomes import ExitCode, Kind, TagRef, exit_code
from tests.unit.conftest import Desire
from tests.unit.memory import PUSHED, AnsweringRunner, line, runtime_of

IDLE, OTHER = "mirror/quay/org/idle", "mirror/quay/org/other"
LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - source: quay.io/org/idle
    tags: {semver: [">=7"]}
  - source: quay.io/org/other
    tags: ["v1.0.0"]
"""
HELD: Holdings = {IDLE: {"v1.0.0": "sha256:a"}, OTHER: {"v1.0.0": "sha256:b"}}


@pytest.fixture
def runtime(desire: Desire, tmp_path: Path) -> Runtime:
    compared = line("quay.io/org/other:v1.0.0", f"{OTHER}:v1.0.0", message="Image matches")
    return runtime_of(tmp_path, desire(LIST), HELD, runs=[(0, [compared])], listings={"quay.io/org/idle": ["v1.0.0"]})


def given(runtime: Runtime) -> list[str]:
    """The sources that regsync was told."""
    assert isinstance(runtime.runner, AnsweringRunner)
    return [entry["source"] for text in runtime.runner.given for entry in yaml.safe_load(text)["sync"]]


def test_even_a_full_sync_does_not_give_it_to_regsync(runtime: Runtime) -> None:
    result = sync_images(runtime, plan_sync(runtime, full=True))
    assert given(runtime) == ["quay.io/org/other"]
    assert [(failure.ref, failure.kind) for failure in result.failures] == [(TagRef(IDLE), Kind.RULE)]


def test_a_sync_and_a_look_ahead_have_the_exit_code_of_a_mistake_in_the_list(runtime: Runtime) -> None:
    plan = plan_sync(runtime)
    assert exit_code(plan.work.failures) is ExitCode.PROBLEMS
    assert exit_code(sync_images(runtime, plan).failures) is ExitCode.PROBLEMS


def test_so_have_status_and_prune_and_plan(runtime: Runtime) -> None:
    status = read_status(runtime, upstream=False, now=PUSHED)
    assert exit_code(status.failures) is ExitCode.PROBLEMS
    prune = make_prune_plan(runtime, older_than_days=0, now=PUSHED + timedelta(days=1))
    assert (exit_code(prune.failures), prune.removals) == (ExitCode.PROBLEMS, ())
    _, failures = plan_copies(runtime, prepare(runtime), HELD)
    assert exit_code(failures) is ExitCode.PROBLEMS


def test_an_exact_tag_beside_it_is_kept(desire: Desire, tmp_path: Path) -> None:
    text = LIST.replace("{semver", '{exact: ["v1.0.0"], semver')
    runtime = runtime_of(tmp_path, desire(text), HELD, runs=[(0, [])], listings={"quay.io/org/idle": ["v1.0.0"]})
    plan = plan_sync(runtime, full=True)
    assert [repository.tags for repository in plan.todo.desired.repositories] == [("v1.0.0",), ("v1.0.0",)]
    assert [failure.kind for failure in plan.work.failures] == [Kind.RULE]


def test_beside_another_source_of_its_repository_it_gives_regsync_nothing(desire: Desire, tmp_path: Path) -> None:
    text = LIST.replace("source: quay.io/org/other", f"source: quay.io/org/other\n    repository: {IDLE}")
    runtime = runtime_of(tmp_path, desire(text), HELD, runs=[(0, [])], listings={"quay.io/org/idle": ["v0.1.0"]})
    sync_images(runtime, plan_sync(runtime, full=True))
    assert given(runtime) == ["quay.io/org/other"]


def test_a_tag_with_a_digest_that_happens_to_fit_is_not_what_the_rule_chose(desire: Desire, tmp_path: Path) -> None:
    text = LIST.replace('{semver: [">=7"]}', f'{{match: ["v[89].*"], digests: {{v9: "sha256:{"a" * 64}"}}}}')
    runtime = runtime_of(tmp_path, desire(text), HELD, listings={"quay.io/org/idle": ["v1.0.0"]})
    assert [(failure.ref, failure.kind) for failure in prepare(runtime).failures] == [(TagRef(IDLE), Kind.RULE)]
