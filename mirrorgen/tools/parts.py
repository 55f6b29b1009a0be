"""Parts of a configuration of regsync: one for each entry, with the tags of it that nothing was said about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mirrorgen.tools.crews import Crew

_HOSTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Image:
    """What is copied from where to where.

    Attributes:
        source: reference of the image, or its repository where the tags are not known.
        target: of the image, where the tags are known.
    """

    source: str
    target: str = ""

    @property
    def path(self) -> str:
        """The target's repository and tag: its host may be another than its address."""
        return self.target.partition("/")[2]

    def is_in(self, names: Collection[str]) -> bool:
        """Whether it is among paths of targets and references of sources."""
        return (bool(self.path) and self.path in names) or self.source in names


@dataclass(frozen=True, slots=True)
class Part:
    """One entry.

    Attributes:
        entry: of the configuration.
        images: that it copies.
    """

    entry: Mapping[str, Any]
    images: tuple[Image, ...]

    @property
    def host(self) -> str:
        """The registry it copies from."""
        return str(self.entry["source"]).partition("/")[0]

    def without(self, names: Collection[str]) -> Part:
        """Leave out images, by the path of their target or the reference of their source."""
        left = () if self.entry["source"] in names else self.images
        return replace(self, images=tuple(image for image in left if not image.is_in(names)))

    def config(self, config: str) -> str:
        """Return a configuration with these images alone, and all else as in another one."""
        entry = dict(self.entry)
        if entry.get("tags"):
            tags = [image.target.rpartition(":")[2] for image in self.images]
            entry["tags"] = {"allow": [tag.replace(".", r"\.") for tag in tags]}
        return json.dumps({**json.loads(config), "sync": [entry]}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one run.

    Attributes:
        why: it was cut off, or did not work at all; nothing otherwise.
        done: the images of which it has said all, by the path of their target or the reference of their source.
    """

    why: str
    done: Collection[str]


@dataclass(frozen=True, slots=True)
class Division:
    """Goes on with a configuration of which a run has been cut off, entry by entry, and registry beside registry.

    Attributes:
        run: runs a configuration.
        give_up: told each image that is not tried any more, and why.
        stalls: how often a run may be cut off for one registry; then the rest of it is given up.
    """

    run: Callable[[str], Try]
    give_up: Callable[[Image, str], None]
    stalls: int

    def finish(self, config: str, first: Try, begun: Collection[str]) -> None:
        """Run all that is left: first what the run had not come to, then each image that was under way.

        One of these may be what has held it up, and the others are not to blame.

        Args:
            config: of the run that was cut off, which is JSON.
            first: that run.
            begun: the images that it was copying.
        """
        waiting: dict[str, list[Part]] = {}
        under_way: dict[str, list[Part]] = {}
        for entry in json.loads(config)["sync"]:
            part = Part(entry, tuple(_images(entry))).without(first.done)
            untouched = part.without(begun)
            if untouched.images:
                waiting.setdefault(part.host, []).append(untouched)
            images = [image for image in part.images if image.is_in(begun)]
            under_way.setdefault(part.host, []).extend(replace(part, images=(image,)) for image in images)
        with Crew() as crew:
            pool = crew.pool(_HOSTS_AT_ONCE)
            queues = [[*waiting.get(host, ()), *parts] for host, parts in under_way.items()]
            for queue in [pool.submit(self._run_each, config, parts, first.why) for parts in queues]:
                queue.result()

    def _run_each(self, config: str, parts: list[Part], why: str) -> None:
        left = self.stalls
        for part in parts:
            tried = (
                self.run(part.config(config)) if left else Try(f"{why}, and so it did for others of {part.host}", ())
            )
            left -= bool(left and tried.why)
            for image in part.without(tried.done).images if tried.why else ():
                self.give_up(image, tried.why)


def shared_sources(config: str) -> set[str]:
    """Return the sources that several entries of a configuration copy from."""
    sources = Counter(str(entry["source"]) for entry in json.loads(config)["sync"])
    return {source for source, entries in sources.items() if entries > 1}


def _images(entry: Mapping[str, Any]) -> Iterator[Image]:
    source, target = str(entry["source"]), str(entry["target"])
    patterns = entry.get("tags", {}).get("allow", ())
    if entry["type"] == "image":
        yield Image(source, target)
    elif patterns:
        # Each matches one tag, with its dots escaped (mirrorgen/rendering/regsync.py); rules stand under `tagSets`.
        for pattern in patterns:
            tag = pattern.replace("\\.", ".")
            yield Image(f"{source}:{tag}", f"{target}:{tag}")
    else:
        yield Image(source)
