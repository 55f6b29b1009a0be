"""What the real regsync copies from a file is what it copies from the list that was imported from it."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.importing.adding import new_list
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import TagRule
from mirrorgen.project import load_texts
from mirrorgen.readers import formats, regsync, tag_sets
from mirrorgen.readers.contract import Around, Refusal
from mirrorgen.rendering.files import REGSYNC, render
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.real.paper_registry import PaperRegistry, digest_of, paper_registry
from tests.real.regsync_configurations import (
    OTHER_TARGET,
    TARGET,
    VARIABLES,
    Configuration,
    Upstream,
    configuration,
    upstream,
)
from tests.soaking import examples

CASES = examples(500)
AT_ONCE = 8
_STEP = re.compile(r"sync\[(\d+)\]")

Triple = tuple[str, str, str]
"""Source, without tag; what is read there, a tag or a digest; the image in the target."""


@dataclass
class Regsync:
    """The real program, with upstreams and a target that is empty."""

    program: Path
    env: dict[str, str]
    upstreams: PaperRegistry
    target: PaperRegistry
    has: Upstream

    def copies(self, text: str) -> set[Triple]:
        """What regsync would copy, by its own word."""
        argv = [str(self.program), "check", "-c", "-", "--logopt", "json"]
        done = subprocess.run(argv, input=text, env=self.env, capture_output=True, text=True, check=False, timeout=60)
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        assert lines or done.returncode == 0, done.stderr
        needed = [line for line in lines if line["msg"] == "Image sync needed"]
        return {triple(line["source"], line["target"]) for line in needed}

    def creds(self, *targets: str) -> list[dict[str, Any]]:
        """How the registries are reached, as a file of regsync says it."""
        up = {"hostname": self.upstreams.address, "tls": "disabled"}
        hosts = sorted({host for host, _ in self.has.tags})
        entries = [{"registry": host, **up, "pathPrefix": prefix(host)} for host in hosts]
        return [*entries, *({"registry": host, "hostname": self.target.address, "tls": "disabled"} for host in targets)]


def triple(source: str, target: str) -> Triple:
    name, _, digest = source.partition("@")
    head, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    return f"{head}/{repository}", digest or tag, target


def prefix(host: str) -> str:
    return host.replace(":", "-")


@contextmanager
def running(has: Upstream, env: dict[str, str]) -> Iterator[Regsync]:
    program = find_tool("regsync", ProcessRunner(), env).usable().path
    tags = {f"{prefix(host)}/{path}": tags for (host, path), tags in has.tags.items()}
    with paper_registry(tags) as upstreams, paper_registry({}) as target:
        for host, path in has.tags:
            for number in range(3):
                digest = digest_of(f"{host}/{path}@{number}")
                upstreams.digests[f"{prefix(host)}/{path}", digest] = digest
        yield Regsync(Path(program), {**env, **VARIABLES}, upstreams, target, has)


@pytest.fixture(scope="module")
def real(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regsync]:
    has = upstream(random.Random(7))  # noqa: S311 - the same on every run
    with running(has, {**base_env, "HOME": str(tmp_path_factory.mktemp("home"))}) as regsync_:
        yield regsync_


def imported(text: str, format: str, real: Regsync) -> tuple[str, tuple[Refusal, ...]]:
    """The regsync.yaml of the list that was imported, nothing where there is none; and what was refused."""
    reading = formats.read(text, Around("old.yaml", variables=VARIABLES, target=TARGET), format)
    added = new_list([reading], Allowances())
    if not added.text:
        return "", added.refused
    data = yaml.safe_load(added.text)
    data["target"] = {"account_id": TARGET[:12], "region": "eu-west-1", "auth": "docker-config"}
    data["target"]["endpoint"] = f"http://{real.target.address}"
    # The registries of the test, where the file does not say where they are.
    for host in {source.partition("/")[0] for source in (entry["source"] for entry in data["images"])}:
        way = {"hostname": real.upstreams.address, "tls": "disabled", "path_prefix": prefix(host)}
        data.setdefault("registries", {}).setdefault(host, {}).update(way)
    loaded = load_texts(Path("images.yaml"), yaml.safe_dump(data), None, use_lock=False)
    assert loaded.is_usable, [problem for problem in loaded.problems if problem.is_error]
    assert loaded.desired
    return str(render(loaded.desired)[REGSYNC]), added.refused


@dataclass
class Comparison:
    """What became of one file.

    Attributes:
        before, after: what regsync copies.
        kept: what it copies of the steps of which nothing was refused.
        refused: with the reasons.
    """

    made: Configuration
    before: set[Triple]
    after: set[Triple]
    kept: set[Triple]
    refused: tuple[Refusal, ...]

    @property
    def is_equal(self) -> bool:
        """Whether nothing is dropped that was not refused, and nothing is copied that was not before."""
        return self.kept <= self.after <= self.before

    def __str__(self) -> str:
        dropped, added = sorted(self.kept - self.after), sorted(self.after - self.before)
        return f"{self.made.text()}\ndropped: {dropped}\nadded: {added}\nrefused: {self.refused}"


def compared(made: Configuration, real: Regsync) -> Comparison:
    rendered, refused = imported(made.text(), "regsync", real)
    before = real.copies(made.text())
    after = real.copies(rendered) if rendered else set()
    left = refused_steps(refused)
    kept = real.copies(made.text(without=left)) if left else before
    return Comparison(made, before, after, kept, refused)


def refused_steps(refused: Sequence[Refusal]) -> frozenset[int]:
    return frozenset(int(match[1]) for refusal in refused if (match := _STEP.match(refusal.path)))


def drawn(count: int, real: Regsync, seed: int = 20261129) -> list[Configuration]:
    draw = random.Random(seed)  # noqa: S311 - the same files on every run
    creds = real.creds(TARGET, OTHER_TARGET)
    return [configuration(draw, real.has, creds) for _ in range(count)]


def compare_all(files: Sequence[Configuration], real: Regsync) -> list[Comparison]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda made: compared(made, real), files))


def test_a_file_of_regsync_is_copied_as_before_or_refused_with_the_reason(real: Regsync) -> None:
    comparisons = compare_all(drawn(CASES, real), real)
    for comparison in comparisons:
        assert comparison.is_equal, str(comparison)
    in_full = [comparison for comparison in comparisons if not comparison.refused]
    assert all(comparison.before == comparison.after for comparison in in_full)
    # The draw is worth something only if much is taken, much is refused, and regsync copies much.
    steps = sum(len(comparison.made.steps) for comparison in comparisons)
    left = sum(len(refused_steps(comparison.refused)) for comparison in comparisons)
    reasons = {refusal.reason for comparison in comparisons for refusal in comparison.refused}
    assert len(in_full) > CASES // 4
    assert steps // 5 < left < steps // 2
    assert sum(bool(comparison.after) for comparison in in_full) > CASES // 4
    assert len(reasons) > 20
    assert all(reasons)


def _without_exclude(allow: Any, *, semver: Any = (), exclude: Any = ()) -> TagRule:  # noqa: ARG001
    return tag_sets.rule_of(allow, semver=semver)


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("anchored", lambda pattern: (pattern,)),
        ("rule_of", _without_exclude),
        ("united", lambda rules: rules[0]),
        ("target_of", lambda text, path: (TARGET, text.rpartition("/")[2])),  # noqa: ARG005
    ],
    ids=["a pattern is bound to both ends", "nothing is excluded", "one set of tags", "names lose their path"],
)
def test_what_a_reader_gets_wrong_is_noticed(
    real: Regsync, monkeypatch: pytest.MonkeyPatch, name: str, mistake: Callable[..., Any]
) -> None:
    files = drawn(60, real)
    monkeypatch.setattr(regsync, name, mistake)
    assert not all(comparison.is_equal for comparison in compare_all(files, real))


def artifact(draw: random.Random, has: Upstream) -> dict[str, Any]:
    host, path = draw.choice([name for name in sorted(has.tags) if name[0] != "docker.io" or "/" in name[1]])
    tags = [tag for tag in has.tags[host, path] if draw.random() < 0.4 and tag]
    entry: dict[str, Any] = {"SourceArtifact": path if host == "docker.io" else f"{host}/{path}", "Tags": tags}
    if draw.random() < 0.3:
        entry["TargetArtifactName"] = draw.choice(("app", "own-name", "mirrored-org-app"))
    if draw.random() < 0.3:
        entry["DoNotMirror"] = draw.choice([True, False, [tag for tag in tags if draw.random() < 0.5]])
    if draw.random() < 0.3:
        entry["TargetRepositories"] = draw.sample([f"{TARGET}/rancher", f"{TARGET}/charts", f"{OTHER_TARGET}/x"], 2)
    return entry


def documented(file: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Source and target of what is mirrored, as the README of rancher/artifact-mirror has it."""
    for entry in file["Artifacts"]:
        parts = entry["SourceArtifact"].split("/")
        name = entry.get("TargetArtifactName") or f"mirrored-{parts[-2]}-{parts[-1]}"
        left = entry.get("DoNotMirror", [])
        for repository in file["Repositories"]:
            named = entry.get("TargetRepositories")
            if repository["BaseUrl"] in named if named else repository["DefaultTarget"]:
                tags = [] if left is True else [tag for tag in entry["Tags"] if tag not in (left or [])]
                yield from (
                    (f"{entry['SourceArtifact']}:{tag}", f"{repository['BaseUrl']}/{name}:{tag}") for tag in tags
                )


