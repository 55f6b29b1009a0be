"""What runs: whether the target holds it, when its rules would take it, and that a prune leaves it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from mirrorgen.consumers.mirrored import mirror_of
from mirrorgen.consumers.running import InUse, Use, in_use
from mirrorgen.destinations.port import StoredImage
from mirrorgen.errors import InputError
from mirrorgen.operations.holding.pruning import (
    apply_prune_plan,
    format_prune_plan,
    make_prune_plan,
    read_prune_plan,
)
from mirrorgen.operations.holding.running import Held, consumers_of, running_of
from mirrorgen.operations.holding.sparing import require_sparing
from mirrorgen.operations.holding.status import read_status
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Kind
from mirrorgen.readers.contract import Around
from mirrorgen.readers.formats import read
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.status import view_status
from mirrorgen.reporting.views import show
from mirrorgen.tools.terraform import REPOSITORY as REPOSITORY_TYPE
from mirrorgen.tools.terraform import Change
from tests.memory_destination import LIST, NOW, REPOSITORY, digest, runtime_on, stored

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
BY_AGE = LIST + "    ecr: {lifecycle: {keep_last: off, untagged_days: 40}}\n"


def pods(*containers: tuple[str, str, str]) -> str:
    """What kubectl prints of Pods, each with a name, an image, and the digest that it runs."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": name, "namespace": "shop"},
                    "spec": {"containers": [{"name": "main", "image": image}]},
                    "status": {
                        "podIP": "10.0.0.1",
                        "containerStatuses": [{"name": "main", "imageID": f"{HOST}/{REPOSITORY}@{running}"}]
                        if running
                        else [],
                    },
                }
                for name, image, running in containers
            ],
        }
    )


def running(runtime: Runtime, *containers: tuple[str, str, str]) -> InUse:
    return in_use([read(pods(*containers), Around("pods.json"))], mirror_of(runtime.desired, {}))


def held(folder: Path, image: str, runs: str, *images: StoredImage) -> Held:
    runtime, _ = runtime_on(folder, LIST, *images)
    found = running_of(
        runtime.desired.repositories, {REPOSITORY: images}, running(runtime, ("a", image, runs)), now=NOW
    )
    assert len(found) == 1
    return found[0].held


