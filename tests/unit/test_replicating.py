"""A target that ECR itself fills from the first: what it lacks, the backfill, and what has come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Entry
from mirrorgen.operations.copying import replicating
from mirrorgen.operations.copying.replicating import ReplicationPlan, plan_replication, replicate
from mirrorgen.operations.copying.syncing import Patience, SyncResult
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef, exit_code
from mirrorgen.project import load
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.syncs import view_replication_plan
from mirrorgen.reporting.views import show
from tests.unit.memory import runtime_of

LIST = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us: {account_id: "123456789012", region: us-east-1, replicate: true}
images:
  - source: quay.io/org/app
    tags: {exact: ["v1", "v2"], digests: {v3: "sha256:SETTLED"}}
    owner: team
""".replace("SETTLED", "3" * 64)
NAME = "mirror/quay/org/app"
SETTLED = f"sha256:{'3' * 64}"
FIRST = {"v1": "sha256:a", "v2": "sha256:b", "v3": SETTLED}


@dataclass
class Ecr:
    """Both registries: what the first holds, and each backfill that is asked of it."""

    folder: Path
    first: dict[str, str] = field(default_factory=lambda: dict(FIRST))
    asked: list[str] = field(default_factory=list)
    backfills: int = 0
    refusal: str = ""

    def digests(self, _: Runtime, wanted: Mapping[TagRef, Entry]) -> tuple[dict[TagRef, str], tuple[Failure, ...]]:
        self.asked += sorted(ref.tag for ref in wanted)
        found = {ref: self.first[ref.tag] for ref in wanted if ref.tag in self.first}
        absent = [entry.failure(ref, Kind.NOT_UPSTREAM, "not found") for ref, entry in wanted.items()]
        return found, tuple(failure for failure in absent if failure.ref not in found)

    def start(self, *_: object, **__: object) -> str:
        if self.refusal:
            raise UsageError(self.refusal)
        self.backfills += 1
        return "its backfill has been started"

    def runtime(self, *held: Holdings) -> Runtime:
        path = self.folder / "images.yaml"
        path.write_text(LIST)
        loaded = load(path, target="us")
        assert loaded.is_usable, loaded.problems
        assert loaded.desired
        return runtime_of(self.folder, loaded.desired, *held)

    def sync(self, *held: Holdings, looks: int = 0) -> SyncResult:
        runtime = self.runtime(*held)
        return replicate(runtime, plan_replication(runtime), patience=Patience(retries=looks))

    def plan(self, *held: Holdings, full: bool = False) -> ReplicationPlan:
        return plan_replication(self.runtime(*held), full=full)


@pytest.fixture
def ecr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ecr:
    made = Ecr(tmp_path)
    monkeypatch.setattr(replicating, "upstream_digests", made.digests)
    monkeypatch.setattr(replicating, "start_backfill", made.start)
    return made


def test_what_is_all_there_starts_nothing(ecr: Ecr) -> None:
    result = ecr.sync({NAME: FIRST})
    assert (result.copied, result.unchanged, result.failures, ecr.backfills) == ((), 3, (), 0)
    # List or lock prove the third.
    assert ecr.asked == ["v1", "v2"]
    ecr.asked.clear()
    ecr.plan({NAME: FIRST}, full=True)
    assert ecr.asked == ["v1", "v2", "v3"]


def test_what_is_missing_starts_one_backfill_and_is_a_failure_until_it_is_there(ecr: Ecr) -> None:
    result = ecr.sync({NAME: {"v1": "sha256:a"}}, looks=3)
    assert ecr.backfills == 1
    assert (result.copied, result.unchanged) == ((), 1)
    assert [(failure.ref.tag, failure.kind, failure.owner) for failure in result.failures] == [
        ("v2", Kind.UNAVAILABLE, "team"),
        ("v3", Kind.UNAVAILABLE, "team"),
    ]
    assert result.failures[0].reason == (
        "ECR has not replicated sha256:b to ECR (us) yet; its backfill has been started"
    )
    assert exit_code(result.failures) is ExitCode.FAILED


def test_what_comes_while_it_looks_is_done(ecr: Ecr) -> None:
    result = ecr.sync({NAME: {}}, {NAME: {"v1": "sha256:a"}}, {NAME: FIRST}, looks=3)
    assert (len(result.copied), result.failures, ecr.backfills) == (3, (), 1)


def test_another_image_under_a_tag_is_not_there(ecr: Ecr) -> None:
    plan = ecr.plan({NAME: {**FIRST, "v1": "sha256:old"}})
    assert (plan.missing, plan.differing) == ((), (TagRef(NAME, "v1"),))
    shown = show(view_replication_plan(plan), ResultFormat.TEXT)
    assert f"Tags that ECR (us) holds with another digest:\n  {NAME}: v1\n" in shown
    assert "Tags for ECR to replicate: 1 of 3, failed: 0." in shown
    result = ecr.sync({NAME: {**FIRST, "v1": "sha256:old"}}, looks=1)
    assert ([failure.ref.tag for failure in result.failures], ecr.backfills) == (["v1"], 1)


def test_what_the_first_lacks_is_waited_for_by_nobody(ecr: Ecr) -> None:
    del ecr.first["v2"]
    held: Holdings = {NAME: {"v1": "sha256:a", "v3": SETTLED}}
    result = ecr.sync(held)
    assert [(failure.ref.tag, failure.kind) for failure in result.failures] == [("v2", Kind.NOT_UPSTREAM)]
    assert ecr.backfills == 0
    assert [failure.ref.tag for failure in ecr.plan(held).later] == ["v2"]


def test_what_the_first_holds_in_another_form_than_the_list_is_not_asked_for(ecr: Ecr) -> None:
    ecr.first["v3"] = "sha256:other"
    result = ecr.sync({NAME: {"v1": "sha256:a", "v2": "sha256:b"}})
    (failure,) = result.failures
    assert (failure.ref.tag, failure.kind, ecr.backfills) == ("v3", Kind.NOT_AS_LOCKED, 0)
    assert failure.reason == "ECR (eu) holds another digest than the list"


def test_ecr_makes_no_repository_that_terraform_has_yet_to_make(ecr: Ecr) -> None:
    result = ecr.sync({NAME: None}, looks=1)
    assert {failure.kind for failure in result.failures} == {Kind.NO_REPOSITORY}
    assert ecr.backfills == 0
    runtime = ecr.runtime({NAME: {}})
    runtime.left_alone = frozenset({"mirror/quay/org/other"})
    result = replicate(runtime, plan_replication(runtime), patience=Patience())
    assert "no backfill before mirror/quay/org/other exists" in result.failures[0].reason
    assert ecr.backfills == 0


def test_why_it_could_not_be_started_is_told_of_each_tag(ecr: Ecr) -> None:
    ecr.refusal = "the AWS credentials belong to the account 210987654321"
    result = ecr.sync({NAME: {}})
    assert len(result.failures) == 3
    assert all(failure.reason.endswith(f"started: {ecr.refusal}") for failure in result.failures)
