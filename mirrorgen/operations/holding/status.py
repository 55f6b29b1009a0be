"""Status: what the list asks for, held against what ECR holds, tag by tag and setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.ecr.lifecycle import policy
from mirrorgen.destinations.ecr.mutability import SIGNATURES
from mirrorgen.destinations.ecr.wildcards import wildcard_matches
from mirrorgen.destinations.stored import StoredImage, StoredRepository
from mirrorgen.model.tags import is_moving
from mirrorgen.operations.copying.work import Failure, Work, prepare
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.asking import Upstreams
from mirrorgen.problems import Problem


class TagState(StrEnum):
    """How a tag in ECR stands to the list."""

    PRESENT = "present"
    MISSING = "missing"
    DIFFERS = "differs"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class TagStatus:
    """One tag.

    Attributes:
        tag: the tag.
        state: `differs` where ECR holds another digest than the lock or upstream.
        image: what ECR holds; None where it is missing.
        wanted_digest: what ECR should hold, where that is known.
        expires_by: priority of the lifecycle rule that would remove it at the next evaluation.
    """

    tag: str
    state: TagState
    image: StoredImage | None
    wanted_digest: str | None = None
    expires_by: int | None = None


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting of a repository that is not as the list asks."""

    setting: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class RepositoryStatus:
    """One repository of the list.

    Attributes:
        repository: what the list asks for.
        exists: whether ECR has it.
        settings: what differs.
        tags: sorted; those of the list, and extra ones.
        untagged: images without a tag that no index names.
        size_bytes: of everything that the repository holds.
    """

    repository: Repository
    exists: bool
    settings: tuple[SettingDifference, ...]
    tags: tuple[TagStatus, ...]
    untagged: int
    size_bytes: int

    def of(self, state: TagState) -> tuple[TagStatus, ...]:
        """Return the tags in a state."""
        return tuple(one for one in self.tags if one.state is state)


@dataclass(frozen=True, slots=True)
class Status:
    """The whole mirror at one moment.

    Attributes:
        at: when it was looked at.
        repositories: sorted by name.
        failures: what could not be looked at.
        problems: rules that choose nothing now, with paths in the list.
    """

    at: datetime
    repositories: tuple[RepositoryStatus, ...]
    failures: tuple[Failure, ...]
    problems: tuple[Problem, ...]

    def count(self, state: TagState) -> int:
        """How many tags are in a state."""
        return sum(len(one.of(state)) for one in self.repositories)

    @property
    def is_in_sync(self) -> bool:
        """Whether ECR holds what the list asks for; extra tags do not matter."""
        return not (
            self.count(TagState.MISSING)
            or self.count(TagState.DIFFERS)
            or self.problems
            or any(one.settings or not one.exists for one in self.repositories)
        )


def look(runtime: Runtime, *, upstream: bool, now: datetime) -> Status:
    """Hold the list against ECR.

    Args:
        runtime: of the list.
        upstream: also compare digests with those of the sources, with a HEAD request for each tag.
        now: the time, for lifecycle rules.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing can be looked at.
    """
    runtime.ecr()
    work = prepare(runtime)
    digests, failures = _upstream_digests(runtime, work) if upstream else ({}, ())
    settings, images = runtime.stored_repositories(), runtime.stored_images()
    found = [
        _repository_status(one, settings[one.name], images[one.name] or (), digests, now)
        for one in work.desired.repositories
    ]
    return Status(now, tuple(found), (*work.failures, *failures), work.problems)


def _upstream_digests(runtime: Runtime, work: Work) -> tuple[dict[tuple[str, str], str], tuple[Failure, ...]]:
    """What sources have, for tags whose digest ECR should have too: with one platform it has another."""
    runtime.say("asking the upstream registries for digests")
    comparable = [one for one in work.desired.repositories if one.copying.platform is None and not one.pinned]
    asked = Upstreams(runtime).digests((one.source, tag) for one in comparable for tag in one.tags)
    failures = tuple(
        Failure(one.name, tag, asked.failures[one.source, tag], one.owner or "")
        for one in comparable
        for tag in one.tags
        if (one.source, tag) in asked.failures
    )
    return {(str(source), tag): digest for (source, tag), digest in asked.answers.items()}, failures