OURS = f"{HOST}/{REPOSITORY}"
CASES: dict[str, tuple[str, str, list[StoredImage], Held]] = {
    "the tag that is asked for": (f"{OURS}:v1.0.0", "", [stored(1, "v1.0.0")], Held.YES),
    "a tag that has left the list": (f"{OURS}:old", "", [stored(1, "old")], Held.YES),
    "by another name of the registry": (
        f"123456789012.dkr-ecr.eu-west-1.on.aws/{REPOSITORY}:old",
        "",
        [stored(1, "old")],
        Held.YES,
    ),
    "by its name upstream": ("quay.io/org/app:v1.0.0", "", [stored(1, "v1.0.0")], Held.YES),
    "the tag with the digest that runs": (f"{OURS}:v1.0.0", digest(1), [stored(1, "v1.0.0")], Held.YES),
    "the tag with a part of what runs": (
        f"{OURS}:v1.0.0",
        digest(2),
        [stored(1, "v1.0.0", contains=[2]), stored(2)],
        Held.YES,
    ),
    "the tag with a part of an index within it": (
        f"{OURS}:v1.0.0",
        digest(3),
        [stored(1, "v1.0.0", contains=[2]), stored(2, contains=[3]), stored(3)],
        Held.YES,
    ),
    "an index without the part that runs": (f"{OURS}:v1.0.0", digest(2), [stored(1, "v1.0.0", contains=[2])], Held.NO),
    "a tag that has moved since": (f"{OURS}:v1.0.0", digest(9), [stored(1, "v1.0.0"), stored(9)], Held.TAG),
    "an image that has lost its tag": (f"{OURS}:v1.0.0", digest(1), [stored(1)], Held.DIGEST),
    "nothing of it": (f"{OURS}:v1.0.0", digest(9), [stored(1, "v1.1.0")], Held.NO),
    "by digest": (f"{OURS}@{digest(1)}", "", [stored(1)], Held.YES),
    "by a digest that is gone": (f"{OURS}:v1.0.0@{digest(9)}", "", [stored(1, "v1.0.0")], Held.NO),
    "what is archived cannot be pulled": (f"{OURS}:v1.0.0", "", [stored(1, "v1.0.0", is_archived=True)], Held.NO),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_held_of_what_runs(case: str, tmp_path: Path) -> None:
    image, runs, images, expected = CASES[case]
    assert held(tmp_path, image, runs, *images) is expected


def test_the_first_day_on_which_a_rule_takes_what_is_needed(tmp_path: Path) -> None:
    images = [stored(1, days_old=30), stored(2, "v1.0.0", days_old=1)]
    runtime, _ = runtime_on(tmp_path, BY_AGE, *images)
    uses = running(runtime, ("a", f"{OURS}:v1.0.0", digest(1)), ("b", f"{OURS}:v1.0.0", digest(2)))
    found = running_of(runtime.desired.repositories, {REPOSITORY: images}, uses, now=NOW)
    # The first runs an image that has lost its tag, for ten days more; the other's has its tag.
    assert [(each.use.consumers, each.goes and (each.goes.at - NOW).days) for each in found] == [
        (("shop/a",), 10),
        (("shop/b",), None),
    ]


def test_images_from_elsewhere_are_none_of_the_target(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path)
    uses = running(runtime, ("a", "docker.io/library/nginx:1", ""), ("b", "elsewhere/org/app:1", ""))
    assert uses.uses == ()


def test_an_index_is_needed_by_who_runs_its_part() -> None:
    images = [stored(1, "v1", contains=[2]), stored(2, contains=[3]), stored(3), stored(4, "v4")]
    found = consumers_of(images, [*_uses(3, "a"), *_uses(2, "b")])
    assert found == {digest(3): ("a",), digest(2): ("a", "b"), digest(1): ("a", "b")}


def _uses(number: int, consumer: str) -> tuple[Use, ...]:
    return (Use(REPOSITORY, None, digest(number), (consumer,)),)


def test_a_prune_never_takes_what_runs(tmp_path: Path) -> None:
    images = [stored(1, "runs"), stored(2, "index", contains=[3]), stored(3), stored(4, "idle")]
    runtime, destination = runtime_on(tmp_path, LIST, *images)
    uses = running(runtime, ("a", f"{OURS}:runs", ""), ("b", "quay.io/org/app:moved", digest(3)))
    plan = make_prune_plan(runtime, older_than_days=30, now=NOW, in_use=uses)
    assert [removal.tag for removal in plan.removals] == ["idle"]
    assert [removal.tag for removal in plan.running or ()] == ["index", "runs"]
    path = tmp_path / "prune.json"
    path.write_text(format_prune_plan(plan))
    apply_prune_plan(runtime, read_prune_plan(path), older_than_days=30, now=NOW, in_use=uses)
    assert [tag for _, tag, _ in destination.deleted] == ["idle"]


def test_a_prune_spares_what_runs_by_a_name_upstream_that_has_left_the_list(tmp_path: Path) -> None:
    # Another entry brings its images into the repository that once was quay.io/org/app's.
    moved = LIST.replace("quay.io/org/app", "ghcr.io/org/app").replace(
        "    tags", f"    repository: {REPOSITORY}\n    tags"
    )
    runtime, _ = runtime_on(tmp_path, moved, stored(1, "runs"), stored(2, "idle"))
    plan = make_prune_plan(
        runtime, older_than_days=30, now=NOW, in_use=running(runtime, ("a", "quay.io/org/app:runs", ""))
    )
    assert [removal.tag for removal in plan.removals] == ["idle"]


def test_what_began_to_run_since_the_plan_stops_it(tmp_path: Path) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(4, "idle"))
    plan = make_prune_plan(runtime, older_than_days=30, now=NOW, in_use=InUse(()))
    uses = running(runtime, ("a", f"{OURS}:idle", ""))
    with pytest.raises(InputError, match=r"what runs has changed since the plan was made: .*:idle"):
        apply_prune_plan(runtime, plan, older_than_days=30, now=NOW, in_use=uses)
    assert destination.deleted == []


def test_a_plan_for_what_ran_is_not_applied_without_knowing_what_runs(tmp_path: Path) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(4, "idle"))
    plan = make_prune_plan(runtime, older_than_days=30, now=NOW, in_use=InUse(()))
    with pytest.raises(InputError, match="nobody said what runs now"):
        apply_prune_plan(runtime, plan, older_than_days=30, now=NOW)
    assert destination.deleted == []


def test_where_it_is_not_known_of_all_what_runs_nothing_is_pruned(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path, LIST, stored(4, "idle"))
    uses = running(runtime, ("a", "{{ image }}", ""))
    with pytest.raises(InputError, match=r"pods\.json:1:.*\{\{ image \}\}"):
        make_prune_plan(runtime, older_than_days=30, now=NOW, in_use=uses)


def test_what_names_several_images_at_once_stops_a_prune(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path, LIST, stored(4, "v0.9.0"))
    text = "sync:\n  - {source: quay.io/org/app, target: example.com/app, type: repository, tags: {allow: ['v0.*']}}\n"
    uses = in_use([read(text, Around("regsync.yaml"))], mirror_of(runtime.desired, {}))
    with pytest.raises(InputError, match=r"regsync\.yaml:2:.*it names more than one image"):
        make_prune_plan(runtime, older_than_days=30, now=NOW, in_use=uses)


