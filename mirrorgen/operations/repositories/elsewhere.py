"""Elsewhere: whether other targets of a list that take an entry hold just what it says, so that it is true of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirrorgen.destinations.kinds import open_named
from mirrorgen.destinations.port import Described, Destination
from mirrorgen.errors import MirrorgenError
from mirrorgen.model.images import Image
from mirrorgen.model.targets import Target
from mirrorgen.operations.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says of a repository.

    Attributes:
        image: the entry, with the tags and the defaults of the list.
        digests: what each of these tags names.
        described: what it says besides.
    """

    image: Image
    digests: Mapping[str, str]
    described: Described


def untrue(runtime: Runtime, target: Target, entries: Mapping[str, Said]) -> dict[str, str]:
    """Return why entries would not be true of another target, by the name of the repository there.

    Args:
        runtime: of the target that they were found in.
        target: the other one.
        entries: by the name that the repository has there.
    """
    if runtime.stand_in:
        return dict.fromkeys(entries, f"{target.label} is played by no stand-in")
    try:
        return _untrue(open_named(target, runtime.environ, say=runtime.say), target, entries)
    except MirrorgenError as error:
        return dict.fromkeys(entries, f"{target.label} cannot be asked for it: {error.message}")


def _untrue(destination: Destination, target: Target, entries: Mapping[str, Said]) -> dict[str, str]:
    held = destination.held({name: tuple(said.digests) for name, said in entries.items()})
    described = destination.describe({name: said.image for name, said in entries.items() if held[name] is not None})
    found: dict[str, str] = {}
    for name, said in entries.items():
        tags = held[name]
        if tags is None:
            found[name] = f"{target.label} does not have it"
        elif any(tags.get(tag) != digest for tag, digest in said.digests.items()):
            found[name] = f"{target.label} does not hold the same under each tag"
        elif described[name] != said.described:
            found[name] = f"{target.label} has it with other settings"
    return found
