"""Print what the changelog says of a release: its text on GitHub.

Usage: release_text.py TAG

Exits with 1, and prints no text, if the tag is not that of the version in `mirrorgen/__init__.py`, if the changelog has
no section for it or an empty one, or if lines are left under "Unreleased".
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def sections(changelog: str) -> dict[str, str]:
    """Return the text below each heading `## NAME`, or `## NAME (DATE)`, by name.

    Raises:
        ValueError: two sections have the same name.
    """
    _, *pieces = re.split(r"^## (.+)$", changelog, flags=re.MULTILINE)
    names = [title.split(" (")[0].strip() for title in pieces[::2]]
    if len(set(names)) != len(names):
        raise ValueError("CHANGELOG.md has two sections of one name")
    return dict(zip(names, (text.strip() for text in pieces[1::2]), strict=True))


def release_text(tag: str, package: str, changelog: str) -> str:
    """Return the text of a release.

    Args:
        tag: its tag, `v` and the version.
        package: the module that has the version.
        changelog: the whole changelog.

    Raises:
        ValueError: these three do not belong together; the message says why.
    """
    version = re.search(r'^__version__ = "([^"]+)"$', package, re.MULTILINE)
    if version is None or tag != f"v{version.group(1)}":
        raise ValueError(f"the tag is {tag}, and the version {version.group(1) if version else 'missing'}")
    found = sections(changelog)
    if found.get("Unreleased"):
        raise ValueError('CHANGELOG.md has lines under "Unreleased": they belong to this release, or not to its tag')
    text = found.get(version.group(1))
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing about {version.group(1)}")
    return text


def main() -> None:
    """Print the text for the tag on the command line."""
    files = ((ROOT / name).read_text(encoding="utf-8") for name in ("mirrorgen/__init__.py", "CHANGELOG.md"))
    try:
        sys.stdout.write(release_text(sys.argv[1], *files) + "\n")
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
