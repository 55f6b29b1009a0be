"""A walk through an image ends, whatever a registry answers, and does not ask twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from mirrorgen.errors import RegistryFailed, RegistryGivenUp
from mirrorgen.model.images import Copying
from mirrorgen.operations.copying.questions import Questions, Unwalkable
from mirrorgen.operations.copying.walking import Stock, TooMany, Walk
from mirrorgen.operations.upstream.asking import Answers
from mirrorgen.outcomes import Kind
from mirrorgen.tools.limits import Limits
from mirrorgen.tools.manifests import Manifest, Named

INDEX, IMAGE = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
LOCATION = "quay.io/org/app"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


@dataclass
class Paper:
    """Upstreams that hold what an index names, by digest, and count what they are asked."""

    indexes: dict[str, tuple[Named, ...]]
    failure: RegistryFailed | None = None
    seconds: float = 0.0
    now: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)

    def heads(self, references: Iterable[str]) -> Answers[Named]:
        return Answers({name: self._head(name) for name in references}, {})

    def manifest(self, reference: str) -> Manifest:
        self.asked[reference] += 1
        self.now += self.seconds
        if self.failure:
            raise self.failure
        return Manifest("", self.indexes[reference.partition("@")[2]])

    def referrers(self, reference: str) -> tuple[Named, ...]:
        self.asked[f"referrers of {reference}"] += 1
        return ()

    def _head(self, reference: str) -> Named:
        self.asked[reference] += 1
        return Named(digest(1), INDEX)


Begin = Callable[..., Walk]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Begin a walk through what is on paper."""

    def make(paper: Paper, limits: Limits, *, left: int = 10_000, referrers: bool = False) -> Walk:
        monkeypatch.setattr("mirrorgen.operations.copying.questions.time.monotonic", lambda: paper.now)
        questions = Questions(paper, LOCATION, lambda: 0, limits)  # type: ignore[arg-type]
        return Walk(Copying(referrers=referrers), questions, Stock(), lambda: left)

    return make


def chain(length: int) -> Paper:
    """An index in an index, and so on."""
    return Paper(
        {digest(number): (Named(digest(number + 1), INDEX),) for number in range(1, length)} | {digest(length): ()}
    )


def test_indexes_in_indexes_are_followed_as_far_as_the_limits_go(begin: Begin) -> None:
    assert begin(chain(11), Limits(depth=10)).from_tag(f"{LOCATION}:v1", "v1") == 11
    with pytest.raises(Unwalkable, match="or they are 10 deep"):
        begin(chain(12), Limits(depth=10)).from_tag(f"{LOCATION}:v1", "v1")


def test_manifests_are_counted_as_far_as_the_limits_go(begin: Begin) -> None:
    paper = Paper({digest(1): tuple(Named(digest(number), IMAGE) for number in range(2, 12))})
    assert begin(paper, Limits(manifests=11)).from_tag(f"{LOCATION}:v1", "v1") == 11
    with pytest.raises(Unwalkable, match="more than 10 manifests"):
        begin(paper, Limits(manifests=10)).from_tag(f"{LOCATION}:v1", "v1")


def test_an_index_that_names_itself_is_walked_through_once(begin: Begin) -> None:
    paper = Paper({digest(1): (Named(digest(1), INDEX), Named(digest(2), IMAGE), Named(digest(2), IMAGE))})
    # By its digest it is copied once more than by its tag.
    assert begin(paper, Limits()).from_tag(f"{LOCATION}:v1", "v1") == 3
    assert paper.asked[f"{LOCATION}@{digest(1)}"] == 1


def test_a_walk_ends_when_it_has_found_enough(begin: Begin) -> None:
    paper = chain(10)
    with pytest.raises(TooMany) as caught:
        begin(paper, Limits(), left=3).from_tag(f"{LOCATION}:v1", "v1")
    assert caught.value.pulls == 4
    assert len(paper.asked) == 1 + 3


def test_a_slow_registry_is_given_up_for_all_of_its_repository(begin: Begin) -> None:
    paper = chain(10)
    paper.seconds = 100.0
    walk = begin(paper, Limits(seconds=300))
    reason = "the registry has not answered all questions within 300 s"
    with pytest.raises(Unwalkable, match=reason):
        walk.from_tag(f"{LOCATION}:v1", "v1")
    before = paper.asked.total()
    with pytest.raises(Unwalkable, match=reason):
        Walk(Copying(), walk.questions, Stock(), lambda: 10_000).from_tag(f"{LOCATION}:v2", "v2")
    assert paper.asked.total() == before


@pytest.mark.parametrize(
    "failure",
    [
        RegistryGivenUp("regctl printed more than 5 bytes", Kind.UNAVAILABLE),
        RegistryFailed("no list", Kind.UNSUPPORTED),
    ],
)
def test_an_answer_that_is_too_much_or_cannot_be_read_ends_the_walk(failure: RegistryFailed, begin: Begin) -> None:
    with pytest.raises(Unwalkable, match=failure.message):
        begin(Paper({}, failure), Limits()).from_tag(f"{LOCATION}:v1", "v1")


def test_what_the_registry_refuses_to_tell_it_tells_regsync_neither(begin: Begin) -> None:
    refusal = RegistryFailed("not found [http 404]", Kind.NOT_UPSTREAM)
    assert begin(Paper({}, refusal), Limits()).from_tag(f"{LOCATION}:v1", "v1") == 1


def test_where_no_pulls_are_left_to_find_out_there_are_none_to_copy(begin: Begin) -> None:
    with pytest.raises(TooMany):
        begin(Paper({}, RegistryGivenUp("none left", Kind.OVER_BUDGET)), Limits()).from_tag(f"{LOCATION}:v1", "v1")


def test_what_was_asked_for_a_tag_is_known_for_another(begin: Begin) -> None:
    paper = chain(3)
    walk = begin(paper, Limits(), referrers=True)
    walk.from_tag(f"{LOCATION}:v1", "v1")
    Walk(walk.copying, walk.questions, Stock(), lambda: 10_000).from_tag(f"{LOCATION}:v1", "v2")
    assert set(paper.asked.values()) == {1}
