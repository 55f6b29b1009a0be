"""A plain OCI registry, asked through regctl for what it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mirrorgen.destinations.port import (
    Described,
    Footprint,
    Holdings,
    Pullable,
    RegistryDifferences,
    SettingDifference,
    StoredImage,
)
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.errors import RegistryFailed, RegistryGivenUp, ToolFailed
from mirrorgen.model.images import Image
from mirrorgen.model.references import is_digest
from mirrorgen.model.targets import Settings
from mirrorgen.outcomes import Kind
from mirrorgen.tools.crews import Crew
from mirrorgen.tools.manifests import Named
from mirrorgen.tools.regctl import Regctl

_PARALLEL = 4


@dataclass(frozen=True, slots=True)
class RegistryDestination:
    """A registry; see `mirrorgen.destinations.port.Destination`.

    Attributes:
        target: of the list.
        regctl: with the credentials of the registry.
        say: told what is asked.
    """

    target: RegistryTarget
    regctl: Regctl
    say: Callable[[str], None]

    @property
    def tells_age(self) -> bool:
        """The registry's API does not say when an image was pushed."""
        return False

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing: the host name says it all."""
        return {}

    @property
    def displaced(self) -> tuple[str, ...]:
        """None: nothing signs in but what the list and Docker's configuration name."""
        return ()

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        """List the tags of repositories, and ask for the digest of each that is wanted."""
        self.say(f"asking {self.target.name} which tags it holds")
        return self._digests(wanted, lambda name, tag: tag in wanted[name])

    def why_absent(
        self,
        repository: str,  # noqa: ARG002 - every kind is asked the same
        tags: Collection[str],  # noqa: ARG002
    ) -> Mapping[str, str]:
        """Say nothing: a registry does not tell what became of a tag."""
        return {}

    def pullable(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Pullable]]:
        """Get the manifest of each image, and ask for each that an index names."""
        self.say(f"asking {self.target.name} for each image and each of its platforms")
        asked = [(repository, name) for repository, names in wanted.items() for name in names]
        with Crew() as crew:
            found = list(crew.pool(_PARALLEL).map(lambda pair: self._pullable(*pair), asked))
        given = dict(zip(asked, found, strict=True))
        return {repository: {name: given[repository, name] for name in names} for repository, names in wanted.items()}

    def images(
        self,
        names: Iterable[str],
        *,
        findings: bool = False,  # noqa: ARG002 - a plain registry scans nothing
    ) -> Mapping[str, tuple[StoredImage, ...] | None]:
        """List the tags of repositories with their digests; sizes, times and untagged images are not told."""
        self.say(f"asking {self.target.name} which images it holds")
        found = self._digests(names, lambda _name, _tag: True)
        return {name: None if tags is None else _images(tags) for name, tags in found.items()}

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        """Find no difference: there is nothing to set, and a repository comes with its first image."""
        return dict.fromkeys(wanted, ())

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        """Say nothing: there is nothing to set."""
        return dict.fromkeys(images, Described())

    def with_lifecycle(self, names: Iterable[str]) -> frozenset[str]:  # noqa: ARG002
        """Find none: there are no policies."""
        return frozenset()

    def with_repository_policy(self, names: Iterable[str]) -> frozenset[str]:  # noqa: ARG002
        """Find none: there are no policies."""
        return frozenset()

    def registry_differences(self) -> RegistryDifferences:
        """Find no difference: a list asks nothing of a plain registry itself."""
        return RegistryDifferences()

    def strays(self, names: Collection[str], *, below: str | None = None) -> tuple[str, ...] | None:
        """List the repositories below a path, where there is one and the registry has such a list."""
        path = self.target.prefix if below is None else below
        if not path:
            return None
        try:
            found = [name for name in self.regctl.repositories(self.target.name) if name.startswith(f"{path}/")]
        except RegistryGivenUp:
            return None
        except RegistryFailed as error:
            if error.kind in {Kind.UNAUTHORIZED, Kind.REFUSED, Kind.NOT_UPSTREAM, Kind.UNSUPPORTED}:
                return None
            raise
        return tuple(sorted(set(found) - set(names)))

    def footprints(self, names: Iterable[str]) -> Mapping[str, Footprint]:
        """Know nothing: sizes and pulls are not told."""
        return dict.fromkeys(names, Footprint())

    def expiring(
        self,
        settings: Settings,  # noqa: ARG002 - every kind is asked the same
        images: Sequence[StoredImage],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> Mapping[str, str]:
        """Expect nothing to go: what a plain registry removes by itself is not known here."""
        return {}

    def delete(self, repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        """Delete tags one by one, after a look at what each names now."""
        refused: dict[str, str] = {}
        for tag, digest in tags:
            reference = self._reference(repository, tag)
            try:
                if self.regctl.digest(reference) == digest:
                    self.regctl.delete_tag(reference)
                else:
                    refused[tag] = "it names another image now"
            except ToolFailed as error:
                refused[tag] = error.message
        return refused

    def _digests(self, names: Iterable[str], is_asked: Callable[[str, str], bool]) -> Holdings:
        repositories = list(names)
        with Crew() as crew:
            pool = crew.pool(_PARALLEL)
            listed = dict(zip(repositories, pool.map(self._tags, repositories), strict=True))
            asked = [(name, tag) for name, tags in listed.items() for tag in tags or () if is_asked(name, tag)]
            digests = dict(zip(asked, pool.map(lambda pair: self._digest(*pair), asked), strict=True))
        return {
            name: None if tags is None else {tag: digest for tag in tags if (digest := digests.get((name, tag)))}
            for name, tags in listed.items()
        }

    def _tags(self, repository: str) -> tuple[str, ...] | None:
        try:
            return self.regctl.tags(f"{self.target.name}/{repository}")
        except RegistryFailed as error:
            self._raise_unless_absent(error)
            return None

    def _digest(self, repository: str, tag: str) -> str | None:
        try:
            return self.regctl.digest(self._reference(repository, tag))
        except RegistryFailed as error:
            self._raise_unless_absent(error)
            return None

    def _pullable(self, repository: str, name: str) -> Pullable:
        try:
            manifest = self.regctl.manifest(self._reference(repository, name))
        except RegistryFailed as error:
            self._raise_unless_absent(error)
            return Pullable("")
        return Pullable(manifest.digest, tuple(dict.fromkeys(self._lacking(repository, manifest.named))))

    def _lacking(self, repository: str, named: Sequence[Named]) -> Iterator[str]:
        """What an index names, also through another one, and the registry does not give."""
        for part in named:
            reference = self._reference(repository, part.digest)
            try:
                if part.is_index:
                    yield from self._lacking(repository, self.regctl.manifest(reference).named)
                elif not part.is_blob:
                    self.regctl.head(reference)
            except RegistryFailed as error:
                self._raise_unless_absent(error)
                yield part.platform or part.digest

    def _raise_unless_absent(self, error: RegistryFailed) -> None:
        """What is not there is an answer; every other failure is none."""
        if error.kind is not Kind.NOT_UPSTREAM:
            raise ToolFailed(f"cannot ask {self.target.name}: {error.message}") from error

    def _reference(self, repository: str, name: str) -> str:
        """Of a tag, or of a digest."""
        return f"{self.target.name}/{repository}{'@' if is_digest(name) else ':'}{name}"


def _images(tags: Mapping[str, str]) -> tuple[StoredImage, ...]:
    by_digest: dict[str, list[str]] = {}
    for tag, digest in tags.items():
        by_digest.setdefault(digest, []).append(tag)
    return tuple(StoredImage(digest, tuple(sorted(named)), None) for digest, named in by_digest.items())
