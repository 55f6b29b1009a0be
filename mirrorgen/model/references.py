"""Names of images: the grammar of references and of tags."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mirrorgen.problems import KeyPath, Problem

DOCKER_HUB = "docker.io"
_DOCKER_HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})

# The grammar of https://pkg.go.dev/github.com/distribution/reference, as regsync reads it (types/ref of regclient).
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_GROUPS = r"(?:[0-9a-fA-F]{1,4}:){0,7}[0-9a-fA-F]{1,4}"
_IPV6 = rf"\[(?:{_GROUPS}|::{_GROUPS}|{_GROUPS}::(?:{_GROUPS})?)\]"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|{_IPV6})(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
MAX_NAME = 255
"""Characters of a repository with its host, in the grammar of references."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """An upstream repository in its full form.

    Attributes:
        host: the registry, `docker.io`, lower case, with the port if there is one.
        path: the repository in it, `library/nginx`.
    """

    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One image, as people name it.

    Attributes:
        source: the repository in its full form.
        tag: None where it names none, which is `latest` if it names no digest either.
        digest: what it must be; a tag beside it says nothing then.
    """

    source: Source
    tag: str | None = None
    digest: str | None = None


def is_tag(text: str) -> bool:
    """Whether `text` is a tag: 1 to 128 characters of the distribution grammar."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether `text` is a digest of the one kind that registries use."""
    return _DIGEST.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Whether `text` is the name of a repository in its registry, by the distribution grammar."""
    return _PATH.fullmatch(text) is not None


def normalize_host(host: str) -> str | None:
    """Return the one name a registry is known by here, or None where `host` is no host name."""
    if not _HOST.fullmatch(host):
        return None
    host = host.lower()
    return DOCKER_HUB if host in _DOCKER_HUB_NAMES else host


def is_host(component: str) -> bool:
    """Whether the first component of a reference is a host: with a dot, a port, an upper-case letter, or `localhost`.

    Without these it is a part of a name on Docker Hub, by Docker's rule, which regsync follows.
    """
    return "." in component or ":" in component or component == "localhost" or component != component.lower()


def parse_source(text: str, path: KeyPath) -> Source | Problem:
    """Parse a repository reference; Docker Hub's short forms get their full form.

    Args:
        text: what the user wrote.
        path: where it stands, for the problem.
    """
    name, at, digest = text.partition("@")
    if _looks_like_user_info(digest):
        # The text may hold a password, so it is not repeated.
        hint = "remove what stands before the @; credentials go under `registries`"
        return Problem("bad-reference", "the source carries a user name or password", path, hint)
    if digest:
        hint = f"write {name!r}; the source names a repository"
        return Problem("reference-has-digest", f"{text!r} carries a digest", path, hint)
    if at:
        return Problem("bad-reference", f"{text!r} is not an image repository", path, "remove the @")
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
        hint = f'write source: {name} and tags: ["{tag}"]'
        return Problem("reference-has-tag", f"{text!r} carries the tag {tag!r}", path, hint)
    return _parse_name(name, text, path)


def parse_reference(text: str, path: KeyPath = ()) -> Reference | Problem:
    """Parse the name of one image: `nginx`, `nginx:1.25`, `registry:5000/app@sha256:...`, `nginx:1.25@sha256:...`.

    Args:
        text: what somebody wrote.
        path: where it stands, for the problem.
    """
    if may_hold_password(text):
        return Problem("bad-reference", "the image carries a user name or password", path)
    name, at, digest = text.partition("@")
    if at and not is_digest(digest):
        return Problem("bad-reference", f"{text!r} has no digest of 64 hexadecimal digits behind its @", path)
    head, _, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not is_tag(tag):
        return Problem("bad-reference", f"{tag!r} in {text!r} is not a tag", path)
    repository = f"{head}/{last}" if "/" in name else last
    source = _parse_name(repository, text, path)
    return source if isinstance(source, Problem) else Reference(source, tag or None, digest or None)


def may_hold_password(text: str) -> bool:
    """Whether a user name, or a password, may stand before an `@` in a reference; such a text is not repeated."""
    return _looks_like_user_info(text.partition("@")[2])


def _looks_like_user_info(digest: str) -> bool:
    return bool(digest) and not re.fullmatch(r"[a-z0-9+._-]+:[A-Fa-f0-9]+", digest)


def _parse_name(name: str, text: str, path: KeyPath) -> Source | Problem:
    first, slash, rest = name.partition("/")
    if "://" in text:
        hint = f"write it without the scheme: {text.partition('://')[2]}"
        return Problem("bad-reference", f"{text!r} is an address, not a reference", path, hint)
    if slash and is_host(first):
        host, repository = normalize_host(first), rest
    else:
        host, repository = DOCKER_HUB, name
    if host is None:
        return Problem("bad-reference", f"{first!r} in {text!r} is not a registry's host name", path, _hint(text))
    if not is_host(host):
        # The host is written in small letters for regsync, which would look on Docker Hub for a word alone.
        hint = f"write the host name in full, or with a port: {host}:443/{rest}"
        return Problem("bad-reference", f"{first!r} in {text!r} would be read as a name on Docker Hub", path, hint)
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not is_path(repository) or name == "localhost" or _IDENTIFIER.fullmatch(name):
        return Problem("bad-reference", f"{text!r} is not an image repository", path, _hint(text))
    if len(repository) + len(host) + 1 > MAX_NAME:
        return Problem("bad-reference", f"the source is longer than {MAX_NAME} characters", path)
    return Source(host, repository)


def _hint(text: str) -> str:
    if text != text.strip() or " " in text:
        return "remove the spaces"
    if text != text.lower():
        return f"repositories are lower case: {text.lower()}"
    if text.endswith("/"):
        return f"remove the slash at the end: {text.rstrip('/')}"
    return "a source looks like docker.io/library/nginx"
