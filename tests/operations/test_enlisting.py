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
from mirrorgen.project import Loaded, load
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