def test_a_config_of_rancher_is_copied_as_its_documentation_says(real: Regsync) -> None:
    draw = random.Random(11)  # noqa: S311 - the same files on every run
    copied = 0
    for _ in range(examples(25)):
        repositories = [
            {"BaseUrl": f"{TARGET}/rancher", "DefaultTarget": True, "Registry": TARGET},
            {"BaseUrl": f"{TARGET}/charts", "DefaultTarget": False, "Registry": TARGET},
            {"BaseUrl": f"{OTHER_TARGET}/x", "DefaultTarget": draw.random() < 0.3, "Registry": OTHER_TARGET},
        ]
        file = {"Artifacts": [artifact(draw, real.has) for _ in range(6)], "Repositories": repositories}
        pairs = [pair for pair in documented(file) if pair[1].startswith(TARGET)]
        steps = [json.dumps({"source": source, "target": target, "type": "image"}) for source, target in pairs]
        made = Configuration(f"creds: {json.dumps(real.creds(TARGET))}\n", steps)
        rendered, refused = imported(json.dumps(file), "rancher", real)
        before, after = real.copies(made.text()), real.copies(rendered) if rendered else set()
        assert after <= before
        # A tag of one name in the target comes from one source: of a second the list says so.
        missing = {target for _, _, target in before - after}
        said = " ".join(f"{refusal.reason} " for refusal in refused)
        assert all(f"{target.rpartition(':')[2]} " in said for target in missing), said
        copied += len(after)
    assert copied > 200