def _repository_status(
    repository: Repository,
    settings: StoredRepository | None,
    images: Sequence[StoredImage],
    upstream: Mapping[tuple[str, str], str],
    now: datetime,
) -> RepositoryStatus:
    held = {tag: image for image in images for tag in image.tags}
    expiring = {one.image.digest: one.rule.priority for one in expire(repository.lifecycle, images, now=now)}
    named = {digest for image in images for digest in image.contains}
    tags = [
        _tag_status(repository, tag, held.get(tag), upstream.get((str(repository.source), tag)), expiring)
        for tag in repository.tags
    ]
    tags += [
        TagStatus(tag, TagState.EXTRA, image, None, expiring.get(image.digest))
        for tag, image in held.items()
        if tag not in repository.tags and not _is_signature(repository, tag)
    ]
    return RepositoryStatus(
        repository=repository,
        exists=settings is not None,
        settings=tuple(_setting_differences(repository, settings)) if settings else (),
        tags=tuple(sorted(tags, key=lambda one: one.tag)),
        untagged=sum(not image.tags and image.digest not in named for image in images),
        size_bytes=sum(image.size_bytes for image in images),
    )


def _is_signature(repository: Repository, tag: str) -> bool:
    copying = repository.copying
    return (copying.referrers or copying.digest_tags) and wildcard_matches(SIGNATURES, tag)


def _tag_status(
    repository: Repository, tag: str, image: StoredImage | None, upstream: str | None, expiring: Mapping[str, int]
) -> TagStatus:
    wanted = upstream or _locked_digest(repository, tag)
    if image is None:
        return TagStatus(tag, TagState.MISSING, None, wanted)
    differs = wanted is not None and image.digest != wanted
    state = TagState.DIFFERS if differs else TagState.PRESENT
    return TagStatus(tag, state, image, wanted, expiring.get(image.digest))


def _locked_digest(repository: Repository, tag: str) -> str | None:
    """What the lock says of a tag that must not have moved since; with one platform ECR holds another digest."""
    if repository.copying.platform or (not repository.pinned and is_moving(repository.rule, tag)):
        return None
    return repository.digests.get(tag)


def _setting_differences(repository: Repository, found: StoredRepository) -> Iterator[SettingDifference]:
    wanted: dict[str, tuple[Any, Any]] = {
        "tag mutability": (repository.mutability.setting, found.tag_mutability),
        "exclusion filters": (list(repository.mutability.exclusions), list(found.exclusions)),
        "scan on push": (repository.scan_on_push, found.scan_on_push),
        "encryption": (repository.encryption.type, found.encryption),
        "lifecycle": (policy(repository.lifecycle)["rules"], [dict(rule) for rule in found.lifecycle]),
        "resource tags": (dict(repository.resource_tags), _own_tags(repository, found)),
    }
    if repository.encryption.kms_key:
        wanted["KMS key"] = (repository.encryption.kms_key, found.kms_key)
    for setting, (ours, theirs) in wanted.items():
        if ours != theirs:
            yield SettingDifference(setting, _shown(ours), _shown(theirs))


def _own_tags(repository: Repository, found: StoredRepository) -> dict[str, str]:
    """AWS services put tags of their own on resources; those the list does not name are none of its business."""
    names = dict(repository.resource_tags)
    return {key: value for key, value in found.resource_tags.items() if key in names}


def _shown(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(_shown_rule(rule) for rule in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={value[key]}" for key in sorted(value)) or "none"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown_rule(rule: Mapping[str, Any]) -> str:
    selection = rule.get("selection", {})
    tags = selection.get("tagPrefixList") or selection.get("tagPatternList") or []
    parts = [selection.get("tagStatus"), *tags, selection.get("countType"), selection.get("countNumber")]
    return f"{rule.get('rulePriority')}: {' '.join(str(part) for part in parts if part is not None)}"
