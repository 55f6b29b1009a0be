"""A sync stops before it needs more pulls than the list allows, and names the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.desired.shards import allowance
from mirrorgen.destinations.port import Holdings
from mirrorgen.model.images import Entry, Registry
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.budget import Budget, Requests
from mirrorgen.operations.copying.pending import Pending, pending
from mirrorgen.operations.copying.weighing import Foreseen, Walked, Weight
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.project import load
from mirrorgen.tools.requests import Pull, Stopped
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


def account_of(work: Pending) -> Account:
    return Account(allowance(work.desired, (1, 1)), work.desired.registries)


def budget(work: Pending) -> Budget:
    return Budget(account_of(work), Foreseen(set(work.doubtful)))


def gate(work: Pending) -> tuple[Pending, tuple[Failure, ...]]:
    return budget(work)(work)


def test_requests_are_foreseen_for_each_registry(todo: Callable[..., Pending]) -> None:
    work = todo("anonymous", {NGINX: {"latest": "sha256:a"}, REDIS: {"7.2.1": "sha256:b"}, APP: {}})
    # Of nginx two are missing and one is compared; of redis one is missing, for one platform.
    gate_ = budget(work)
    gate_(work)
    assert gate_.requests(work) == (
        Requests("docker.io", lists=2, heads=4, pulls=22, limit=100),
        Requests("quay.io", lists=1, heads=1, pulls=10, limit=None),
    )


def test_within_the_limit_nothing_is_left_out(todo: Callable[..., Pending]) -> None:
    work = todo("34")
    assert gate(work) == (work, ())


def test_what_would_be_too_much_is_left_and_named(todo: Callable[..., Pending]) -> None:
    work = todo("33")
    gate_ = budget(work)
    less, left = gate_(work)
    assert [(failure.ref, failure.kind) for failure in left] == [(TagRef(REDIS, "7.2.2"), Kind.OVER_BUDGET)]
    assert [ref.tag for ref in less.missing] == ["1.25.1", "1.25.2", "latest", "7.2.1", "v1.0.0"]
    assert gate_.requests(less)[0].pulls == 32


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
        "never copied with this limit: one image takes 10 pulls or more, and this run may make 5 of docker.io; "
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
    gate_ = budget(work)
    gate_(work)
    assert gate_.requests(work)[0].pulls == pulls


def test_moving_tags_are_held_back_too(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=2, copying="platforms: linux/amd64")), {REDIS: {"a": "1", "b": "2"}})
    less, left = gate(work)
    # c is missing, which takes both pulls.
    assert [repository.tags for repository in less.desired.repositories] == [("c",)]
    assert [failure.ref.tag for failure in left] == ["a", "b"]


def weighing(work: Pending, weights: dict[str, Weight], asking: int = 0) -> tuple[Budget, list[bool]]:
    """A budget that finds weights out with some pulls each, and what it was told of those that are left."""
    account, told = account_of(work), []

    def weigh(ref: TagRef, entry: Entry, *, is_full: bool = False) -> Weight:
        told.append(is_full)
        account.spent[entry.source.host] += 0 if is_full else asking
        return weights[ref.tag]

    return Budget(account, weigh), told


def test_pulls_made_to_find_out_are_spent_and_nobody_is_asked_when_none_are_left(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=10, copying="platforms: all")), {REDIS: {}})
    gate_, told = weighing(work, dict.fromkeys("abc", Weight(5)), asking=1)
    less, left = gate_(work)
    assert told == [False, False, True]
    assert [ref.tag for ref in less.missing] == ["a"]
    assert gate_.requests(less)[0].pulls == 7
    assert [failure.ref.tag for failure in left] == ["b", "c"]


def test_pulls_made_to_find_out_count_for_what_is_never_copied(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=10, copying="platforms: all")), {REDIS: {}})
    gate_, _ = weighing(work, {"a": Weight(9), "b": Weight(3), "c": Weight(3)}, asking=2)
    less, left = gate_(work)
    assert left[0].reason.startswith("never copied with this limit: one image takes 11 pulls or more")
    # It does not stop the others, as long as finding that out has left them something.
    assert [ref.tag for ref in less.missing] == ["b"]


def test_what_cannot_be_weighed_is_held_back_by_name_and_stops_nothing_else(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=10, copying="platforms: all")), {REDIS: {}})
    gate_, _ = weighing(work, {"a": Weight(0, "it is too deep"), "b": Weight(3), "c": Weight(3)})
    less, (failure,) = gate_(work)
    assert (failure.ref.tag, failure.kind) == ("a", Kind.OVER_BUDGET)
    assert failure.reason == "cannot be weighed against the limit of docker.io: it is too deep"
    assert [ref.tag for ref in less.missing] == ["b", "c"]


def test_an_index_is_taken_to_be_as_large_as_the_largest_of_its_repository(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=100, copying="platforms: all")), {REDIS: {}})
    gate_ = Budget(account_of(work), Foreseen((), {REDIS: 18}))
    gate_(work)
    assert gate_.requests(work)[0].pulls == 3 * 18


def test_what_a_run_has_spent_is_not_spent_again(desire: Desire) -> None:
    work = pending(desire(MOVING.format(limit=40, copying="platforms: all")), {REDIS: {}})
    gate_ = budget(work)
    assert gate_(work)[1] == ()
    less, left = gate_(work)
    assert [ref.tag for ref in less.missing] == ["a"]
    assert len(left) == 2


def test_registries_without_a_limit_are_not_asked_how_large_an_image_is(todo: Callable[..., Pending]) -> None:
    work = todo("anonymous")
    upstreams = None  # Whoever asks it anything fails.
    walked = Walked(Foreseen(()), account_of(work), upstreams, {})  # type: ignore[arg-type]
    entry = next(entry for repository, entry in work.desired.entries if repository.name == APP)
    assert walked(TagRef(APP, "v1.0.0"), entry) == Weight(10)


HUB = "https://registry-1.docker.io/v2"


def pull(url: str, *, is_final: bool = True) -> Pull:
    return Pull(url, is_final)


@pytest.fixture
def account() -> Account:
    hub, other = Registry("docker.io", "hub"), Registry("quay.io", "quay", hostname="cache:5000", path_prefix="quay")
    nested = Registry("gcr.io", "gcr", hostname="cache:5000", path_prefix="quay/gcr")
    return Account({"docker.io": 3, "quay.io": 9, "gcr.io": 9}, (hub, other, nested))


def test_a_pull_is_told_by_the_address_and_the_prefix_of_a_registry(account: Account) -> None:
    for url in (
        f"{HUB}/library/nginx/manifests/latest",
        "http://cache:5000/v2/quay/org/app/manifests/v1",
        "http://cache:5000/v2/quay/gcr/org/app/manifests/sha256%3Aabc",
        "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/library/nginx/manifests/latest",
    ):
        account.asked(pull(url))
    assert account.spent == {"docker.io": 1, "quay.io": 1, "gcr.io": 1}


def test_whoever_asks_is_stopped_with_the_last_pull(account: Account) -> None:
    account.expect("docker.io/library/nginx", 1)
    account.asked(pull(f"{HUB}/library/nginx/manifests/1"))
    with pytest.raises(Stopped):
        account.asked(pull(f"{HUB}/library/nginx/manifests/1"))


def test_regsync_may_pull_what_was_expected_of_it(account: Account) -> None:
    account.expect("docker.io/library/nginx", 2)
    account.expect("docker.io/library/redis", 1)
    for name in ("nginx", "redis", "nginx"):
        account.copied(pull(f"{HUB}/library/{name}/manifests/1"))
    assert (account.spent["docker.io"], account.left("docker.io")) == (3, 0)


@pytest.mark.parametrize(
    ("name", "is_final"),
    [("redis", True), ("nginx", False)],
    ids=["another repository", "what it asks again"],
)
def test_regsync_is_stopped_by_a_pull_that_was_not_expected_and_would_be_too_many(
    name: str, is_final: bool, account: Account
) -> None:
    account.expect("docker.io/library/nginx", 3)
    account.copied(pull(f"{HUB}/library/nginx/manifests/1"))
    with pytest.raises(Stopped):
        account.copied(pull(f"{HUB}/library/{name}/manifests/1", is_final=is_final))
    # Before it is too late: one is left.
    assert account.spent["docker.io"] == 2
    assert account.overdrawn == {"docker.io"}


def test_what_regsync_did_not_pull_is_left_afterwards(account: Account) -> None:
    account.expect("docker.io/library/nginx", 3)
    account.copied(pull(f"{HUB}/library/nginx/manifests/1"))
    account.settle()
    assert account.left("docker.io") == 2
