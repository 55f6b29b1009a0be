"""A sync stops before it needs more pulls than the list allows, and names the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.desired.shards import allowance
from mirrorgen.destinations.port import Holdings
from mirrorgen.model.images import Entry
from mirrorgen.operations.copying.budget import Budget, Requests
from mirrorgen.operations.copying.pending import Pending, pending
from mirrorgen.operations.copying.weighing import Foreseen, FoundOut, Weight
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.project import load
from tests.unit.conftest import Desire

LIST = """\
registries:
  docker.io: {{pulls_per_six_hours: {limit}}}
images:
  - source: docker.io/library/nginx
    tags: ["1.25.1", "1.25.2", "latest"]
  - source: docker.io/library/redis
    tags: ["7.2.1", "7.2.2"]
    platforms: linux/amd64
  - source: quay.io/org/app
    tags: ["v1.0.0"]
"""
NGINX, REDIS, APP = "mirror/docker-hub/nginx", "mirror/docker-hub/redis", "mirror/quay/org/app"


@pytest.fixture
def todo(tmp_path: Path) -> Callable[..., Pending]:
    def make(limit: str, held: Holdings | None = None) -> Pending:
        (tmp_path / "images.yaml").write_text(LIST.format(limit=limit))
        desired = load(tmp_path / "images.yaml").desired
        assert desired
        return pending(desired, held or {NGINX: {}, REDIS: {}, APP: {}})

    return make


def budget(work: Pending) -> Budget:
    return Budget(allowance(work.desired, (1, 1)), Foreseen(set(work.doubtful)))


def gate(work: Pending) -> tuple[Pending, tuple[Failure, ...]]:
    return budget(work)(work)


def test_requests_are_foreseen_for_each_registry(todo: Callable[..., Pending]) -> None:
    work = todo("anonymous", {NGINX: {"latest": "sha256:a"}, REDIS: {"7.2.1": "sha256:b"}, APP: {}})
    # Of nginx two are missing and one is compared; of redis one is missing, for one platform.
    account = budget(work)
    account(work)
    assert account.requests(work) == (
        Requests("docker.io", lists=2, heads=4, pulls=22, limit=100),
        Requests("quay.io", lists=1, heads=1, pulls=10, limit=None),
    )


def test_within_the_limit_nothing_is_left_out(todo: Callable[..., Pending]) -> None:
    work = todo("34")
    assert gate(work) == (work, ())


def test_what_would_be_too_much_is_left_and_named(todo: Callable[..., Pending]) -> None:
    work = todo("33")
    account = budget(work)
    less, left = account(work)
    assert [(failure.ref, failure.kind) for failure in left] == [(TagRef(REDIS, "7.2.2"), Kind.OVER_BUDGET)]
    assert [ref.tag for ref in less.missing] == ["1.25.1", "1.25.2", "latest", "7.2.1", "v1.0.0"]
    assert account.requests(less)[0].pulls == 32


def test_another_registry_is_not_held_back(todo: Callable[..., Pending]) -> None:
    work = todo("1")
    less, left = gate(work)
    assert [repository.name for repository in less.desired.repositories] == [APP]
    assert len(left) == 5


def test_tags_that_are_compared_stay(todo: Callable[..., Pending]) -> None:
    work = todo("5", {NGINX: {"latest": "sha256:a"}, REDIS: {"7.2.1": "b", "7.2.2": "c"}, APP: {"v1.0.0": "d"}})
    less, left = gate(work)
    assert [repository.tags for repository in less.desired.repositories] == [("latest",)]
    assert [failure.ref.tag for failure in left] == ["1.25.1", "1.25.2"]


@pytest.mark.parametrize(("written", "limit"), [("anonymous", 100), ("free", 200), ("1000", 1000)])
def test_how_a_limit_is_written(written: str, limit: int, todo: Callable[..., Pending]) -> None:
    assert todo(written).desired.registries[0].pulls_per_six_hours == limit


def test_a_run_that_comes_close_says_so() -> None:
    assert Requests("docker.io", 1, 1, 81, 100).is_close
    assert not Requests("docker.io", 1, 1, 80, 100).is_close
    assert not Requests("docker.io", 1, 1, 10_000, None).is_close


def test_what_no_run_could_ever_copy_says_what_to_change(todo: Callable[..., Pending]) -> None:
    _, left = gate(todo("5"))
    assert left[0].reason == (
        "never copied with this limit: one image takes about 10 pulls, and this run may make 5 of docker.io; "
        "raise pulls_per_six_hours, or use fewer parts"
    )


def test_what_a_later_run_can_copy_says_so(todo: Callable[..., Pending]) -> None:
    _, left = gate(todo("33"))
    assert left[0].reason == "left for a later run: this run may make 33 pulls of docker.io"


MOVING = """\
registries:
  docker.io: {{pulls_per_six_hours: {limit}}}
