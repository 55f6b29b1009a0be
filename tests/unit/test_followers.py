"""What is not copied into the first target while ECR would replicate it to where Terraform has made no repository."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.commands.options import runtime_for
from mirrorgen.commands.sync import sync_result
from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import ToolFailed, UsageError
from mirrorgen.model.targets import Target
from mirrorgen.operations import followers
from mirrorgen.operations.copying import syncing
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.syncing import Patience, SyncPlan, plan_sync
from mirrorgen.operations.copying.weighing import Foreseen
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.stand_in import StandIn
from mirrorgen.outcomes import ExitCode, Kind, TagRef
from mirrorgen.project import load
from tests.unit.memory import line, runtime_of

LIST = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us: {account_id: "123456789012", region: us-east-1, replicate: true}
  ap: {account_id: "123456789012", region: ap-southeast-1}
  edge: {account_id: "210987654321", region: eu-west-1, replicate: true}
images:
  - {source: quay.io/org/app, tags: ["v1.0.0"], owner: team}
  - {source: quay.io/org/other, tags: ["v2.0.0"]}
"""
APP, OTHER = "mirror/quay/org/app", "mirror/quay/org/other"
EMPTY: Holdings = {APP: {}, OTHER: {}}


@dataclass
class Others:
    """The registries of the other targets, what is asked of each, and what is warned of."""

    folder: Path
    has: dict[str, Collection[str]] = field(default_factory=lambda: {"us": [APP, OTHER], "edge": [APP, OTHER]})
    refusals: dict[str, Exception] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)

    def open(self, target: Target, *_: object, **__: object) -> Any:
        if target.list_name in self.refusals:
            raise self.refusals[target.list_name]

        def held(wanted: Mapping[str, Collection[str]]) -> Holdings:
            self.asked[target.list_name] = list(wanted)
            return {name: {} if name in self.has[target.list_name] else None for name in wanted}

        return type("Opened", (), {"held": staticmethod(held)})

    def runtime(self, *held: Holdings, target: str = "eu", runs: int = 0) -> Runtime:
        path = self.folder / "images.yaml"
        path.write_text(LIST)
        loaded = load(path, target=target)
        assert loaded.desired
        lines = [line(f"quay.io/org/{name}:{tag}", f"mirror/quay/org/{name}:{tag}") for name, tag in CAN_BE_COPIED]
        runtime = runtime_of(self.folder, loaded.desired, *held, runs=[(0, lines)] * runs)
        runtime.followers = runtime_for(loaded).followers
        runtime.warn = self.warned.append
        return runtime

    def plan(self, held: Holdings = EMPTY) -> SyncPlan:
        return plan_sync(self.runtime(held))


CAN_BE_COPIED = [("other", "v2.0.0")]


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Others:
    made = Others(tmp_path)
    monkeypatch.setattr(followers, "open_named", made.open)
    return made


def test_those_that_have_every_repository_hold_nothing_back(others: Others) -> None:
    plan = others.plan()
    assert (plan.held_back, plan.todo.desired.tag_count, others.warned) == ((), 2, [])
    # What regsync fills is not asked.
    assert others.asked == {"us": [APP, OTHER], "edge": [APP, OTHER]}


def test_what_would_come_into_a_repository_that_one_of_them_lacks_is_held_back_and_the_rest_is_copied(
    others: Others,
) -> None:
    others.has["edge"] = [OTHER]
    (failure,) = others.plan().held_back
    assert (failure.ref.repository, failure.ref.tag, failure.kind, failure.owner) == (
        APP,
        "v1.0.0",
        Kind.NO_REPOSITORY,
        "team",
    )
    assert failure.reason == (
        "ECR (edge) does not have the repository, and ECR may make it there with settings of its own; run "
        "`mirrorgen plan --target edge` and `mirrorgen apply --target edge` first"
    )
    result = sync_result(others.runtime(EMPTY, {APP: {}, OTHER: {"v2.0.0": "sha256:b"}}, runs=1), patience=Patience(3))
    assert result.exit_code is ExitCode.FAILED
    assert result.view.document["failures"] == [failure.document()]
    assert [copied["repository"] for copied in result.view.document["copied"]] == [OTHER]


def test_what_is_held_back_is_not_weighed(others: Others, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream would be asked for it, and told of in the number of tags that take something of its limit."""
    weighed: list[Pending] = []

    def scales(_runtime: Runtime, todo: Pending, *_: object, **__: object) -> Foreseen:
        weighed.append(todo)
        return Foreseen(frozenset())

    monkeypatch.setattr(syncing, "scales", scales)
    others.has["edge"] = [OTHER]
    plan = others.plan()
    assert [todo.missing for todo in weighed] == [plan.todo.missing] == [(TagRef(OTHER, "v2.0.0"),)]


def test_nobody_is_asked_about_what_is_not_copied(others: Others) -> None:
    others.plan({APP: {"v1.0.0": "sha256:a"}, OTHER: {}})
    assert others.asked == {"us": [OTHER], "edge": [OTHER]}
    others.asked.clear()
    others.plan({APP: {"v1.0.0": "sha256:a"}, OTHER: {"v2.0.0": "sha256:b"}})
    assert others.asked == {}


@pytest.mark.parametrize(
    "refusal",
    [
        UsageError("the list is of 210987654321, but the AWS credentials belong to the account 123456789012"),
        ToolFailed("cannot ask ECR: AccessDeniedException"),
    ],
)
def test_one_that_cannot_be_asked_is_told_of_and_stops_nothing(others: Others, refusal: Exception) -> None:
    others.refusals["edge"] = refusal
    assert others.plan().held_back == ()
    assert others.warned == [
        f"whether ECR (edge) has the repositories that are to be filled is not known: {refusal}; where it lacks one, "
        "ECR may make it there with settings of its own, unless `mirrorgen plan --target edge` and "
        "`mirrorgen apply --target edge` were first"
    ]
    others.has["us"] = []
    assert len(others.plan().held_back) == 2


def test_only_the_first_has_followers_and_a_stand_in_has_none(others: Others, tmp_path: Path) -> None:
    followed = {name: others.runtime(EMPTY, target=name).followers for name in ("eu", "us", "ap", "edge")}
    assert [target.list_name for target in followed.pop("eu")] == ["us", "edge"]
    assert set(followed.values()) == {()}
    runtime = others.runtime(EMPTY)
    led = Runtime(
        tmp_path,
        runtime.desired,
        followers=runtime.followers,
        stand_in=StandIn("127.0.0.1:1", "123456789012", "eu-west-1", tmp_path),
    )
    assert led.followers == ()
