"""A destination that holds what a test puts into it."""

# ruff: noqa: ARG002 - it takes what every destination is asked

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mirrorgen.destinations.port import (
    Described,
    Footprint,
    Holdings,
    Pullable,
    RegistryDifferences,
    SettingDifference,
    StoredImage,
)
from mirrorgen.model.images import Image
from mirrorgen.model.targets import Settings, Target
from mirrorgen.operations.runtime import Runtime
from mirrorgen.project import load

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)
REPOSITORY = "mirror/quay/org/app"
LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - source: quay.io/org/app
    tags: ["v1.0.0", "v1.1.0"]
"""


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def stored(number: int, *tags: str, days_old: int = 100, contains: Sequence[int] = (), **others: object) -> StoredImage:
    """An image of as many bytes as its number, pushed so many days ago."""
    return StoredImage(
        digest=digest(number),
        tags=tags,
        pushed_at=NOW - timedelta(days=days_old),
        contains=tuple(map(digest, contains)),
        size_bytes=number,
        **others,  # type: ignore[arg-type]
    )


@dataclass
class MemoryDestination:
    """See `mirrorgen.destinations.port.Destination`."""

    target: Target
    stock: dict[str, list[StoredImage]] = field(default_factory=dict)
    other_repositories: tuple[str, ...] | None = ()
    footprint_of: dict[str, Footprint] = field(default_factory=dict)
    archived: dict[str, str] = field(default_factory=dict)
    deleted: list[tuple[str, str, str]] = field(default_factory=list)
    registry: RegistryDifferences = RegistryDifferences()  # noqa: RUF009 - it is immutable

    tells_age = True
    environment: Mapping[str, str] = field(default_factory=dict)
    displaced: Collection[str] = ()

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        return {
            name: {tag: image.digest for image in self.stock[name] if not image.is_archived for tag in image.tags}
            if name in self.stock
            else None
            for name in wanted
        }

    def why_absent(self, repository: str, tags: Collection[str]) -> Mapping[str, str]:
        archived = {tag for image in self.stock.get(repository, []) if image.is_archived for tag in image.tags}
        return dict.fromkeys(archived & set(tags), "it is archived")

    def pullable(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Pullable]]:
        return {name: {asked: self._pullable(name, asked) for asked in wanted[name]} for name in wanted}

    def _pullable(self, repository: str, asked: str) -> Pullable:
        held = {image.digest: image for image in self.stock.get(repository, [])}
        found = next((image for image in held.values() if asked in {image.digest, *image.tags}), None)
        lacking = [digest for digest in found.contains if digest not in held] if found else []
        return Pullable(found.digest if found else "", tuple(lacking))

    def images(self, names: Iterable[str], *, findings: bool = False) -> Mapping[str, tuple[StoredImage, ...] | None]:
        return {name: tuple(self.stock[name]) if name in self.stock else None for name in names}

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        return {name: () if name in self.stock else None for name in wanted}

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        return {name: Described() if name in self.stock else None for name in images}

    def with_lifecycle(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset()

    def with_repository_policy(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset()

    def registry_differences(self) -> RegistryDifferences:
        return self.registry

    def strays(self, names: Collection[str], *, below: str | None = None) -> tuple[str, ...] | None:
        if self.other_repositories is None:
            return None
        others = {name for name in self.other_repositories if below is None or name.startswith(f"{below}/")}
        return tuple(sorted(others - {*names}))

    def footprints(self, names: Iterable[str]) -> Mapping[str, Footprint]:
        return {name: self.footprint_of.get(name, Footprint()) for name in names}

    def expiring(self, settings: Settings, images: Sequence[StoredImage], *, now: datetime) -> Mapping[str, str]:
        return {}

    def delete(self, repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        self.deleted += [(repository, tag, digest) for tag, digest in tags]
        return {}


def runtime_on(folder: Path, text: str = LIST, *images: StoredImage) -> tuple[Runtime, MemoryDestination]:
    """A run for a list whose one repository holds these images."""
    path = folder / "images.yaml"
    path.write_text(text)
    desired = load(path).desired
    assert desired
    runtime = Runtime(folder, desired)
    destination = MemoryDestination(desired.target, {REPOSITORY: list(images)})
    runtime.__dict__["destination"] = destination
    return runtime, destination