images:
  - source: docker.io/library/redis
    tags: [a, b, c]
    {copying}
"""


@pytest.mark.parametrize(
    ("copying", "pulls"),
    [
        ("platforms: all", 0),
        ("platforms: linux/amd64", 3),
        ("digest_tags: true", 3 * 30),
        ("referrers: true", 3 * 40),
    ],
)
def test_what_is_asked_of_moving_tags_each_time_is_foreseen(copying: str, pulls: int, desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=1000, copying=copying)), {REDIS: {"a": "1", "b": "2", "c": "3"}})
    account = budget(work)
    account(work)
    assert account.requests(work)[0].pulls == pulls


def test_moving_tags_are_held_back_too(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=2, copying="platforms: linux/amd64")), {REDIS: {"a": "1", "b": "2"}})
    less, left = gate(work)
    # c is missing, which takes both pulls.
    assert [repository.tags for repository in less.desired.repositories] == [("c",)]
    assert [failure.ref.tag for failure in left] == ["a", "b"]


def test_pulls_made_to_find_out_are_spent_and_nobody_is_asked_when_none_are_left(desire: Desire) -> None:
    asked_with = []

    def weigh(ref: TagRef, entry: Entry, left: int) -> Weight:  # noqa: ARG001 - what every scales take
        asked_with.append(left)
        return Weight(5, asking=1 if left else 0)

    work = pending(desire(MOVING.format(limit=10, copying="platforms: all")), {REDIS: {}})
    account = Budget(allowance(work.desired, (1, 1)), weigh)
    less, left = account(work)
    assert asked_with == [10, 4, 0]
    assert [ref.tag for ref in less.missing] == ["a"]
    assert account.requests(less)[0].pulls == 7
    assert [failure.ref.tag for failure in left] == ["b", "c"]


def test_an_index_is_taken_to_be_as_large_as_the_largest_of_its_repository(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=100, copying="platforms: all")), {REDIS: {}})
    account = Budget(allowance(work.desired, (1, 1)), Foreseen((), {REDIS: 18}))
    account(work)
    assert account.requests(work)[0].pulls == 3 * 18


def test_what_a_run_has_spent_is_not_spent_again(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=40, copying="platforms: all")), {REDIS: {}})
    account = budget(work)
    assert account(work)[1] == ()
    less, left = account(work)
    assert [ref.tag for ref in less.missing] == ["a"]
    assert len(left) == 2


def test_registries_without_a_limit_are_not_asked_how_large_an_image_is(todo: Callable[..., Pending]) -> None:
    class Asked:
        """Registries that remember what they were asked."""

        def __init__(self) -> None:
            self.references: list[str] = []

        def manifests(self, reference: str) -> int:
            self.references.append(reference)
            return 3

    work, asked = todo("anonymous"), Asked()
    found_out = FoundOut(Foreseen(()), asked, (), frozenset({"docker.io"}))  # type: ignore[arg-type]
    account = Budget(allowance(work.desired, (1, 1)), found_out)
    account(work)
    assert asked.references == [f"docker.io/library/nginx:{tag}" for tag in ("1.25.1", "1.25.2", "latest")]
    # Three times one to ask and three to copy, and twice two for one platform.
    assert [(request.host, request.pulls) for request in account.requests(work)] == [("docker.io", 16), ("quay.io", 10)]
