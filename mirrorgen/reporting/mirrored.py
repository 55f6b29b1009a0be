"""What the list says of images that somebody names, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorgen.consumers.mirrored import Copy, Finding
from mirrorgen.reporting.views import View


def view_findings(findings: Sequence[tuple[str, Finding]]) -> View:
    """Return what the list says of images.

    Args:
        findings: each behind what was written.
    """
    images = [{"image": written, **finding_document(finding)} for written, finding in findings]
    return View({"images": images}, ())


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return what the list says of an image as it stands in JSON, in every command."""
    return {
        "mirrored": finding.is_mirrored,
        "copies": [_copy_document(copy) for copy in finding.copies],
        "lack": finding.lack and str(finding.lack),
        "reason": finding.reason,
        "hint": finding.hint,
    }


def _copy_document(copy: Copy) -> dict[str, Any]:
    return {
        "reference": copy.reference,
        "repository": copy.repository,
        "tag": copy.tag,
        "digest": copy.digest,
        "original": copy.original,
        "doubt": copy.doubt,
    }
