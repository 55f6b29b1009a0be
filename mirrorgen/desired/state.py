"""Everything the master list asks for, ready to be rendered and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mirrorgen.desired.mapping import alias_of, repository_name
from mirrorgen.destinations.ecr.lifecycle import lifecycle_problems, lifecycle_rules
from mirrorgen.destinations.ecr.mutability import MUTABLE, Mutability, decide
from mirrorgen.master_list.building import default_alias
from mirrorgen.model.images import (
    Copying,
    Encryption,
    Image,
    LifecycleRule,
    MasterList,
    Registry,
    TagRule,
    Target,
)
from mirrorgen.model.references import Source, is_ecr_repository_name
from mirrorgen.problems import KeyPath, Problem, Severity

EXPIRY_GRACE = timedelta(days=30)
"""How long an expired entry is a warning before it is an error."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A target repository with its settings and the tags it must hold.

    Attributes:
        name: full name in ECR.
        index: position of its entry in the list.
        source: the upstream repository.
        rule: which tags it must hold.
        tags: those known without asking upstream, sorted: all of them unless `is_open`.
        is_open: whether the rule chooses more, known only upstream.
        digests: by tag, what the lock holds; empty without one.
        copying: what is copied of each image.
        mutability: ECR's setting, with exclusion filters.
        scan_on_push: whether ECR scans what arrives.
        encryption: at rest.
        lifecycle: ECR's rules, by priority.
        resource_tags: AWS resource tags, sorted.
        owner: who answers for the image.
    """

    name: str
    index: int
    source: Source
    rule: TagRule
    tags: tuple[str, ...]
    is_open: bool
    digests: Mapping[str, str]
    copying: Copying
    mutability: Mutability
    scan_on_push: bool
    encryption: Encryption
    lifecycle: tuple[LifecycleRule, ...]
    resource_tags: tuple[tuple[str, str], ...]
    owner: str | None = None

    @property
    def pinned(self) -> Mapping[str, str]:
        """Digest by tag where exactly that is to be copied; otherwise empty."""
        return self.digests if self.copying.pin == "digest" else {}


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What ECR must hold, and how to get it there.

    Attributes:
        target: the ECR registry.
        registries: every upstream registry in use, sorted by host.
        parallel: how many images are copied at once.
        repositories: sorted by name.
    """

    target: Target
    registries: tuple[Registry, ...]
    parallel: int
    repositories: tuple[Repository, ...]

    @property
    def tag_count(self) -> int:
        """How many tags ECR must hold altogether, as far as they are known."""
        return sum(len(repository.tags) for repository in self.repositories)


def derive(
    master_list: MasterList, locked: Mapping[int, Mapping[str, str]] | None = None
) -> tuple[DesiredState, list[Problem]]:
    """Compute the desired state of a list, and what makes it impossible.

    Args:
        master_list: the list.
        locked: digest by tag of what a lock has chosen, by the index of the entry.

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
        repository, found = _repository(image, name, (locked or {}).get(image.index))
        repositories.append(repository)
        problems += found
    state = DesiredState(
        target=master_list.target,
        registries=registries,
        parallel=master_list.parallel,
        repositories=tuple(sorted(repositories, key=lambda repository: repository.name)),
    )
    return state, problems


def _repository(image: Image, name: str, locked: Mapping[str, str] | None) -> tuple[Repository, list[Problem]]:
    tags = tuple(sorted(image.tags.exact if locked is None else locked))
    is_open = image.tags.is_open and locked is None
    mutability, problems = decide(image, tags, is_open=is_open)
    has_signatures = image.copying.referrers or image.copying.digest_tags
    lifecycle = lifecycle_rules(image.ecr.lifecycle, tags, is_open=is_open, has_signatures=has_signatures)
    problems += lifecycle_problems(image, lifecycle, tags)
    if is_open:
        problems += _unsettled(image, mutability)
    repository = Repository(
        name=name,
        index=image.index,
        source=image.source,
        rule=image.tags,
        tags=tags,
        is_open=is_open,
        digests=locked or {},
        copying=image.copying,
        mutability=mutability,
        scan_on_push=image.ecr.scan_on_push,
        encryption=image.ecr.encryption,
        lifecycle=lifecycle,
        resource_tags=image.ecr.tags,
        owner=image.owner,
    )
    return repository, problems


def _unsettled(image: Image, mutability: Mutability) -> Iterator[Problem]:
    """Say what ECR does not do for an entry while only upstream knows its tags."""
    lost = []
    if image.ecr.tag_mutability == "auto" and mutability.setting == MUTABLE:
        lost.append("the repository stays mutable")
    if image.ecr.lifecycle.keep_last is not None:
        lost.append("keep_last removes nothing")
    if image.ecr.lifecycle.rules is not None:
        lost.append("nothing shows whether its lifecycle rules would remove them")
    if lost:
        message = f"no lock says which tags this rule chooses, so {' and '.join(lost)}"
        hint = "run `mirrorgen lock`"
        yield Problem("rule-without-lock", message, (*image.path, "tags"), hint, Severity.NOTICE)


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
