"""docs/reliability.md against the program and the tests that it names."""

from __future__ import annotations

import re

import pytest
from mirrorgen.operations.copying.reasons import RETRYABLE, Reason, reason_of

from tests.documents import ROOT, code, rows_of, text_of

PAGE = ROOT / "docs/reliability.md"


def test_every_kind_of_failure_is_explained() -> None:
    rows = rows_of(PAGE, "kind", "what it means", "tried again")
    assert [code(row[0]) for row in rows] == [str(reason) for reason in Reason]
    assert {code(row[0]) for row in rows if row[2] == "yes"} == RETRYABLE


def test_every_fault_has_a_test_and_every_test_a_fault() -> None:
    written = set(re.findall(r"^def (test_\w+)", text_of(ROOT / "tests/real/test_faults.py"), re.MULTILINE))
    assert {code(row[2]) for row in rows_of(PAGE, "fault", "what was seen", "test")} == written


# What regclient and registries really said, taken from logs.
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("upstream has no such tag", Reason.NOT_UPSTREAM),
        ("failed to list tags for quay.io/a/b:latest: request failed: not found [http 404]: {}", Reason.NOT_UPSTREAM),
        ("the repository does not exist in ECR; run `mirrorgen plan` and `mirrorgen apply`", Reason.NO_REPOSITORY),
        ("name unknown: The repository with name 'a' does not exist in the registry", Reason.NO_REPOSITORY),
        ("failed to request manifest head quay.io/a/b:1: request failed: unauthorized [http 401]", Reason.UNAUTHORIZED),
        ("failed to get blob: empty challenge header", Reason.UNAUTHORIZED),
        ("tag v1.0.0 is immutable", Reason.REFUSED),
        ("left for a later run: the list allows 100 pulls of docker.io in six hours", Reason.OVER_BUDGET),
        ("media type application/x is not supported", Reason.UNSUPPORTED),
        ("request failed: rate limit exceeded [http 429]: slow down", Reason.RATE_LIMITED),
        ("failed to request manifest head quay.io/a/b:1: retry limit exceeded", Reason.UNAVAILABLE),
        ('Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', Reason.UNAVAILABLE),
        ("dial tcp: lookup nowhere.invalid: no such host", Reason.UNAVAILABLE),
        ("regsync ended before it came to this tag (exit code -9)", Reason.UNAVAILABLE),
        ("regsync reported no failure, but ECR does not hold the tag", Reason.UNAVAILABLE),
        ("digest mismatch, expected sha256:aa, computed sha256:bb", Reason.CORRUPTED),
        ("ECR holds another digest than the lock", Reason.NOT_AS_LOCKED),
        ("no tag of quay.io/a/b fits this rule now; 5 were looked at", Reason.RULE),
        ("something nobody has seen before", Reason.OTHER),
    ],
)
def test_the_kind_of_what_was_said(said: str, kind: Reason) -> None:
    assert reason_of(said) is kind
