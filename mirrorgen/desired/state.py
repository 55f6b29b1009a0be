"""Everything the master list asks for, ready to be rendered and compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mirrorgen.desired.mapping import alias_of, read_from, repository_name
from mirrorgen.desired.sharing import sharing_problems
from mirrorgen.model.images import Entry, Image, MasterList, Registry
from mirrorgen.model.registries import default_alias
from mirrorgen.model.tags import passes
from mirrorgen.model.targets import Generated, Provisioned, Settings, Target
from mirrorgen.problems import KeyPath, Problem, Severity

EXPIRY_GRACE = timedelta(days=30)
"""How long an expired entry is a warning before it is an error."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A target repository with its settings and what the entries of the list bring into it.

    Attributes:
        name: full name in the target.
        entries: one, or several whose tags are disjoint; sorted by source.
        settings: as decided from what the entries ask for.
    """

    name: str
    entries: tuple[Entry, ...]
    settings: Settings

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags that are known without asking upstream, sorted: all of them unless `is_open`."""
        if len(self.entries) == 1:
            return self.entries[0].tags
        return tuple(sorted(tag for entry in self.entries for tag in entry.tags))

    @property
    def is_open(self) -> bool:
        """Whether a rule chooses more tags, known only upstream."""
        return any(entry.is_open for entry in self.entries)

    def tagged(self) -> Iterator[tuple[Entry, str]]:
        """Yield every known tag behind the entry that brings it."""
        for entry in self.entries:
            for tag in entry.tags:
                yield entry, tag

    def asks_for(self) -> Callable[[str], bool]:
        """Return what tells of a tag whether it is asked for, or fits a rule that no lock has settled."""
        tags = set(self.tags)
        unsettled = [entry.rule for entry in self.entries if entry.rule.is_open and not entry.locked]
        return lambda tag: tag in tags or any(passes(rule, tag) for rule in unsettled)

    def reduced(self, tags: Collection[str]) -> Repository:
        """Return the repository with some of its tags alone, and the entries that bring them."""
        return replace(self, entries=tuple(part for entry in self.entries if (part := entry.reduced(tags)).tags))


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the target must hold, and how to get it there.

    Attributes:
        target: the registry that receives the images.
        registries: every upstream registry in use, sorted by host.
        parallel: how many images are copied at once.
        repositories: sorted by name.
    """

    target: Target
    registries: tuple[Registry, ...]
    parallel: int
    repositories: tuple[Repository, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs that regsync needs to sign in, at the target and where it reads."""
        helpers = filter(None, (registry.helper for registry in self.registries))
        return tuple(dict.fromkeys([*self.target.programs, *helpers]))

    @property
    def tag_count(self) -> int:
        """How many tags the target must hold altogether, as far as they are known."""
        return sum(len(entry.tags) for repository in self.repositories for entry in repository.entries)

    @property
    def entries(self) -> Iterator[tuple[Repository, Entry]]:
        """Every entry behind the repository that it fills."""
        return ((repository, entry) for repository in self.repositories for entry in repository.entries)

    def who_may_pull(self) -> dict[str, str]:
        """Return who may pull from each repository, by name; see `Target.who_may_pull`."""
        return {each.name: self.target.who_may_pull(each.entries[0].image.settings) for each in self.repositories}

    def generated(self) -> Mapping[str, Generated | None]:
        """Return the files that describe the target's repositories; see `Target.generated`."""
        provisioned = [
            Provisioned(repository.name, tuple(str(entry.source) for entry in repository.entries), repository.settings)
            for repository in self.repositories
        ]
        return self.target.generated(provisioned)


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
    problems = list(_alias_collisions(master_list))
    filled: dict[str, list[Entry]] = {}
    for image in master_list.images:
        name = repository_name(image, prefix=master_list.target.prefix, registries=master_list.registries)
        entry = _entry(image, (locked or {}).get(image.index), read_from(master_list, image))
        if name not in filled:
            problems += _name_problems(master_list.target, image, name)
        filled.setdefault(name, []).append(entry)
    repositories = []
    for name, entries in filled.items():
        problems += sharing_problems(name, entries)
        settings, found = master_list.target.decide(entries)
        problems += found
        by_source = sorted(entries, key=lambda entry: entry.source)
        repositories.append(Repository(name, tuple(by_source), settings))
    state = DesiredState(
        target=master_list.target,
        registries=_registries(master_list, repositories),
        parallel=master_list.parallel,
        repositories=tuple(sorted(repositories, key=lambda repository: repository.name)),
    )
    return state, problems


def _entry(image: Image, locked: Mapping[str, str] | None, location: str) -> Entry:
    if locked is None:
        return Entry(image, tuple(sorted(image.tags.named)), image.tags.is_open, read_from=location)
    return Entry(image, tuple(sorted(locked)), is_open=False, locked=locked, read_from=location)


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


def _registries(master_list: MasterList, repositories: Iterable[Repository]) -> tuple[Registry, ...]:
    hosts = sorted({entry.host for repository in repositories for entry in repository.entries})
    registries = (master_list.registries.get(host) or Registry(host, default_alias(host)) for host in hosts)
    first = [master_list.first.target] if master_list.first else []
    return tuple(_reached_as([master_list.target, *first], registry) for registry in registries)


def _reached_as(targets: Iterable[Target], registry: Registry) -> Registry:
    """One host is reached in one way: images that come from a target are read as that is written."""
    target = next((each for each in targets if each.host == registry.host), None)
    if target is None:
        return registry
    sign_in = target.sign_in()
    return replace(
        registry,
        credentials=target.credentials,
        hostname=sign_in.get("hostname"),
        tls=sign_in.get("tls", "enabled"),
        path_prefix=None,
        helper=sign_in.get("credHelper"),
    )


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


def _name_problems(target: Target, image: Image, name: str) -> Iterator[Problem]:
    path = (*image.path, "repository" if image.repository else "source")
    taken, doubt = target.name_trouble(name), target.name_doubt(name)
    if taken is None:
        if doubt:
            message = f"{target.label} may refuse the repository name {name!r}: {doubt}"
            hint = "if it does, give the entry another `repository:`"
            yield Problem("unusual-repository-name", message, path, hint, Severity.WARNING)
        return
    hint = taken if image.repository else f"give the entry a `repository:` that {target.label} accepts ({taken})"
    yield Problem("bad-repository-name", f"{target.label} refuses the repository name {name!r}", path, hint)
