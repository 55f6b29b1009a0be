"""The JSON in docs/ against what the commands print: the same keys and types, down to the last list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.consumers.covering import cover
from mirrorgen.consumers.mirrored import mirror_of
from mirrorgen.consumers.running import Use
from mirrorgen.desired.changes import ChangeKind, Changes, ImageChange, OtherDigest, SettingChange, WayChange
from mirrorgen.desired.selection import select_all
from mirrorgen.desired.state import DesiredState
from mirrorgen.desired.updates import find_updates, left_alone
from mirrorgen.destinations.ecr.foretelling import Foretold
from mirrorgen.destinations.ecr.rules import LifecycleRule
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import Footprint, SettingDifference, StoredImage
from mirrorgen.importing.adding import add_images
from mirrorgen.master_list.lock import Lock
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import TagRule
from mirrorgen.model.references import Source
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.budget import Budget, Requests
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.pushing import Pushing
from mirrorgen.operations.copying.syncing import SyncPlan, SyncResult
from mirrorgen.operations.copying.weighing import Foreseen
from mirrorgen.operations.holding.expiring import Expiring, rules_of
from mirrorgen.operations.holding.pruning import PrunePlan, Removal
from mirrorgen.operations.holding.running import Held, Running
from mirrorgen.operations.holding.status import RepositoryStatus, Status, Stray, TagState, TagStatus
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.adopting import Adoption
from mirrorgen.operations.repositories.enlisting import Enlisted
from mirrorgen.operations.repositories.moving import Moved
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.operations.upstream.locking import ChangedEntry, Difference, DifferenceKind, EntryChange, Relocked
from mirrorgen.operations.upstream.rewriting import ByHand
from mirrorgen.operations.upstream.selecting import Work
from mirrorgen.operations.upstream.updating import Offered
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef
from mirrorgen.project import load
from mirrorgen.readers.contract import Around, NamedImage, Place, Refusal
from mirrorgen.readers.formats import read
from mirrorgen.reporting.adoptions import view_adoption, view_enlisted
from mirrorgen.reporting.changes import view_changes
from mirrorgen.reporting.covers import Covered, view_covers
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.imports import view_import
from mirrorgen.reporting.lifecycles import view_expiring
from mirrorgen.reporting.locks import view_relocked
from mirrorgen.reporting.mirrored import view_findings
from mirrorgen.reporting.moves import view_moved
from mirrorgen.reporting.owners import view_by_owner
from mirrorgen.reporting.plans import view_applied, view_plan
from mirrorgen.reporting.removals import view_deleted, view_prune_plan
from mirrorgen.reporting.reports import Report, format_report
from mirrorgen.reporting.runs import Run
from mirrorgen.reporting.selections import view_selections
from mirrorgen.reporting.status import view_status
from mirrorgen.reporting.steps import Step, view_steps
from mirrorgen.reporting.syncs import view_sync, view_sync_plan
from mirrorgen.reporting.updates import view_updates
from mirrorgen.reporting.views import View, show
from mirrorgen.tools.terraform import REPOSITORY, Change, TerraformPlan
from tests.conftest import RunCli
from tests.documents import CLI, DOCUMENTS, MINIMAL, blocks_of, load_text
from tests.importing.lists import digest, reading
from tests.locks import write_lock

NOTHING = DesiredState(EcrTarget(), (), 4, ())
MOMENT = datetime(2026, 1, 31, 6, tzinfo=UTC)
SCANNING = "aws_ecr_registry_scanning_configuration"
BASIC_SCANNING = SettingDifference("scanning", "ENHANCED", "BASIC")
REF = TagRef("mirror/nginx", "1")
FAILURE = Failure(TagRef("mirror/nginx", "2"), Kind.NOT_UPSTREAM, "reason", "owner", "docker.io/library/nginx")
CHANGES = Changes(
    WayChange("ECR", "here", "there"),
    (WayChange("quay.io", "here", "there"),),
    (
        ImageChange(
            *(ChangeKind.CHANGED, "mirror/nginx", "docker.io/library/nginx", "docker.io", "owner", ("1",), ("2",)),
            (OtherDigest("3", "sha256:0a1b", "sha256:2c3d", moving=True),),
            ("pin",),
            is_open=False,
            pulls=20,
            size_bytes=1024,
        ),
    ),
    (SettingChange("scanning", "", "BASIC"),),
    (SettingChange("mirror/nginx", "", "222222222222"),),
)
NO_BUDGET = Budget(Account({}), Foreseen(()))
TARGET = {"registry": "host", "account_id": "123456789012", "region": "eu-west-1"}
REMOVAL = Removal("mirror/nginx", "1", "sha256:0a1b", "2025-01-31T06:00:00+00:00")

ENLISTED = Enlisted(
    "team",
    "",
    (
        NamedImage(
            "team/docker-hub/nginx",
            Place("ECR", 0),
            "",
            Source("docker.io", "library/nginx"),
            rule=TagRule(("1.25",)),
            settings={"ecr": {"scan_on_push": False}},
        ),
    ),
    (Refusal("team/app", Place("ECR", 0), "", "reason", "hint"),),
    {"team/docker-hub/nginx": 2},
)
ADOPTION = Adoption(
    TerraformPlan(
        (
            Change(
                "aws_ecr_repository.this", REPOSITORY, "mirror/docker-hub/nginx", "no-op", (), "mirror/docker-hub/nginx"
            ),
        )
    ),
    ("mirror/docker-hub/nginx",),
    {"mirror/docker-hub/nginx": (SettingDifference("tag mutability", "IMMUTABLE", "MUTABLE"),)},
)
RULE = LifecycleRule(1, "", "untagged", "sinceImagePushed", 7, "days")
RUNNING = Running(Use("mirror/nginx", "1", "sha256:0a1b", ("shop/web-0",)), Held.YES, Foretold(MOMENT, RULE))


def test_json_of_validate(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(MINIMAL.replace('"1.25"', "1.10"), encoding="utf-8")
    (example,) = blocks_of(CLI, "json")[:1]
    assert json.loads(run_cli("validate", "--format", "json").stdout) == json.loads(example)


def test_json_of_results(tmp_path: Path) -> None:
    sources = {REF.repository: (Source("docker.io", "library/nginx"),)}
    actions = ("create", "update", "replace", "delete", "forget")
    changes = (
        *(Change(f"{REPOSITORY}.this", REPOSITORY, "mirror/docker-hub/old", action) for action in actions),
        Change(f"{REPOSITORY}.this", REPOSITORY, "mirror/import", "no-op", import_id="mirror/import"),
        Change(f"{REPOSITORY}.this", REPOSITORY, "mirror/move", "no-op", moved_from=f"{REPOSITORY}.other"),
        Change(f"{SCANNING}.this[0]", SCANNING, f"{SCANNING}.this[0]", "update"),
    )
    gone = "mirror/docker-hub/old"
    digests = {gone: ("sha256:0f2d4a3c",)}
    renames = Renames((Rename(gone, "mirror/hub/old"),), {"mirror/quay/old": "reason"})
    plan = MirrorPlan(changes, (REF,), (FAILURE,), sources=sources, lost={gone: 3}, lost_digests=digests)
    plan = replace(
        plan,
        renames=renames,
        successors={"mirror/hub/old": 0},
        registry=(BASIC_SCANNING,),
        access={"mirror/docker-hub/nginx": "o"},
        overwritten=("a",),
    )
    pushing = Pushing("ECR", 10, 1, 10)
    sync = view_sync(SyncResult("ECR", (REF,), 12, (FAILURE,)))
    views = [
        view_plan(replace(plan, outputs=("repositories",), unmanaged=changes[:1], pushing=pushing, replicated=(REF,))),
        view_adoption(ADOPTION),
        view_moved(Moved(renames, {gone: 3}, (gone,), (gone,), (FAILURE,))),
        view_enlisted(ENLISTED, "images.yaml", "--- images.yaml\n", is_written=False),
        view_applied(TerraformPlan(changes, ("repositories",), is_applicable=True)),
        sync,
        view_sync_plan(
            SyncPlan(
                Work(NOTHING, (FAILURE,)),
                {},
                Pending(NOTHING, (REF,), (REF,)),
                NO_BUDGET,
                (Requests("docker.io", 1, 2, 10, 100),),
            )
        ),
        view_steps({"sync": Step(ExitCode.OK, view_sync(SyncResult("ECR", (REF,), 12, ())).document)}),
        view_of_status(tmp_path),
        view_prune_plan(PrunePlan(TARGET, MOMENT, 30, (REMOVAL,), (REMOVAL,), (REMOVAL,), (FAILURE,))),
        view_deleted((REMOVAL,), (FAILURE,)),
        *views_of_selections_differences_and_expiries(tmp_path),
        view_of_import(tmp_path),
    ]
    views.insert(0, view_changes(CHANGES, "0a1b"))
    made = [show(view, ResultFormat.JSON) for view in views]
    run = Run("17/1", "0.1.0", "sha256:0a1b", None, ())
    report = Report("sync", run, "images.yaml", (1, 1), MOMENT, MOMENT, 0, None, sync.document)
    made.append(format_report(report))
    stopped = replace(report, command="apply", error="refused", result=None)
    by_owner = view_by_owner([(Path("1.json"), replace(report, part=(1, 2))), (Path("2.json"), stopped)])
    made.append(show(by_owner, ResultFormat.JSON))
    made += [show(view, ResultFormat.JSON) for view in views_of_consumers(tmp_path)]
    for example, document in zip(blocks_of(CLI, "json")[1:], made, strict=True):
        assert shape_of(json.loads(example)) == shape_of(json.loads(document))


def view_of_status(folder: Path) -> View:
    desired = load_text(MINIMAL, folder).desired
    assert desired
    image = StoredImage("sha256:0a1b", ("1.25",), MOMENT, findings={"HIGH": 2}, size_bytes=1024)
    found = RepositoryStatus(
        desired.repositories[0],
        exists=True,
        settings=(SettingDifference("tag mutability", "IMMUTABLE", "MUTABLE"),),
        tags=(TagStatus("1.25", TagState.PRESENT, "docker.io/library/nginx", "", image, consumers=("shop/web-0",)),),
        untagged=0,
        size_bytes=1024,
    )
    strays = (Stray("mirror/old", Footprint(12, 4096, MOMENT)),)
    target = EcrTarget("123456789012", "eu-west-1")
    registry = (BASIC_SCANNING,)
    return view_status(Status(MOMENT, target, (found,), strays, (FAILURE,), (), (RUNNING,), registry))


def views_of_selections_differences_and_expiries(folder: Path) -> Iterator[View]:
    settings = "    ecr: {tag_mutability: mutable, lifecycle: {keep_last: off}}\n"
    desired = load_text(MINIMAL + settings, folder).desired
    assert desired
    selections = select_all(desired.entries, {"docker.io/library/nginx": ["1.25"]})
    yield view_selections(selections, None, [FAILURE])
    yield view_of_updates(folder)
    moved = Difference(DifferenceKind.MOVED, "source", "tag", "locked", "now")
    kept = ChangedEntry(EntryChange.KEPT, "source", None, 12)
    yield view_relocked(Relocked(Lock(()), (moved,), (kept,), 1, (FAILURE,), ()), 2)
    (repository,) = desired.repositories
    (rule,) = rules_of(repository)
    gone = Expiring(repository.name, "", ("1.25",), ("1.25",), None, rule)
    described = replace(repository.settings, lifecycle=(replace(rule, description=""),))  # type: ignore[type-var]
    yield view_expiring((replace(repository, settings=described),), (gone,), (RUNNING,), (FAILURE,))


def view_of_updates(folder: Path) -> View:
    text = MINIMAL.replace('"1.25"', '"1.25.1", "1.25.0", "latest"')
    desired = load_text(text, folder).desired
    assert desired
    updates = tuple(find_updates(desired.entries, {"docker.io/library/nginx": ["1.26.0", "2.0.0"]}, keep=1))
    by_hand = (ByHand(updates[0], "1.25.0 out", "reason", 3),)
    return view_updates(Offered(updates, (FAILURE,)), list(left_alone(desired.entries)), by_hand)


def view_of_import(folder: Path) -> View:
    named = [reading([f"nginx@{digest('a')}", "nginx:1.25@" + digest("b")])]
    return view_import(named, add_images(load_text(MINIMAL, folder), named, Allowances()), into="images.yaml")


def views_of_consumers(folder: Path) -> Iterator[View]:
    path = folder / "images.yaml"
    path.write_text(MINIMAL.replace("1.25", "1.25.3"))
    write_lock(path, {"docker.io/library/nginx": {"1.25.3": f"sha256:{'0' * 64}"}})
    desired = load(path).desired
    assert desired
    mirror = mirror_of(desired, {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "eu-west-1"})
    reading = read("nginx:1.25.3\nredis:7\nhttps://x\nquay.io/own\n", Around("list"), "plain")
    release = read("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n", Around("release"), "kubernetes")
    coverage = cover(mirror, [reading, release], excepted=["quay.io/*"])
    yield view_covers(
        Covered(coverage, "patch", reading.refused, "ECR", {coverage.mirrored[0].key: "reason"}, (FAILURE,))
    )
    yield view_findings([(image, mirror.resolve(image)) for image in ("nginx:1.25.3", "redis:7")])


def shape_of(value: Any) -> Any:
    """Keys and types without values; of a list, what is in it, each shape once."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape_of(inner), sort_keys=True) for inner in value})
    return type(value).__name__


@pytest.mark.parametrize("other", [{"a": []}, {"a": [{"b": "1"}]}, {"a": ["1"]}, {"a": [{"b": 1}, {"b": 1, "c": 1}]}])
def test_an_example_of_another_shape_is_noticed(other: Any) -> None:
    assert shape_of(other) != shape_of({"a": [{"b": 1}]})


def test_json_in_documents_is_json() -> None:
    for path in DOCUMENTS:
        for block in blocks_of(path, "json"):
            json.loads(block)
