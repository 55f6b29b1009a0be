"""Everything the master list asks for, ready to be rendered and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mirrorgen.desired.lifecycle import MAX_RULES, LifecycleRule, lifecycle_rules
from mirrorgen.desired.mapping import alias_of, repository_name
from mirrorgen.desired.mutability import (
    IMMUTABLE,
    IMMUTABLE_WITH_EXCLUSION,
    MAX_FILTERS,
    MUTABLE,
    Mutability,
    exclusion_filters,
)
from mirrorgen.desired.tags import is_fixed
from mirrorgen.master_list.building import default_alias
from mirrorgen.master_list.model import Encryption, Image, MasterList, Registry, Target
from mirrorgen.master_list.references import Source, is_ecr_repository_name
from mirrorgen.problems import KeyPath, Problem, Severity

EXPIRY_GRACE = timedelta(days=30)
"""How long an expired entry is a warning before it is an error."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A target repository with its settings and the tags it must hold.

    Attributes:
        name: full name in ECR.
        source: the upstream repository.
        tags: exact tags, sorted.
        mutability: ECR's setting, with exclusion filters.
        scan_on_push: whether ECR scans what arrives.
        encryption: at rest.
        lifecycle: ECR's rules, by priority.
        resource_tags: AWS resource tags, sorted.
        owner: who answers for the image.
    """

    name: str
    source: Source
    tags: tuple[str, ...]
    mutability: Mutability
    scan_on_push: bool
    encryption: Encryption
    lifecycle: tuple[LifecycleRule, ...]
    resource_tags: tuple[tuple[str, str], ...]
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What ECR must hold, and how to get it there.

    Attributes:
        target: the ECR registry.
        registries: every upstream registry in use, sorted by host.
        parallel: how many images are copied at once.
        platform: the only platform to copy, None for all.
        referrers: whether signatures and the like are copied too.
        repositories: sorted by name.
    """

    target: Target
    registries: tuple[Registry, ...]
    parallel: int
    platform: str | None
    referrers: bool
    repositories: tuple[Repository, ...]

    @property
    def tag_count(self) -> int:
        """How many tags ECR must hold altogether."""
        return sum(len(repository.tags) for repository in self.repositories)


def derive(master_list: MasterList) -> tuple[DesiredState, list[Problem]]:
    """Compute the desired state of a list, and what makes it impossible.

    Returns:
        The state, complete only if no problem is an error, and the problems.
    """
    registries = _registries(master_list)
    problems = list(_alias_collisions(master_list))
    names = [
        repository_name(image, prefix=master_list.target.prefix, registries=master_list.registries)
        for image in master_list.images
    ]
    problems += _name_problems(master_list.images, names)
    repositories = []
    for image, name in zip(master_list.images, names, strict=True):
        mutability, found = _mutability(image)
        lifecycle = lifecycle_rules(image.ecr.lifecycle, image.tags)
        problems += found
        problems += _lifecycle_problems(image, lifecycle)
        repositories.append(
            Repository(
                name=name,
                source=image.source,
                tags=tuple(sorted(image.tags)),
                mutability=mutability,
                scan_on_push=image.ecr.scan_on_push,
                encryption=image.ecr.encryption,
                lifecycle=lifecycle,
                resource_tags=image.ecr.tags,
                owner=image.owner,
            )
        )
    state = DesiredState(
        target=master_list.target,
        registries=registries,
        parallel=master_list.parallel,
        platform=master_list.platform,
        referrers=master_list.referrers,
        repositories=tuple(sorted(repositories, key=lambda repository: repository.name)),
    )
    return state, problems


def expiry_problems(master_list: MasterList, *, today: date) -> Iterator[Problem]:
    """Yield a warning for each entry past its last day, an error when that is more than 30 days ago."""
    for image in master_list.images:
        if image.expires is None or today <= image.expires:
            continue
        late = today - image.expires
        severity = Severity.WARNING if late <= EXPIRY_GRACE else Severity.ERROR
        message = f"the entry for {image.source} was wanted until {image.expires.isoformat()}"
        hint = "remove the entry, or set a later day"
        yield Problem("expired", message, ("images", image.index, "expires"), hint, severity)


def _registries(master_list: MasterList) -> tuple[Registry, ...]:
    hosts = sorted({image.source.host for image in master_list.images})
    return tuple(master_list.registries.get(host) or Registry(host, default_alias(host)) for host in hosts)


