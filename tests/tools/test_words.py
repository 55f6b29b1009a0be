"""What kind of failure a tool speaks of: its own words count, never the names of what it speaks of."""

from __future__ import annotations

import pytest

from mirrorgen.outcomes import Kind
from mirrorgen.tools.regsync import Event, EventKind
from mirrorgen.tools.words import kind_of

RATELIMIT = "docker.io/envoyproxy/ratelimit:v1.4.0"
INFRA = "quay.io/org/immutable-infra:1.0"


@pytest.mark.parametrize(
    ("said", "references", "kind"),
    [
        (f"failed to get manifest {RATELIMIT}: not found [http 404]", [RATELIMIT], Kind.NOT_UPSTREAM),
        ("failed to list tags for envoyproxy/ratelimit: not found [http 404]", [RATELIMIT], Kind.NOT_UPSTREAM),
        (f"{INFRA}: connection refused", [INFRA], Kind.UNAVAILABLE),
        (f"request failed: {INFRA}: http 404", [INFRA], Kind.NOT_UPSTREAM),
        ('Get "https://registry.example.com/v2/org/throttle/manifests/1": EOF', [], Kind.UNAVAILABLE),
        ("quay.io/org/app:denied@sha256:0: not found", ["quay.io/org/app:denied@sha256:0"], Kind.NOT_UPSTREAM),
        ('tag "unauthorized" not found', ["quay.io/org/app:unauthorized"], Kind.NOT_UPSTREAM),
    ],
)
def test_the_name_of_an_image_is_no_reason(said: str, references: list[str], kind: Kind) -> None:
    assert kind_of(said, references) is kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"failed to copy {RATELIMIT}: too many requests [http 429]", Kind.RATE_LIMITED),
        (f"failed to copy {RATELIMIT}: rate limit exceeded", Kind.RATE_LIMITED),
        (f"{INFRA}: tag is immutable", Kind.REFUSED),
        ("name unknown: The repository with name 'a' does not exist in the registry", Kind.NO_REPOSITORY),
        ("denied: requested access denied", Kind.UNAUTHORIZED),
        ("media type application/x is not supported", Kind.UNSUPPORTED),
        ("unexpected digest", Kind.CORRUPTED),
        ("dial tcp 10.0.0.1:443: i/o timeout", Kind.UNAVAILABLE),
        ("who knows", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_the_words_of_the_tool_are(said: str, kind: Kind) -> None:
    assert kind_of(said, [RATELIMIT, INFRA]) is kind


def test_a_tag_that_is_a_word_of_the_tool_takes_none_away_from_it() -> None:
    assert kind_of("access denied", ["quay.io/org/app:denied"]) is Kind.UNAUTHORIZED


def test_an_event_cuts_out_its_source_and_its_target() -> None:
    reason = "failed to push ecr/mirror/ratelimit:1 from docker.io/envoyproxy/ratelimit:1: not found"
    event = Event(EventKind.FAILED, "docker.io/envoyproxy/ratelimit:1", "ecr/mirror/ratelimit:1", reason)
    assert event.failure_kind is Kind.NOT_UPSTREAM


def test_a_whole_page_as_an_answer_takes_no_time() -> None:
    assert kind_of("x" * 10_000_000 + " not found", [RATELIMIT]) is Kind.OTHER
