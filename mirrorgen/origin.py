"""Where mirrorgen comes from: the git repository and the commit that others can install it from."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from mirrorgen.errors import UsageError

# A host with a dot, no user and no password, and a path of names: what pip, pre-commit and a shell all take as it is.
_URL = re.compile(
    r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?)"
    r"/(?P<path>[A-Za-z0-9_~][\w.~-]*(?:/[A-Za-z0-9_~][\w.~-]*)*)",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Source:
    """A git repository that holds mirrorgen, at one commit.

    Attributes:
        url: of the repository, `https://`, without a user or a password.
        commit: 40 hexadecimal digits, which nobody can move as a tag can be moved.
    """

    url: str
    commit: str

    def __str__(self) -> str:
        """As `parse_source` reads it."""
        return f"{self.url}@{self.commit}"

    @property
    def slug(self) -> str | None:
        """OWNER/REPOSITORY where it is on github.com, so that a workflow can use its action."""
        match = _URL.fullmatch(self.url)
        path = match["path"].removesuffix(".git") if match and match["host"] == "github.com" else ""
        return path if path.count("/") == 1 else None

    def requirement(self, extra: str = "aws") -> str:
        """Return what pip installs to have mirrorgen with one of its extras, as PEP 508 writes it."""
        return f"mirrorgen[{extra}] @ git+{self.url}@{self.commit}"


def parse_source(text: str) -> Source:
    """Return the source that is written `URL@COMMIT`.

    Raises:
        UsageError: it is not written like this.
    """
    url, _, commit = text.rpartition("@")
    if not _URL.fullmatch(url) or not _COMMIT.fullmatch(commit):
        hint = "write https://HOST/PATH@COMMIT, without a user, and with all 40 digits of the commit"
        raise UsageError(f"{text!r} is not a git repository at a commit", hint=hint)
    return Source(url, commit)


def recorded_source() -> Source | None:
    """Return where the installed mirrorgen came from, by its own record; None where that says no such place.

    pip and its like leave the record (PEP 610, direct_url.json); one of a folder, of an archive or of an index names
    no commit that others could install.
    """
    record = _record()
    revision = record.get("vcs_info", {}) if isinstance(record, dict) else {}
    if not isinstance(revision, dict) or revision.get("vcs") != "git" or "subdirectory" in record:
        return None
    try:
        return parse_source(f"{record.get('url')}@{revision.get('commit_id')}")
    except UsageError:
        return None


def extra_hint(extra: str) -> str:
    """Return how to add what an extra has to the installation that is here, by the way it came.

    Args:
        extra: an optional part of mirrorgen, such as `aws`.
    """
    source, record = recorded_source(), _record()
    if source:
        return f"pip install {shlex.quote(source.requirement(extra))}"
    folder = urlsplit(str(record.get("url"))) if isinstance(record, dict) and "dir_info" in record else None
    if folder and folder.scheme == "file":
        return f"pip install {shlex.quote(f'{unquote(folder.path)}[{extra}]')}"
    return f"install mirrorgen in the way it was installed, with its extra `{extra}`"


def _record() -> Any:
    try:
        text = importlib.metadata.distribution("mirrorgen").read_text("direct_url.json")
        return json.loads(text) if text else None
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
