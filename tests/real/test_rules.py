"""What a rule means is what the real regsync makes of it: the same tags, for rules and tags drawn at random."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.master_list.rules import build_rule
from mirrorgen.problems import Problem
from mirrorgen.project import load
from mirrorgen.rendering.files import REGSYNC, render
from mirrorgen.tools.regsync import EventKind, Regsync
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.conftest import RunCli
from tests.real.conftest import ACCOUNT, REGION
from tests.real.paper_registry import paper_registry

CASES = 500
NUMBERS = ("0", "1", "2", "3", "9", "10", "18", "20240131", "007")
SUFFIXES = (
    "",
    "",
    "",
    "-alpine",
    "-alpine3.18",
    "-rc.1",
    "-rc.2",
    "-rc1",
    "-rc10",
    "-alpha.1",
    "-alpha.beta",
    "-1",
    "_x",
)
WORDS = (
    "latest",
    "edge",
    "v",
    "1.",
    ".1"[1:],
    "nonroot",
    "sha-0a1b2c3",
    "v1.x",
    "stable-alpine",
    "99999999999999999999",
)
OPERATORS = (">=", ">", "<", "<=", "=", "^", "~", "")
PATTERNS = (
    r"v?\d+\.\d+\.\d+",
    r"1\.\d+|2\.\d+",
    r"(?i)LATEST|V1.*",
    r".*-alpine.*",
    r"[[:digit:].]+",
    r"\d+(?:\.\d+){0,2}(?:-rc\.\d+)?",
    r"^v.*$",
    r"\w+",
    r"(?P<major>\d+)-.*?",
    r"1\Q.\E1",
    r"[^v].*[^0-9]",
)


def version(draw: random.Random) -> str:
    parts = ".".join(draw.choice(NUMBERS) for _ in range(draw.randint(1, 4)))
    return draw.choice(("", "v")) + parts + draw.choice(SUFFIXES)


def version_range(draw: random.Random) -> str:
    return " ".join(draw.choice(OPERATORS) + version(draw) for _ in range(draw.randint(1, 2)))


def some(draw: random.Random, values: Any, most: int) -> list[str]:
    return sorted({values() if callable(values) else draw.choice(values) for _ in range(draw.randint(0, most))})


def rule(draw: random.Random, tags: list[str]) -> dict[str, list[str]]:
    drawn = {
        "exact": some(draw, tags, 2),
        "match": some(draw, PATTERNS, 2),
        "semver": some(draw, lambda: version_range(draw), 2),
        "exclude": some(draw, PATTERNS, 1),
    }
    return {key: value for key, value in drawn.items() if value}


def cases() -> dict[str, tuple[list[str], dict[str, list[str]]]]:
    """Tags and a rule without problems, by repository."""
    draw = random.Random(20240131)  # noqa: S311 - the same cases on every run
    found: dict[str, tuple[list[str], dict[str, list[str]]]] = {}
    while len(found) < CASES:
        tags = sorted({version(draw) if draw.random() < 0.8 else draw.choice(WORDS) for _ in range(12)})
        drawn = rule(draw, tags)
        problems: list[Problem] = []
        build_rule(drawn, (), problems)
        if drawn and not problems:
            found[f"org/case-{len(found)}"] = (tags, drawn)
    return found


@pytest.fixture
def drawn(tmp_path: Path) -> Any:
    made = cases()
    with paper_registry({name: tags for name, (tags, _) in made.items()}) as registry:
        document = {
            "target": {
                "account_id": ACCOUNT,
                "region": REGION,
                "auth": "docker-config",
                "endpoint": f"http://{registry.address}",
            },
            "registries": {registry.address: {"tls": "disabled", "alias": "paper", "concurrent_requests": 50}},
            "images": [
                {"source": f"{registry.address}/{name}", "tags": tags, "ecr": {"lifecycle": {"keep_last": False}}}
                for name, (_, tags) in made.items()
            ],
        }
        (tmp_path / "images.yaml").write_text(yaml.safe_dump(document))
        listing = {f"{registry.address}/{name}": tags for name, (tags, _) in made.items()}
        (tmp_path / "listing.json").write_text(json.dumps(listing))
        yield registry


def selected_by_regsync(folder: Path, env: dict[str, str]) -> dict[str, set[str]]:
    loaded = load(folder / "images.yaml")
    assert loaded.is_usable, [problem for problem in loaded.problems if problem.is_error]
    assert loaded.desired
    runner = ProcessRunner()
    regsync = Regsync(find_tool("regsync", runner, env).usable(), runner, env)
    outcome = regsync.check(str(render(loaded.desired)[REGSYNC]))
    assert not outcome.of(EventKind.FAILED)
    found: dict[str, set[str]] = {}
    for event in outcome.of(EventKind.NEEDED):
        source, _, tag = event.source.rpartition(":")
        found.setdefault(source, set()).add(tag)
    return found


def test_regsync_selects_what_tags_shows(
    drawn: Any, tmp_path: Path, run_cli: RunCli, base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = json.loads(run_cli("tags", "--from", "listing.json", "--format", "json").stdout)["tags"]
    ours: dict[str, set[str]] = {}
    for selected in shown:
        ours.setdefault(selected["source"], set()).add(selected["tag"])
    theirs = selected_by_regsync(tmp_path, base_env)
    assert ours == theirs
    # The draw is worth something only if most rules choose some tags and leave others.
    choosing = [name for name, tags in ours.items() if len(tags) < len(drawn.tags[name.partition("/")[2]])]
    assert len(choosing) > CASES // 2
