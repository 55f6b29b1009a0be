"""Entries for repositories that are there: each says what is there, or it is said why none can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from mirrorgen.commands.options import runtime_for
from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import InputError, UsageError
from mirrorgen.operations.repositories.enlisting import Enlisted, enlist
from mirrorgen.project import Loaded, load, narrowed
from mirrorgen.reporting.adoptions import view_enlisted
from tests.memory_destination import LIST, REPOSITORY, MemoryDestination, digest

LONG = "/".join(["p" * 40] * 5)


@dataclass
class Account(MemoryDestination):
    """An account with repositories that the list does not have, and the tags that each holds."""

    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def held(self, wanted: Mapping[str, object]) -> Holdings:
        return {name: dict.fromkeys(self.tags[name], digest(1)) for name in wanted}


def listed(folder: Path, text: str) -> Loaded:
    (folder / "images.yaml").write_text(text)
    loaded = load(folder / "images.yaml", use_lock=False)
    assert not loaded.errors(), loaded.problems
    return loaded


def found(
    folder: Path, tags: Mapping[str, Sequence[str]], prefix: str = "mirror", text: str = LIST
) -> tuple[Enlisted, dict[str, str]]:
    """What becomes of repositories, and the source of each that gets an entry."""
    loaded = listed(folder, text)
    runtime = runtime_for(loaded)
    stock: dict[str, list[object]] = {name: [] for name in tags}
    runtime.destination = Account(runtime.desired.target, stock, tuple(tags), tags=tags)  # type: ignore[arg-type]
    enlisted = enlist(runtime, loaded, prefix)
    images = yaml.safe_load(enlisted.text)["images"]
    has = {entry.get("repository"): entry for entry in images}
    for entry in enlisted.entries:
        assert entry.repository in tags
        assert has.get(entry.repository) or str(entry.source) in {each["source"] for each in images}
    assert listed(folder, enlisted.text).desired
    return enlisted, {entry.written: str(entry.source) for entry in enlisted.entries}


def reasons(enlisted: Enlisted) -> dict[str, str]:
    return {refused.written: refused.reason for refused in enlisted.refused}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("docker-hub/nginx", "docker.io/library/nginx"),
        ("docker-hub/grafana/grafana", "docker.io/grafana/grafana"),
        ("quay/org/app.with-dots__and--dashes", "quay.io/org/app.with-dots__and--dashes"),
        ("k8s/pause", "registry.k8s.io/pause"),
        ("k8s.gcr.io/pause", "k8s.gcr.io/pause"),
        ("localhost-5000/app", "localhost:5000/app"),
        (f"quay/{LONG}", f"quay.io/{LONG}"),
    ],
)
def test_the_rule_for_names_is_turned_round(tmp_path: Path, name: str, source: str) -> None:
    """Below the prefix of the list, and below another, where `repository` says the name."""
    for prefix in ("mirror", "team/of-ours"):
        enlisted, sources = found(tmp_path, {f"{prefix}/{name}": ["v1"]}, prefix)
        assert sources == {f"{prefix}/{name}": source}
        entry = yaml.safe_load(enlisted.text)["images"][-1]
        assert entry.get("repository") == (None if prefix == "mirror" else f"{prefix}/{name}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unheard-of/app", "nothing says which source it has"),
        ("app", "nothing says which source it has"),
        ("docker-hub/library/nginx", "nothing says which source it has"),
        ("quay.io/org/app", "nothing says which source it has"),
        (f"registry.example.com/{LONG}/{'q' * 30}", "nothing says which source it has"),
        (
            "registry.example.com-5000/app",
            "it may come from registry.example.com-5000/app or registry.example.com:5000/app",
        ),
    ],
)
def test_a_name_that_nothing_or_two_things_could_have_is_left_out(tmp_path: Path, name: str, reason: str) -> None:
    enlisted, sources = found(tmp_path, {f"mirror/{name}": ["v1"], "mirror/quay/org/other": ["v1"]})
    assert sources == {"mirror/quay/org/other": "quay.io/org/other"}
    (said,) = reasons(enlisted).values()
    assert said.startswith(reason)
    assert enlisted.refused[0].hint


@pytest.mark.parametrize(
    ("registries", "name", "source"),
    [
        ("registry.example.com:5000: {requests_per_second: 5}", "registry.example.com-5000/app",
         "registry.example.com:5000/app"),
        ("other.example.com: {alias: quay}", "quay/org/two", "other.example.com/org/two"),
        ("docker.io: {keep_library: true}", "docker-hub/library/nginx", "docker.io/library/nginx"),
    ],
)  # fmt: skip
def test_what_the_list_says_of_registries_leaves_no_doubt(
    tmp_path: Path, registries: str, name: str, source: str
) -> None:
    text = LIST.replace("quay.io/org/app", "gcr.io/org/app") + f"registries:\n  {registries}\n"
    assert found(tmp_path, {f"mirror/{name}": ["v1"]}, text=text)[1] == {f"mirror/{name}": source}


def test_a_repository_that_an_entry_fills_is_none_of_them(tmp_path: Path) -> None:
    enlisted, sources = found(tmp_path, {REPOSITORY: ["v1", "v2"], "mirror/quay/org/other": ["v1"]})
    assert sources == {"mirror/quay/org/other": "quay.io/org/other"}
    assert not enlisted.refused


def test_a_source_that_has_an_entry_gets_another_for_its_other_repository(tmp_path: Path) -> None:
    _, sources = found(tmp_path, {"team/quay/org/app": ["v9"]}, "team")
    assert sources == {"team/quay/org/app": "quay.io/org/app"}


def test_tags_stand_there_as_they_are_held(tmp_path: Path) -> None:
    tags = ["1.10", "null", "on", "v1", "_x", "012", "2024-01-01", "0x1F", "a" * 128, "1e3", "latest"]
    signatures = [f"sha256-{'0' * 64}.sig", f"sha256-{'0' * 64}"]
    enlisted, _ = found(tmp_path, {"mirror/quay/org/other": [*tags, *signatures]})
    assert yaml.safe_load(enlisted.text)["images"][-1]["tags"] == sorted(tags)
    assert enlisted.signatures == {"mirror/quay/org/other": 2}


def test_what_cannot_be_a_tag_of_a_list_is_named(tmp_path: Path) -> None:
    enlisted, sources = found(
        tmp_path,
        {"mirror/quay/org/other": ["v1", "l" * 200], "mirror/quay/org/none": [], "mirror/quay/org/s": ["sha256-0"]},
    )
    assert sources == {"mirror/quay/org/other": "quay.io/org/other"}
    assert yaml.safe_load(enlisted.text)["images"][-1]["tags"] == ["v1"]
    said = reasons(enlisted)
    assert said["mirror/quay/org/other"].startswith("tags of more than 128 characters are left out: llll")
    for name in ("none", "s"):
        assert said[f"mirror/quay/org/{name}"] == "it holds no tag that can be pulled, and an entry needs one"


def test_the_list_stays_as_it_is_written(tmp_path: Path) -> None:
    text = LIST.replace("target:", "# ours\ntarget:") + "    # of the first\n# the end\n"
    enlisted, _ = found(tmp_path, {"mirror/quay/org/other": ["v1"]}, text=text)
    new = '  - source: quay.io/org/other\n    tags: ["v1"]\n'
    assert enlisted.text == text.replace("# the end\n", f"{new}# the end\n")


def test_only_whole_segments_are_a_prefix(tmp_path: Path) -> None:
    assert found(tmp_path, {"mirror/quay/org/other": ["v1"]}, "mirror/quay/o")[1] == {}
    assert found(tmp_path, {"mirror/quay/org/other": ["v1"]}, "mirror/quay/org/")[1] != {}
    for prefix in ("", "/", "Team", "a//b", "*"):
        with pytest.raises(UsageError, match="is no prefix of repositories"):
            found(tmp_path, {}, prefix)


def test_who_may_not_list_repositories_is_told_so(tmp_path: Path) -> None:
    loaded = listed(tmp_path, LIST)
    runtime = runtime_for(loaded)
    runtime.destination = Account(runtime.desired.target, other_repositories=None)
    with pytest.raises(UsageError, match="does not let us list its repositories"):
        enlist(runtime, loaded, "team")


def test_where_a_push_makes_repositories_there_is_nothing_to_take_over(tmp_path: Path) -> None:
    loaded = listed(tmp_path, LIST.replace(LIST.splitlines()[0], "target: {registry: harbor.example.com/mirror}"))
    with pytest.raises(InputError, match="a push makes its repositories"):
        enlist(runtime_for(loaded), loaded, "mirror")


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
    folder: Path, target: str, text: str, *names: str, prefix: str = "mirror"
) -> tuple[Enlisted, dict[str, dict[str, list[str]]]]:
    """What becomes of repositories of one target, and which tags each target of the list is asked for besides."""
    whole = listed(folder, text)
    runtime = runtime_for(narrowed(whole, target))
    stock: dict[str, list[object]] = {name: [] for name in names}
    tags = {name: ["v1"] for name in names}
    runtime.destination = Account(runtime.desired.target, stock, names, tags=tags)  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    ("target", "name", "reason"),
    [
        ("us", "quay/org/other", "eu would take its entry, too, and be asked for the repository"),
        ("ap", "quay/ap/other", "eu would take its entry, too, and be asked for the repository"),
        ("eu", "quay/ap/other", "ap would take its entry, too, and be asked for the repository"),
    ],
)
def test_what_another_target_would_be_asked_for_too_is_left_out_and_nothing_else(
    tmp_path: Path, target: str, name: str, reason: str
) -> None:
    enlisted, more = found_for(tmp_path, target, TARGETS, f"mirror/{name}", "mirror/docker-hub/redis")
    assert reasons(enlisted)[f"mirror/{name}"] == reason
    assert "a label of its own" in enlisted.refused[-1].hint
    assert more == ({"eu": {"mirror/docker-hub/redis": ["v1"]}} if target == "eu" else {})


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
    for target, others in (("eu", "us"), ("us", "eu")):
        enlisted, more = found_for(tmp_path, target, text, "mirror/quay/org/other")
        assert more == {}
        (reason,) = reasons(enlisted).values()
        assert reason == f"{others} would take its entry, too, and be asked for the repository"


def test_below_another_prefix_a_target_is_asked_for_the_name_that_it_has(tmp_path: Path) -> None:
    enlisted, more = found_for(tmp_path, "eu", TARGETS, "team/quay/org/other", prefix="team")
    assert more == {"eu": {"team/quay/org/other": ["v1"]}}
    assert yaml.safe_load(enlisted.text)["images"][-1]["repository"] == "team/quay/org/other"
