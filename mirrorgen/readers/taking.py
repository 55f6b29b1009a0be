"""From a text that somebody wrote where an image belongs to the image, or to the reason why it is none."""

from __future__ import annotations

import re

from mirrorgen.model.references import Reference, may_hold_password, parse_reference
from mirrorgen.problems import Problem, printable
from mirrorgen.readers.contract import NamedImage, Place, Refusal
from mirrorgen.readers.yaml_trees import Tagged

MAX_CHARACTERS = 512
"""More than the longest reference with a tag and a digest has."""

_SHOWN = 200
_HIDDEN = "***"
# How other tools say that an image is in a registry: skopeo's and Kubernetes' form, and that of buildx.
_SCHEMES = ("docker://", "docker-pullable://", "docker-image://")
# Transports of https://github.com/containers/image/blob/main/docs/containers-transports.5.md, which name no registry.
_ELSEWHERE = re.compile(r"(containers-storage|dir|docker-archive|docker-daemon|oci|oci-archive|ostree|sif|tarball):\S*")
_IDENTIFIER = re.compile(r"(?:[a-z0-9-]+://)?(?:sha256:)?[a-f0-9]{64}")

_TEMPLATES = (
    (re.compile(r"\{\{|\}\}"), "it is a template that nobody has filled in", "give what is made from it"),
    (re.compile(r"<no value>"), "its template found no value: `<no value>`", "give the template its values"),
    (
        re.compile(r"\$\{|\$\(|\$[A-Za-z_]"),
        "it holds a variable that nobody has filled in",
        "give what is made from it",
    ),
    (re.compile(r"\{[A-Za-z0-9_.]*\}|%[sdvq]|%\("), "it is a pattern that a program fills in", "name the image itself"),
    (re.compile(r"<[^<>]*>"), "it is a placeholder", "name the image itself"),
)


def take(written: object, place: Place, path: str, *, file_says: str | None = None) -> NamedImage | Refusal:
    """Take what stands where an image belongs.

    Args:
        written: what stands there, as `yaml_documents` gives it: text, or anything else.
        place: where.
        path: what leads to it, `spec.containers[0].image`.
        file_says: how the file has it, where that is not the same.

    Returns:
        The image, for which readers put in what else the file says of it; or why it cannot be taken.
    """
    shown = show(written if file_says is None else file_says)
    if not isinstance(written, str):
        return Refusal(shown, place, path, _not_text(written))
    text = strip_scheme(written)
    trouble = find_trouble(text)
    if trouble:
        return Refusal(shown, place, path, *trouble)
    parsed = parse_reference(text)
    if isinstance(parsed, Problem):
        return Refusal(shown, place, path, parsed.message, parsed.hint)
    return NamedImage(shown, place, path, parsed.source, parsed.tag, parsed.digest)


def find_trouble(text: str) -> tuple[str, str] | None:
    """Return why a text cannot be the name of an image or of a repository, and what to do; None where it may be one."""
    if not text.strip():
        return "no image is named here", ""
    if len(text) > MAX_CHARACTERS:
        return f"it has {len(text):,} characters, and no name of an image has more than {MAX_CHARACTERS}", ""
    for pattern, reason, hint in _TEMPLATES:
        if pattern.search(text):
            return reason, hint
    if may_hold_password(text):
        return "it carries a user name or password", "remove what stands before the @, and change the password"
    if _ELSEWHERE.fullmatch(text):
        return "it is in no registry", "name an image of a registry"
    if _IDENTIFIER.fullmatch(text):
        return "it is the id of an image, and does not say in which repository that is", "name the repository"
    if not text.isprintable():
        return "it holds a character that cannot be printed", ""
    return None


def strip_scheme(text: str) -> str:
    """Return a reference without what only says that it is in a registry: `docker://`."""
    scheme = next((scheme for scheme in _SCHEMES if text.startswith(scheme)), "")
    return text[len(scheme) :]


def parse(text: str) -> Reference | None:
    """Return the image that a text names; None where `take` would refuse it."""
    text = strip_scheme(text)
    if find_trouble(text):
        return None
    parsed = parse_reference(text)
    return None if isinstance(parsed, Problem) else parsed


def is_template(text: str) -> bool:
    """Whether something is still to be put into a text before it can name an image."""
    return any(pattern.search(text) for pattern, _, _ in _TEMPLATES)


def show(written: object) -> str:
    """Return what somebody wrote as it may be repeated: on one line, printable, not endless, and without a password."""
    if isinstance(written, Tagged):
        return show(f"{written.tag} {written.value if isinstance(written.value, str) else '...'}")
    if not isinstance(written, str):
        return {None: "", True: "true", False: "false"}[written] if isinstance(written, bool | None) else "..."
    head, at, tail = written.rpartition("@")
    if at and may_hold_password(written):
        # The scheme and what hides behind the last @ are no secrets; what stands before it may be.
        written = f"{re.match('(?:[a-z-]+://)?', head)[0]}{_HIDDEN}@{tail}"  # type: ignore[index]
    shown = printable(written[: _SHOWN + 1])
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."


def _not_text(written: object) -> str:
    if written is None:
        return "no image is named here"
    if isinstance(written, Tagged):
        return f"it is what `{show(written.tag)}` makes of it, which is not known here"
    return "it is not text" if isinstance(written, bool) else "it is a list or a mapping, and not the name of an image"
