"""Scenarios: a list, a world, and the run that is made of both; made up by hypothesis, and small enough to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.audit.world import (
    AMD64,
    NUMBERS,
    Change,
    EcrArchives,
    EcrMoves,
    Fault,
    RepositoryGoes,
    Shelf,
    UpstreamMoves,
    World,
    digest,
    for_platform,
)

FIXED, MOVING = ("v1.0.0", "v1.1.0"), ("1.25", "edge", "latest")
TAGS = (*FIXED, *MOVING)
REVIEWED = "reviewed"

# What a rule of the list chooses of `TAGS`, as docs/tags.md says.
RULES: Mapping[str, frozenset[str]] = {
    "match: ['v.*']": frozenset(FIXED),
    "match: ['[a-z0-9.]+'], exclude: ['edge']": frozenset(TAGS) - {"edge"},
    "semver: ['>=1.1']": frozenset({"v1.1.0", "1.25"}),
}
NEWEST = "semver: ['>=1'], newest: 1"

SOURCES = ("docker.io/library/a", "quay.io/org/b", "quay.io/org/c")


@dataclass(frozen=True)
class Wish:
    """An entry of the list; `rule` is a line of YAML, `reviewed` the image of a tag with a digest."""

    source: str
    repository: str
    exact: tuple[str, ...] = ()
    rule: str = ""
    reviewed: int = 0
    platform: str | None = None
    pin: str = "tag"
    moving: str = "auto"
    referrers: bool = False

    @property
    def named(self) -> frozenset[str]:
        """Every tag that is written out."""
        return frozenset(self.exact) | ({REVIEWED} if self.reviewed else set())

    def is_fixed(self, tag: str) -> bool:
        if tag == REVIEWED or self.moving == "none":
            return True
        return self.moving == "auto" and tag in FIXED

    def text(self) -> str:
        tags = [f"exact: {json.dumps(self.exact)}"] if self.exact else []
        tags += [self.rule] if self.rule else []
        tags += [f'digests: {{{REVIEWED}: "{digest(self.reviewed)}"}}'] if self.reviewed else []
        tags += [f"moving: {self.moving}"] if self.moving != "auto" else []
        lines = [f"source: {self.source}", f"repository: {self.repository}", f"tags: {{{', '.join(tags)}}}"]
        lines += [f"platforms: {self.platform}"] if self.platform else []
        lines += ["pin: digest"] if self.pin == "digest" else []
        lines += ["referrers: true"] if self.referrers else []
        return "  - " + "\n    ".join(lines) + "\n"


@dataclass(frozen=True)
class Held:
    """What a repository of ECR holds: number by tag; `archived` are tags of it, and `young` those pushed today."""

    tags: Mapping[str, int] = field(default_factory=dict)
    archived: tuple[str, ...] = ()
    immutable: bool = False
    young: tuple[str, ...] = ()

    def shelf(self) -> Shelf:
        shelf = Shelf(immutable=self.immutable)
        for tag, number in self.tags.items():
            shelf.put(tag, digest(number), days_old=0 if tag in self.young else 100)
        shelf.archived |= {digest(self.tags[tag]) for tag in self.archived}
        return shelf


@dataclass(frozen=True)
class Scenario:
    """One audit.

    Attributes:
        command: `sync`, `status`, `prune` or `plan`.
        options: of the command; `--shard` and `--only` are not among them.
        shards: into how many parts a sync is divided, one after the other.
        only: the repository that is looked at; nothing for all.
        wishes: the entries of the list.
        pulls: what the registries allow in six hours; 0 for no limit.
        upstream: number by tag, by source, when the command runs.
        locked: what it was when the list was locked; nothing without a lock.
        stock: what ECR holds; a repository that is not here does not exist.
    """

    command: str
    wishes: tuple[Wish, ...]
    upstream: Mapping[str, Mapping[str, int]]
    stock: Mapping[str, Held]
    options: tuple[str, ...] = ()
    shards: int = 1
    only: str = ""
    pulls: int = 0
    locked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()

    def text(self) -> str:
        """The list."""
        hosts = sorted({wish.source.partition("/")[0] for wish in self.wishes})
        limits = "".join(f"  {host}: {{pulls_per_six_hours: {self.pulls}}}\n" for host in hosts if self.pulls)
        return f"registries:\n{limits}" * bool(limits) + "images:\n" + "".join(wish.text() for wish in self.wishes)

    def world(self) -> World:
        shelves = {name: held.shelf() for name, held in self.stock.items()}
        upstream = {source: dict(tags) for source, tags in self.upstream.items()}
        return World(upstream, shelves, self.faults, self.changes)


_rarely = st.sampled_from((0, 0, 0, 0, 0, 1))
_numbers = st.sampled_from(NUMBERS)
_few = st.dictionaries(st.sampled_from(TAGS), st.sampled_from((0, *NUMBERS)), max_size=2)


def _other(tags: Mapping[str, int], few: Mapping[str, int]) -> dict[str, int]:
    """Tags of which a few name something else, or are gone where they name 0."""
    return {tag: number for tag, number in {**tags, **few}.items() if number}


@st.composite
def _wishes(draw: st.DrawFn, locked: bool) -> tuple[Wish, ...]:
    sources = SOURCES[: draw(st.integers(1, len(SOURCES)))]
    is_shared = len(sources) > 1 and draw(st.booleans())
    wishes = []
    for place, source in enumerate(sources):
        # Two sources may fill one repository as long as no tag comes from both.
        free: tuple[str, ...] = TAGS
        if is_shared and place < 2:
            free = FIXED if place else MOVING
        exact = tuple(sorted(draw(st.sets(st.sampled_from(free)))))
        rules = [""] if is_shared and place < 2 else ["", *RULES, *([NEWEST] if locked else [])]
        rule = draw(st.sampled_from(rules))
        reviewed = 0 if is_shared and place else draw(st.sampled_from((0, 0, 1, 2)))
        wishes.append(
            Wish(
                source,
                "mirror/shared" if is_shared and place < 2 else f"mirror/{source[-1]}",
                exact if exact or rule or reviewed else free[:1],
                rule,
                reviewed,
                draw(st.sampled_from((None, None, AMD64))),
                draw(st.sampled_from(("tag", "digest"))) if locked else "tag",
                draw(st.sampled_from(("auto", "auto", "all", "none"))),
                draw(st.sampled_from((False, False, False, True))),
            )
        )
    return tuple(wishes)


@dataclass(frozen=True)
class _Stage:
    """Where things go wrong: often more than one at the same tag, of which the worst are made."""

    wishes: tuple[Wish, ...]
    upstream: Mapping[str, Mapping[str, int]]
    focus: tuple[Wish, str]

    def place(self, draw: st.DrawFn) -> tuple[Wish, str]:
        if draw(st.integers(0, 3)):
            return self.focus
        wish = draw(st.sampled_from(self.wishes))
        return wish, draw(st.sampled_from(TAGS))

    def fault(self, draw: st.DrawFn) -> Fault:
        wish, tag = self.place(draw)
        code = draw(st.sampled_from((429, 500, 403, 404)))
        name, ref = f"{wish.source}:{tag}", f"{wish.repository}:{tag}"
        refused = 400 if code == 404 else code
        kinds: tuple[tuple[str, str, int | str], ...] = (
            ("list-fails", wish.source, code),
            ("list-empty", wish.source, 0),
            ("list-omits", wish.source, tag),
            ("head-fails", name, code),
            ("pull-fails", name, code),
            ("ecr-head-fails", ref, 0),
            ("ecr-head-stale", ref, self.upstream[wish.source].get(tag, 1)),
            ("push-fails", ref, refused),
            ("push-lost", ref, 0),
            ("ecr-throttles", "", 0),
            ("regsync-killed", "", 0),
            ("regsync-fails", "", 0),
        )
        # That ECR answers from a cache is seldom of consequence, and then it is the worst.
        kind, where, detail = draw(st.sampled_from((*kinds, *[kinds[6]] * 3)))
        first = draw(st.integers(1, 12 if kind == "regsync-killed" else 2))
        return Fault(kind, where, first, draw(st.integers(1, 3)), detail)

    def change(self, draw: st.DrawFn) -> Change:
        wish, tag = self.place(draw)
        at, number = draw(st.integers(1, 12)), draw(st.sampled_from((0, *NUMBERS)))
        changes: tuple[Change, ...] = (
            UpstreamMoves(at, wish.source, tag, number),
            EcrMoves(at, wish.repository, tag, number),
            EcrArchives(at, wish.repository, tag),
            RepositoryGoes(at, wish.repository),
        )
        return draw(st.sampled_from(changes))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    command = draw(st.sampled_from(("sync", "sync", "sync", "sync", "status", "prune", "plan")))
    is_locked = draw(st.booleans())
    wishes = draw(_wishes(is_locked))
    sources = [wish.source for wish in wishes]
    # Everything is there when a list is locked; what has moved or gone since is what is of interest.
    locked = {source: {tag: draw(_numbers) for tag in TAGS} for source in sources}
    upstream = {source: _other(tags, draw(_few)) for source, tags in locked.items()}
    focus = draw(st.sampled_from(wishes))
    tag = draw(st.sampled_from(sorted(focus.named & {*TAGS}) or TAGS))
    moved = draw(st.sampled_from((0, 0, 0, *NUMBERS)))
    upstream[focus.source] |= {tag: moved} if moved else {}
    names = sorted({wish.repository for wish in wishes})
    pulls = draw(st.sampled_from(_limits(wishes))) if command == "sync" else 0
    # A limit matters where much is to be copied.
    done = {} if pulls and draw(st.booleans()) else locked
    stock = {name: _held(draw, name, wishes, done) for name in names if not draw(_rarely)}
    stage = _Stage(wishes, upstream, (focus, tag))
    return Scenario(
        command,
        wishes,
        upstream,
        stock,
        _options(draw, command),
        draw(st.sampled_from((1, 1, 1, 2))) if command == "sync" else 1,
        draw(st.sampled_from(("", "", "", wishes[0].repository))),
        pulls,
        locked if is_locked else {},
        tuple(stage.fault(draw) for _ in range(draw(st.integers(0, 3)))),
        tuple(stage.change(draw) for _ in range(draw(st.integers(0, 2)))),
    )


def _limits(wishes: tuple[Wish, ...]) -> tuple[int, ...]:
    """Pulls that a list may allow: at least what one image is taken to need."""
    least = 45 if any(wish.referrers for wish in wishes) else 10
    return (0, 0, least, least + 10)


def _held(draw: st.DrawFn, repository: str, wishes: tuple[Wish, ...], before: Mapping[str, Mapping[str, int]]) -> Held:
    """What earlier runs have copied of what was there before, most of it, and a few other things."""
    tags: dict[str, int] = {}
    for wish in wishes:
        there = before.get(wish.source, {}) if wish.repository == repository else {}
        copied: set[str] = draw(st.sets(st.sampled_from(TAGS))) & there.keys()
        for tag in sorted(copied):
            part = for_platform(digest(before[wish.source][tag]), wish.platform)
            tags[tag] = int(part.removeprefix("sha256:"), 16) if part else 2
        if wish.reviewed and draw(st.booleans()):
            tags[REVIEWED] = wish.reviewed
    tags = _other(tags, draw(_few) | ({"old": 2} if draw(st.booleans()) else {}))
    archived = (draw(st.sampled_from(sorted(tags))),) if draw(_rarely) and tags else ()
    young = tuple(sorted(draw(st.sets(st.sampled_from(sorted(tags)))))) if draw(st.booleans()) and tags else ()
    return Held(tags, archived, bool(draw(_rarely)), young)


def _options(draw: st.DrawFn, command: str) -> tuple[str, ...]:
    if command == "sync":
        chosen = [*(["--full"] if draw(_rarely) else []), *(["--verify"] if draw(st.integers(0, 2)) == 0 else [])]
        return (*chosen, "--retries", str(draw(st.integers(0, 2))), "--retry-wait", "0")
    return ("--upstream",) if command == "status" and draw(st.booleans()) else ()
