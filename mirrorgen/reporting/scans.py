"""What is known of an image's vulnerabilities: findings, none, no scan, and not known are four different things."""

from __future__ import annotations

from enum import StrEnum

from mirrorgen.destinations.port import StoredImage

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""Of findings in ECR, the worst first."""


class Scan(StrEnum):
    """What a scan came to."""

    FINDINGS = "findings"
    NONE = "no findings"
    NOT_SCANNED = "not scanned"
    UNKNOWN = "unknown"


def scan_of(image: StoredImage) -> Scan:
    """Return what the scan of an image came to; `unknown` also while a scan has not ended, or where it failed."""
    if image.findings is not None:
        return Scan.FINDINGS if any(image.findings.values()) else Scan.NONE
    return Scan.NOT_SCANNED if image.scan == Scan.NOT_SCANNED else Scan.UNKNOWN


def scan(image: StoredImage) -> str:
    """Return what the scan of an image came to; where there is no result, what the registry says of that."""
    return image.scan if image.findings is None else str(scan_of(image))


def findings(image: StoredImage) -> str:
    """Return how many findings of each severity there are, the worst first; without any, what the scan came to."""
    counts = image.findings or {}
    found = [severity for severity in (*SEVERITIES, *sorted(counts.keys() - set(SEVERITIES))) if counts.get(severity)]
    return ", ".join(f"{severity.lower()}: {counts[severity]}" for severity in found) or scan(image)


def severity_key(image: StoredImage | None) -> str:
    """Return what sorts images by what is known of them, and then by the worst findings: groups of figures."""
    if image is None or image.findings is None:
        return "0" if image is None else "1" if scan_of(image) is Scan.UNKNOWN else "2"
    return ".".join(["3", *(str(image.findings.get(severity, 0)) for severity in SEVERITIES)])