def test_status_names_who_uses_a_tag(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path, LIST, stored(1, "v1.0.0"), stored(2, "v1.1.0"))
    uses = running(runtime, ("a", f"{OURS}:v1.0.0", ""), ("b", f"{OURS}:v1.0.0", ""))
    found = read_status(runtime, upstream=False, now=NOW, in_use=uses)
    assert {tag.tag: tag.consumers for tag in found.repositories[0].tags} == {
        "v1.0.0": ("shop/a", "shop/b"),
        "v1.1.0": (),
    }
    assert found.is_in_sync
    assert "shop/a and 1 more" in show(view_status(found), ResultFormat.TEXT)


def test_what_runs_and_is_not_held_is_a_difference(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path, LIST, stored(1, "v1.0.0"), stored(2, "v1.1.0"))
    found = read_status(runtime, upstream=False, now=NOW, in_use=running(runtime, ("a", f"{OURS}:gone", "")))
    assert found.has_differences
    assert "runs, not held" in show(view_status(found), ResultFormat.TEXT)


def test_what_runs_and_is_not_understood_is_a_failure(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path, LIST, stored(1, "v1.0.0"), stored(2, "v1.1.0"))
    found = read_status(runtime, upstream=False, now=NOW, in_use=running(runtime, ("a", "{{ image }}", "")))
    assert [failure.kind for failure in found.failures] == [Kind.OTHER]
    assert not found.is_in_sync


def change(resource_type: str, action: str) -> Change:
    return Change(f"{resource_type}.this", resource_type, REPOSITORY, action)


RULES = change("aws_ecr_lifecycle_policy", "update")


@pytest.mark.parametrize(("days", "refused"), [(9, False), (10, True), (None, False)])
def test_rules_that_would_take_what_runs_too_soon_are_refused(tmp_path: Path, days: int | None, refused: bool) -> None:
    runtime, _ = runtime_on(tmp_path, BY_AGE, stored(1, days_old=30))
    uses = running(runtime, ("a", f"{OURS}:v1.0.0", digest(1)))
    with (
        pytest.raises(InputError, match=r":v1\.0\.0 \(shop/a\) on 2026-02-10, by rule 1") if refused else nullcontext()
    ):
        require_sparing(runtime, [RULES], uses, horizon_days=days, now=NOW)


@pytest.mark.parametrize("untouched", [change("aws_ecr_lifecycle_policy", "no-op"), change(REPOSITORY_TYPE, "update")])
def test_a_plan_that_leaves_the_rules_as_they_are_is_not_their_doing(tmp_path: Path, untouched: Change) -> None:
    runtime, _ = runtime_on(tmp_path, BY_AGE, stored(1, days_old=30))
    uses = running(runtime, ("a", f"{OURS}:v1.0.0", digest(1)))
    require_sparing(runtime, [untouched], uses, horizon_days=90, now=NOW)


@pytest.mark.parametrize("action", ["delete", "replace"])
def test_a_repository_of_which_something_runs_is_not_destroyed(tmp_path: Path, action: str) -> None:
    runtime, _ = runtime_on(tmp_path)
    uses = running(runtime, ("a", f"{OURS}:old", ""))
    with pytest.raises(InputError, match=r"something runs: mirror/quay/org/app:old \(shop/a\)"):
        require_sparing(runtime, [change(REPOSITORY_TYPE, action)], uses, horizon_days=None, now=NOW)


@pytest.mark.parametrize(
    ("image", "name", "is_spared"),
    [
        ("quay.io/left/list:1", "mirror/quay/left/list", True),
        ("quay.io/left/list:1", "other/alias/left/list", True),
        ("nginx", "mirror/docker-hub/nginx", True),
        ("quay.io/org/app:v1.0.0", "other/place/org/app", True),
        ("quay.io/left/list:1", "mirror/quay/left/list-of-others", False),
        ("nginx", "mirror/quay/org/nginx", False),
    ],
)
def test_what_runs_by_a_name_that_has_left_the_list_spares_its_repository(
    image: str, name: str, is_spared: bool, tmp_path: Path
) -> None:
    runtime, _ = runtime_on(tmp_path)
    uses = running(runtime, ("a", image, ""))
    gone = Change("this", REPOSITORY_TYPE, name, "delete")
    with pytest.raises(InputError, match=rf"something runs: {name} as .* \(shop/a\)") if is_spared else nullcontext():
        require_sparing(runtime, [gone], uses, horizon_days=None, now=NOW)


def test_what_is_not_understood_may_run_from_there(tmp_path: Path) -> None:
    runtime, _ = runtime_on(tmp_path)
    uses = running(runtime, ("a", "{{ image }}", ""))
    with pytest.raises(InputError, match="not known of all"):
        require_sparing(runtime, [RULES], uses, horizon_days=None, now=NOW)
