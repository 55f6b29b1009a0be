"""Shards: their union is the list, none overlap, they are even, and little moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorgen.desired.shards import allowance, assign, shard, split
from mirrorgen.desired.state import DesiredState
from mirrorgen.project import load


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., DesiredState]:
    def make(count: int, *, more: str = "") -> DesiredState:
        entries = []
        for i in range(count):
            tags = [f"v1.{t}.0" for t in range(1 + i % 19)]
            entries.append(f"  - source: quay.io/org{i % 7}/app{i}\n    tags: {tags}\n")
        (tmp_path / "images.yaml").write_text("images:\n" + "".join(entries) + more)
        desired = load(tmp_path / "images.yaml").desired
        assert desired
        return desired

    return make


@pytest.mark.parametrize("count", [1, 2, 3, 8, 50])
def test_every_repository_is_in_exactly_one_shard(count: int, listed: Callable[..., DesiredState]) -> None:
    state = listed(300)
    names = [repository.name for index in range(1, count + 1) for repository in shard(state, index, count).repositories]
    assert sorted(names) == [repository.name for repository in state.repositories]


@pytest.mark.parametrize("count", [2, 4, 10])
def test_no_shard_has_over_a_quarter_more_than_its_share_of_tags(
    count: int, listed: Callable[..., DesiredState]
) -> None:
    state = listed(300)
    for index in range(1, count + 1):
        assert shard(state, index, count).tag_count <= state.tag_count / count * 1.25 + 1


def test_a_new_image_moves_few_others(listed: Callable[..., DesiredState]) -> None:
    before = assign(listed(300).repositories, 8)
    after = assign(listed(300, more='  - source: nginx\n    tags: ["1.25.0"]\n').repositories, 8)
    moved = [name for name, number in before.items() if after[name] != number]
    assert len(moved) <= 300 // 20


def test_one_more_shard_moves_about_its_share(listed: Callable[..., DesiredState]) -> None:
    repositories = listed(300).repositories
    before, after = assign(repositories, 8), assign(repositories, 9)
    moved = sum(after[name] != number for name, number in before.items())
    assert moved < 300 / 3


def test_the_order_of_the_list_makes_no_difference(listed: Callable[..., DesiredState]) -> None:
    repositories = listed(50).repositories
    assert assign(repositories, 4) == assign(repositories[::-1], 4)


def test_more_shards_than_images_leave_some_empty(listed: Callable[..., DesiredState]) -> None:
    counts = Counter(assign(listed(3).repositories, 10).values())
    assert sum(counts.values()) == 3


def with_limit(tmp_path: Path, limit: int, hosts: list[str]) -> DesiredState:
    """One image for each host; Docker Hub has a limit."""
    text = f"registries:\n  docker.io: {{pulls_per_six_hours: {limit}}}\nimages:\n"
    text += "".join(f'  - source: {host}/org/app{i}\n    tags: ["v1.0.0"]\n' for i, host in enumerate(hosts))
    (tmp_path / "images.yaml").write_text(text)
    desired = load(tmp_path / "images.yaml").desired
    assert desired
    return desired


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_shards_together_may_make_exactly_the_pulls_that_a_registry_allows(tmp_path: Path, count: int) -> None:
    state = with_limit(tmp_path, 100, ["docker.io"] * 50)
    allowed = [allowance(state, (index, count))["docker.io"] for index in range(1, count + 1)]
    assert sum(allowed) == 100
    assert max(allowed) - min(allowed) <= 1


def test_a_shard_that_asks_a_registry_for_nothing_takes_no_share_of_its_limit(tmp_path: Path) -> None:
    state = with_limit(tmp_path, 100, ["docker.io", *["quay.io"] * 20])
    allowed = [allowance(state, (index, 4)) for index in range(1, 5)]
    assert sorted(allowed, key=len) == [{}, {}, {}, {"docker.io": 100}]
    (asking,) = [index for index, share in enumerate(split(state, 4)) if "docker.io" in hosts_of(share)]
    assert allowed[asking] == {"docker.io": 100}


def hosts_of(state: DesiredState) -> set[str]:
    return {entry.source.host for _, entry in state.entries}


def test_without_a_limit_nothing_is_shared(tmp_path: Path) -> None:
    state = with_limit(tmp_path, 100, ["quay.io"] * 4)
    assert allowance(state, (1, 1)) == {}
    assert allowance(state, (1, 2)) == {}
