"""Entries for repositories of one of several targets: each is true of every target that takes it, or is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from mirrorgen.commands.options import runtime_for
from mirrorgen.destinations.port import Described, Holdings
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Image
from mirrorgen.model.targets import Target
from mirrorgen.operations.repositories import elsewhere
from mirrorgen.operations.repositories.enlisting import Enlisted, enlist
from mirrorgen.operations.stand_in import StandIn
from mirrorgen.project import Loaded, narrowed
from mirrorgen.reporting.adoptions import view_enlisted
from tests.memory_destination import digest
from tests.operations.test_enlisting import Account, listed, reasons

AS_DEFAULTS = Described()


@dataclass
class Elsewhere(Account):
    """Another target, and the digest of v1 in each of its repositories."""

    held_there: Mapping[str, str] = field(default_factory=dict)
    described: Described = AS_DEFAULTS

    def held(self, wanted: Mapping[str, object]) -> Holdings:
        return {name: {"v1": self.held_there[name]} if name in self.held_there else None for name in wanted}

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        return dict.fromkeys(images, self.described)


TARGETS = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us: {account_id: "123456789012", region: us-east-1, images: {labels: [both, us]}}
  ap:
    account_id: "123456789012"
    region: ap-southeast-1
    from: upstream
    images: {labels: [both], sources: ["quay.io/ap/*"]}
images:
  - {source: quay.io/org/app, tags: ["v1"], labels: [both, us]}
  - {source: quay.io/ap/app, tags: ["v1"]}
  - {source: docker.io/library/nginx, tags: ["1.25.3"]}
"""


def found_for(
    folder: Path,
    target: str,
    text: str,
    *names: str,
    prefix: str = "mirror",
    others: Mapping[str, Mapping[str, str]] | None = None,
    described: Described = AS_DEFAULTS,
) -> tuple[Enlisted, dict[str, dict[str, list[str]]]]:
    """What becomes of repositories of one target, and which tags each target of the list is asked for besides.

    Args:
        others: digest of v1 by repository that each other target has; one that is left out cannot be asked.
        described: what an entry says there.
    """
    whole = listed(folder, text)
    runtime = runtime_for(narrowed(whole, target))
    stock: dict[str, list[object]] = {name: [] for name in names}
    tags = {name: ["v1"] for name in names}
    runtime.destination = Account(runtime.desired.target, stock, names, tags=tags)  # type: ignore[arg-type]

    def other(asked: Target, *_: object, **__: object) -> Account:
        if others is None or asked.list_name not in others:
            raise UsageError("the credentials belong to another account")
        return Elsewhere(asked, held_there=others[asked.list_name], described=described)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(elsewhere, "open_named", other)
        enlisted = enlist(runtime, whole, prefix)

    def asked(loaded: Loaded) -> dict[str, dict[str, list[str]]]:
        return {
            name: {each.name: sorted(each.tags) for each in state.repositories} for name, state in loaded.states.items()
        }

    before, after = asked(whole), asked(listed(folder, enlisted.text))
    more = {name: {at: tags for at, tags in after[name].items() if before[name].get(at) != tags} for name in after}
    assert all(before[name].keys() <= after[name].keys() for name in before)
    return enlisted, {name: entries for name, entries in more.items() if entries}


@pytest.mark.parametrize(
    ("target", "name", "labels"),
    [("eu", "quay/org/other", []), ("us", "ghcr/org/other", ["us"]), ("ap", "quay/ap/other", [])],
    ids=["all that no other takes", "a label of its own", "a pattern of its own"],
)
def test_of_several_targets_only_the_one_that_was_looked_at_is_asked_for_what_it_holds(
    tmp_path: Path, target: str, name: str, labels: list[str]
) -> None:
    text = TARGETS.replace("eu-west-1}", 'eu-west-1, images: {sources: ["quay.io/org/*", "docker.io/*"]}}')
    enlisted, more = found_for(tmp_path, target, text, f"mirror/{name}")
    assert more == {target: {f"mirror/{name}": ["v1"]}}
    assert yaml.safe_load(enlisted.text)["images"][-1].get("labels", []) == labels
    shown = view_enlisted(enlisted, "images.yaml", "", is_written=False)
    assert shown.document["entries"][0]["labels"] == labels


OTHER = "mirror/quay/org/other"


