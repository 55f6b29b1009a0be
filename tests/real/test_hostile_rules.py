"""Rules at the limits mean to the real regsync what they mean here."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from mirrorgen.desired.selection import select
from mirrorgen.master_list.rules import build_rule
from mirrorgen.model.images import TagRule
from mirrorgen.model.patterns import MAX_LENGTH, pattern_trouble
from mirrorgen.rendering.regsync import tag_sets as tag_sets
from mirrorgen.tools.regsync import EventKind, Outcome, Regsync
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.real.paper_registry import paper_registry

GREATEST = str(2**63 - 1)
TAGS = (GREATEST, f"1.{GREATEST}", f"0.{GREATEST}", "1", "1.2", "2", "0.1", "0" * 100 + "1", str(2**63), "a" * 100)
LEVELS = MAX_LENGTH // 4


def checked(rule: TagRule, env: dict[str, str]) -> Outcome:
    runner = ProcessRunner()
    with paper_registry({"org/app": list(TAGS), "mirror/app": []}) as registry:
        at = registry.address
        sync = {
            "source": f"{at}/org/app",
            "target": f"{at}/mirror/app",
            "type": "repository",
            "tagSets": tag_sets(rule),
        }
        config = {"version": 1, "creds": [{"registry": at, "tls": "disabled"}], "sync": [sync]}
        return Regsync(find_tool("regsync", runner, env).usable(), runner, env).check(json.dumps(config))


@pytest.mark.parametrize(
    "semver",
    [
        [f"^{GREATEST}"],
        [f"~1.{GREATEST}"],
        [f"^0.{GREATEST}"],
        [f">={GREATEST}"],
        [f"<={GREATEST} >2"],
        [f"^{'0' * 300}1"],
        [f"~{GREATEST}"],
        [" ".join([">=0 <9"] * (MAX_LENGTH // 7))],
    ],
)
def test_a_range_at_the_limits_chooses_what_regsync_chooses(semver: Sequence[str], base_env: dict[str, str]) -> None:
    ours = {selected.tag for selected in select(TagRule(semver=tuple(semver)), TAGS)}
    outcome = checked(TagRule(semver=tuple(semver)), base_env)
    assert not outcome.of(EventKind.FAILED)
    assert {event.source.rpartition(":")[2] for event in outcome.of(EventKind.NEEDED)} == ours


@pytest.mark.parametrize(
    "pattern",
    [
        "(a" * LEVELS + ")?" * LEVELS,
        "(a(b|" * (LEVELS // 2) + "))" * (LEVELS // 2),
        "(?:a" * 160 + ")*" * 150 + ")" * 10,
    ],
)
def test_what_is_taken_here_go_takes_too(pattern: str, base_env: dict[str, str]) -> None:
    assert pattern_trouble(pattern) is None
    problems: list[object] = []
    rule = build_rule({"match": [pattern]}, (), problems)  # type: ignore[arg-type]
    assert not problems
    outcome = checked(rule, base_env)
    assert not outcome.of(EventKind.FAILED)
    ours = {selected.tag for selected in select(rule, TAGS)}
    assert {event.source.rpartition(":")[2] for event in outcome.of(EventKind.NEEDED)} == ours
