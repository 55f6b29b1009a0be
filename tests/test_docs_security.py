"""docs/security.md against the tests that it names."""

from __future__ import annotations

import re

from tests.documents import ROOT, rows_of, text_of

PAGE = ROOT / "docs/security.md"


def test_every_threat_has_a_test_that_exists() -> None:
    written = {
        name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"^def (test_\w+)", text_of(path), re.M)
    }
    for threat, _, tests in rows_of(PAGE, "threat", "what stops it", "test"):
        named = set(re.findall(r"`(test_\w+)`", tests))
        assert named, threat
        assert named <= written, threat