@pytest.mark.parametrize(
    ("others", "described", "reason"),
    [
        ({}, AS_DEFAULTS, "ECR (eu) cannot be asked for it: the credentials belong to another account"),
        ({"eu": {}}, AS_DEFAULTS, "ECR (eu) does not have it"),
        ({"eu": {OTHER: digest(2)}}, AS_DEFAULTS, "ECR (eu) does not hold the same under each tag"),
        ({"eu": {OTHER: digest(1)}}, Described({"ecr": {}}), "ECR (eu) has it with other settings"),
    ],
)
def test_what_another_target_would_be_asked_for_too_and_does_not_hold_is_left_out_and_nothing_else(
    tmp_path: Path, others: dict[str, dict[str, str]], described: Described, reason: str
) -> None:
    names = (OTHER, "mirror/docker-hub/nginx")
    enlisted, more = found_for(tmp_path, "us", TARGETS, *names, others=others, described=described)
    assert reasons(enlisted)[OTHER] == f"its entry would be for eu, too, and {reason}"
    assert "a label of its own" in next(each.hint for each in enlisted.refused if each.written == OTHER)
    assert (more, enlisted.text) == ({}, TARGETS)


def test_what_each_target_that_takes_an_entry_holds_gets_one(tmp_path: Path) -> None:
    """Under the name that it has there; of those that do not take it nobody is asked."""
    text = TARGETS.replace("eu-west-1}", "eu-west-1, prefix: eu}")
    enlisted, more = found_for(tmp_path, "us", text, OTHER, others={"eu": {"eu/quay/org/other": digest(1)}})
    assert more == {"us": {OTHER: ["v1"]}, "eu": {"eu/quay/org/other": ["v1"]}}
    assert not enlisted.refused
    held = {"eu": {"team/quay/org/two": digest(1)}}
    _, more = found_for(tmp_path, "us", text, "team/quay/org/two", prefix="team", others=held)
    assert more == {name: {"team/quay/org/two": ["v1"]} for name in ("eu", "us")}


def test_a_target_that_takes_by_patterns_gets_nothing_that_none_of_them_fits(tmp_path: Path) -> None:
    text = TARGETS.replace("eu-west-1}", 'eu-west-1, images: {sources: ["quay.io/org/*"]}}')
    enlisted, more = found_for(tmp_path, "eu", text, "mirror/docker-hub/redis")
    assert more == {}
    (reason,) = reasons(enlisted).values()
    assert reason == "eu takes no entry of docker.io/library/redis: no pattern of its `images.sources` fits"


def test_an_entry_that_is_for_others_gets_no_tags_of_this_one(tmp_path: Path) -> None:
    enlisted, more = found_for(tmp_path, "us", TARGETS, "mirror/docker-hub/nginx")
    assert (more, enlisted.text) == ({}, TARGETS)
    (reason,) = reasons(enlisted).values()
    assert reason == "the list has it for docker.io/library/nginx, and that entry is not for us"


def test_what_ecr_replicates_is_of_the_first_and_of_those_that_follow_it(tmp_path: Path) -> None:
    text = TARGETS.replace("images: {labels: [both, us]}", "replicate: true")
    for target, other in (("eu", "us"), ("us", "eu")):
        enlisted, more = found_for(tmp_path, target, text, OTHER, others={other: {}})
        assert more == {}
        (reason,) = reasons(enlisted).values()
        assert reason == f"its entry would be for {other}, too, and ECR ({other}) does not have it"
        _, more = found_for(tmp_path, target, text, OTHER, others={other: {OTHER: digest(1)}})
        assert more == {name: {OTHER: ["v1"]} for name in ("eu", "us")}


def test_below_another_prefix_a_target_is_asked_for_the_name_that_it_has(tmp_path: Path) -> None:
    enlisted, more = found_for(tmp_path, "eu", TARGETS, "team/quay/org/other", prefix="team")
    assert more == {"eu": {"team/quay/org/other": ["v1"]}}
    assert yaml.safe_load(enlisted.text)["images"][-1]["repository"] == "team/quay/org/other"


def test_nobody_real_is_asked_by_a_run_that_is_led_to_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "open_named", lambda *_args, **_more: pytest.fail("it was asked"))
    whole = listed(tmp_path, TARGETS)
    runtime = runtime_for(narrowed(whole, "us"))
    runtime.stand_in = StandIn("127.0.0.1:1", "123456789012", "us-east-1", tmp_path)
    assert whole.master_list
    said = elsewhere.Said(whole.master_list.images[0], {}, AS_DEFAULTS)
    found = elsewhere.untrue(runtime, whole.states["eu"].target, {OTHER: said})
    assert found == {OTHER: "ECR (eu) is played by no stand-in"}
