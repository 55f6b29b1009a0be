"""Gates before a copy: each sees what the ones before it let through, and says why of the rest."""

from __future__ import annotations

import pytest

from mirrorgen.operations.copying.pending import Gate, Pending, pass_gates, pending
from mirrorgen.outcomes import Failure, Kind, TagRef
from tests.unit.conftest import Desire

APP = "mirror/quay/org/app"


@pytest.fixture
def todo(desire: Desire) -> Pending:
    text = 'images:\n  - source: quay.io/org/app\n    tags: ["v1.0.0", "v1.1.0", "latest"]\n'
    return pending(desire(text), {APP: {"latest": "sha256:a"}})


def refusing(tag: str, seen: list[Pending]) -> Gate:
    """A gate that lets one tag not through."""

    def gate(todo: Pending) -> tuple[Pending, tuple[Failure, ...]]:
        seen.append(todo)
        ref = TagRef(APP, tag)
        return todo.without({ref}), (Failure(ref, Kind.REFUSED, f"no {tag}"),)

    return gate


def test_without_a_gate_everything_passes(todo: Pending) -> None:
    assert pass_gates(todo, []) == (todo, ())


def test_a_gate_sees_what_the_one_before_it_let_through(todo: Pending) -> None:
    seen: list[Pending] = []
    left, failures = pass_gates(todo, [refusing("v1.0.0", seen), refusing("latest", seen)])
    assert [len(look.missing) for look in seen] == [2, 1]
    assert (left.missing, left.doubtful) == ((TagRef(APP, "v1.1.0"),), ())
    assert [failure.reason for failure in failures] == ["no v1.0.0", "no latest"]


def test_what_is_held_back_is_not_given_to_regsync(todo: Pending) -> None:
    left, _ = pass_gates(todo, [refusing("v1.1.0", [])])
    assert [repository.tags for repository in left.desired.repositories] == [("latest", "v1.0.0")]


def test_if_nothing_passes_nothing_is_left_to_do(todo: Pending) -> None:
    left, failures = pass_gates(todo, [refusing(tag, []) for tag in ("v1.0.0", "v1.1.0", "latest")])
    assert left.is_empty
    assert len(failures) == 3
