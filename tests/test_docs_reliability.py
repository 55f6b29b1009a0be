"""docs/reliability.md against the program and the tests that it names."""

from __future__ import annotations

import re

import pytest

from mirrorgen.outcomes import RETRYABLE, Kind
from mirrorgen.tools.words import kind_of
from tests.documents import ROOT, code, rows_of, text_of

PAGE = ROOT / "docs/reliability.md"


def test_every_kind_of_failure_is_explained() -> None:
    rows = rows_of(PAGE, "kind", "what it means", "tried again")
    assert [code(row[0]) for row in rows] == [str(kind) for kind in Kind]
    assert {code(row[0]) for row in rows if row[2] == "yes"} == RETRYABLE


def test_every_fault_has_a_test_and_every_test_a_fault() -> None:
    written = set(re.findall(r"^def (test_\w+)", text_of(ROOT / "tests/real/test_faults.py"), re.MULTILINE))
    assert {code(row[2]) for row in rows_of(PAGE, "fault", "what was seen", "test")} == written


# What regclient and registries really said, taken from logs.
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("failed to list tags for quay.io/a/b:latest: request failed: not found [http 404]: {}", Kind.NOT_UPSTREAM),
        ("name unknown: The repository with name 'a' does not exist in the registry", Kind.NO_REPOSITORY),
        ("failed to request manifest head quay.io/a/b:1: request failed: unauthorized [http 401]", Kind.UNAUTHORIZED),
        ("failed to get blob: empty challenge header", Kind.UNAUTHORIZED),
        ("tag v1.0.0 is immutable", Kind.REFUSED),
        ("media type application/x is not supported", Kind.UNSUPPORTED),
        ("request failed: rate limit exceeded [http 429]: slow down", Kind.RATE_LIMITED),
        ("failed to request manifest head quay.io/a/b:1: retry limit exceeded", Kind.UNAVAILABLE),
        ('Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', Kind.UNAVAILABLE),
        ("regsync made no progress for 300 s", Kind.UNAVAILABLE),
        ("dial tcp: lookup nowhere.invalid: no such host", Kind.UNAVAILABLE),
        ("digest mismatch, expected sha256:aa, computed sha256:bb", Kind.CORRUPTED),
        ("something nobody has seen before", Kind.OTHER),
    ],
)
def test_the_kind_of_what_was_said(said: str, kind: Kind) -> None:
    assert kind_of(said, ["quay.io/a/b:1", "quay.io/a/b"]) is kind
