"""What is said of a tag that the target does not hold as the list asks, whoever was to copy it."""

from __future__ import annotations

from mirrorgen.model.images import Entry
from mirrorgen.model.tags import settled_digest
from mirrorgen.outcomes import Failure, Kind, TagRef


def without_repository(entry: Entry, ref: TagRef, label: str) -> Failure:
    """Return the failure of a tag whose repository is not there.

    Args:
        entry: that brings the tag.
        ref: the tag.
        label: what the target is called.
    """
    reason = f"the repository does not exist in {label}; run `mirrorgen plan` and `mirrorgen apply`"
    return entry.failure(ref, Kind.NO_REPOSITORY, reason)


def unlike_settled(entry: Entry, ref: TagRef, digest: str, label: str) -> Failure | None:
    """Return the failure of a tag that names another image than the list or its lock has settled; None for none.

    Args:
        entry: that brings the tag.
        ref: the tag.
        digest: that it names.
        label: what the registry is called in which it does.
    """
    if settled_digest(entry, ref.tag) in {None, digest}:
        return None
    said = "list" if ref.tag in entry.rule.digests else "lock"
    return entry.failure(ref, Kind.NOT_AS_LOCKED, f"{label} holds another digest than the {said}")