def _alias_collisions(master_list: MasterList) -> Iterator[Problem]:
    first_image = {image.source.host: image.index for image in reversed(master_list.images)}
    first: dict[str, str] = {}
    # Hosts that the list configures come last, so that the problem stands where the alias is written.
    for host in sorted(
        {*master_list.registries, *first_image}, key=lambda host: (host in master_list.registries, host)
    ):
        alias = alias_of(host, master_list.registries)
        if alias in first:
            message = f"{host} and {first[alias]} both have the alias {alias!r}"
            path: KeyPath = (
                ("registries", host, "alias") if host in master_list.registries else ("images", first_image[host])
            )
            yield Problem("alias-collision", message, path, "give one of them another `alias`")
        else:
            first[alias] = host


def _name_problems(images: Sequence[Image], names: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, Image] = {}
    for image, name in zip(images, names, strict=True):
        path = _name_path(image)
        if not is_ecr_repository_name(name):
            hint = "2 to 256 characters: lower-case letters and digits, joined by single `.`, `_`, `-` or `/`"
            if not image.repository:
                hint = f"give the entry a `repository:` that ECR accepts ({hint})"
            yield Problem("bad-repository-name", f"ECR refuses the repository name {name!r}", path, hint)
        if name in first:
            other = first[name]
            message = f"this entry and images[{other.index}] both reach the repository {name!r}"
            hint = (
                "put all tags in one entry"
                if other.source == image.source
                else "give one of them another `repository:`"
            )
            yield Problem("duplicate-target", message, path, hint, related=_name_path(other))
        else:
            first[name] = image


def _name_path(image: Image) -> KeyPath:
    return ("images", image.index, "repository" if image.repository else "source")


def _mutability(image: Image) -> tuple[Mutability, list[Problem]]:
    moving = [tag for tag in image.tags if not is_fixed(tag)]
    fixed = [tag for tag in image.tags if tag not in moving]
    match image.ecr.tag_mutability:
        case "immutable":
            return Mutability(IMMUTABLE), [_immutable_moving(image, tag) for tag in moving]
        case "immutable-with-exclusions":
            return _with_exclusions(image, moving, fixed)
        case "auto" if not moving:
            return Mutability(IMMUTABLE), []
        case "auto" if fixed:
            return Mutability(MUTABLE), [_unprotected(image, moving, fixed)]
        case _:
            return Mutability(MUTABLE), []


def _with_exclusions(image: Image, moving: list[str], fixed: list[str]) -> tuple[Mutability, list[Problem]]:
    if not moving:
        return Mutability(IMMUTABLE), []
    filters = exclusion_filters(moving, fixed)
    if filters is not None:
        return Mutability(IMMUTABLE_WITH_EXCLUSION, filters), []
    message = (
        f"ECR takes {MAX_FILTERS} exclusion filters, and no {MAX_FILTERS} of them match the {len(moving)} moving tags "
        f"({_some(moving)}) and none of the fixed ones ({_some(fixed)})"
    )
    hint = "move some tags to another entry with its own `repository:`, or use tag_mutability: mutable"
    return Mutability(MUTABLE), [Problem("exclusions-do-not-fit", message, ("images", image.index, "tags"), hint)]


def _immutable_moving(image: Image, tag: str) -> Problem:
    message = f"upstream moves the tag {tag!r}, but this repository is to be immutable"
    hint = "ECR would refuse the next push; use a full version, or tag_mutability: immutable-with-exclusions"
    return Problem("immutable-moving-tag", message, ("images", image.index, "tags", image.tags.index(tag)), hint)


def _unprotected(image: Image, moving: list[str], fixed: list[str]) -> Problem:
    message = f"the repository stays mutable because of {_some(moving)}, so ECR does not protect {_some(fixed)}"
    hint = "tag_mutability: immutable-with-exclusions protects them"
    return Problem("fixed-tags-unprotected", message, ("images", image.index, "tags"), hint, Severity.NOTICE)


def _lifecycle_problems(image: Image, rules: Sequence[LifecycleRule]) -> Iterator[Problem]:
    if len(rules) > MAX_RULES:
        message = f"the tags of this entry need {len(rules)} lifecycle rules; ECR takes {MAX_RULES}"
        hint = "split the entry, or set ecr.lifecycle.keep_last: off"
        yield Problem("lifecycle-too-large", message, ("images", image.index, "tags"), hint)


def _some(tags: Sequence[str]) -> str:
    shown = ", ".join(tags[:5])
    return shown if len(tags) <= 5 else f"{shown} and {len(tags) - 5} more"
