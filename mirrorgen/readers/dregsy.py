"""The configuration of https://github.com/xelalexv/dregsy: README.md, and internal/pkg/sync and tags there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mirrorgen.model.images import Copying, Registry
from mirrorgen.model.references import normalize_host
from mirrorgen.model.registries import default_alias
from mirrorgen.problems import format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_document, ruled, source_of, target_of
from mirrorgen.readers.dregsy_tags import Tags
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.tag_sets import UnusableRule, checked, replaced

_MARK = re.compile(r"^tasks:", re.MULTILINE)
_MAPPINGS = re.compile(r"^[ \t]+mappings:", re.MULTILINE)
_REGEX = "regex:"
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")
_TOP = frozenset({"relay", "docker", "skopeo", "dockerhost", "api-version", "lister", "tasks", "watch"})

_OF_TASK = frozenset({"name", "interval", "source", "target", "mappings", "verbose"})
_OF_LOCATION = frozenset({"registry", "auth", "skip-tls-verify", "auth-refresh", "lister"})
_OF_MAPPING = frozenset({"from", "to", "tags", "platform"})


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether there are tasks with mappings."""
    return "mappings:" in text and bool(_MARK.search(text) and _MAPPINGS.search(text))


def read(text: str, around: Around) -> Reading:
    """Take what each mapping copies."""
    return read_document(FORMAT.name, text, around, lambda root, copies: _File(root, copies).read())


class _File:
    """Reads a configuration."""

    def __init__(self, root: Fields, copies: Copies) -> None:
        self._root = root
        self._copies = copies
        self._registries: dict[str, Registry] = {}

    def read(self) -> Reading:
        """Take the mappings of all tasks.

        Raises:
            Unfit: it has no list of tasks.
        """
        self._copies.say_unknown(self._root, _TOP, "dregsy")
        for item, path in self._root.items("tasks"):
            task = Fields(self._root.document, self._root.text, path)
            try:
                self._read_task(self._root.of(item, path))
            except Unfit as error:
                self._copies.unfit(task, error)
        return self._copies.copied(self._registries)

    def _read_task(self, task: Fields) -> None:
        self._copies.say_unknown(task, _OF_TASK, "dregsy")
        if task.has("interval"):
            self._copies.note(task.document, (*task.path, "interval"), "a list does not say when it is copied")
        source, target = task.child("source"), task.child("target")
        for location, is_target in ((source, False), (target, True)):
            self._read_location(location, is_target=is_target)
        for item, path in task.items("mappings"):
            mapping = Fields(task.document, task.text, path)
            written = _written(item, source)
            try:
                mapping = task.of(item, path)
                self._copies.say_unknown(mapping, _OF_MAPPING, "dregsy")
                for image, host in _Mapping(mapping, source, target, self._copies).images():
                    self._copies.copy(image, host)
            except Unfit as error:
                self._copies.unfit(mapping, Unfit(error.reason, error.path or path, error.hint), written)

    def _read_location(self, location: Fields, *, is_target: bool) -> None:
        self._copies.say_unknown(location, _OF_LOCATION, "dregsy")
        registry = location.string("registry")
        host = normalize_host(registry)
        if host is None:
            raise Unfit("it names no registry" if not registry else "it is not a registry's host name", location.path)
        if location.flag("skip-tls-verify"):
            self._registries[host] = Registry(host, default_alias(host), tls="insecure")
        place, path = location.place("auth"), location.shown("auth")
        if location.string("auth") not in {"", "none"}:
            reason = "it holds a user name and a password in one, of which nothing is taken"
            hint = "put each in a variable, name these in the list, and change the password"
            self._copies.refuse("", place, path, reason, hint)
        elif location.has("auth-refresh") and not is_target:
            reason = "a list does not sign in to a registry of AWS that it copies from"
            hint = "let Docker's own configuration do so, with its `credHelpers`"
            self._copies.refuse("", location.place("auth-refresh"), location.shown("auth-refresh"), reason, hint)


class _Mapping:
    """One mapping of a task: what it copies, and to where."""

    def __init__(self, mapping: Fields, source: Fields, target: Fields, copies: Copies) -> None:
        self._mapping = mapping
        self._source = source.string("registry")
        self._target = target.string("registry")
        self._copies = copies

    def images(self) -> Iterator[tuple[NamedImage, str | None]]:
        """Yield the images, each with the registry that it goes to; tags that cannot be kept are refused.

        Raises:
            Unfit: it copies what a list cannot say.
        """
        origin = self._mapping.string("from")
        if not origin:
            raise Unfit("it has no `from`", self._mapping.path)
        if origin.startswith(_REGEX):
            reason = "which repositories it copies is known only upstream"
            raise Unfit(reason, (*self._mapping.path, "from"), "name each repository in a mapping of its own")
        path = f"/{origin.lstrip('/')}"
        named = source_of(f"{self._source}{path}", self._mapping.place(), self._mapping.shown())
        if named.tag or named.digest:
            raise Unfit("dregsy wants a repository here, without tag and digest", (*self._mapping.path, "from"))
        host, repository = target_of(f"{self._target}{self._destination(path)}", (*self._mapping.path, "to"))
        copying = Copying(self._platform())
        for image in self._tagged(named):
            yield replace(image, repository=repository, copying=copying), host

    def _destination(self, path: str) -> str:
        to = self._mapping.string("to")
        if not to.startswith(_REGEX):
            return f"/{to.lstrip('/')}" if to else path
        pattern, found, replacement = to.removeprefix(_REGEX).partition(",")
        where = (*self._mapping.path, "to")
        if not found:
            raise Unfit("it has a pattern, and nothing to put in its place", where)
        try:
            return replaced(pattern, path, replacement)
        except UnusableRule as error:
            raise Unfit(str(error), where, "write the path itself") from None

    def _tagged(self, named: NamedImage) -> Iterator[NamedImage]:
        """One image for each tag that is written out, and one for what the filters choose."""
        tags = Tags.of(self._mapping.strings("tags"))
        document = self._mapping.document
        for (tag, digest), path in tags.verbatim:
            place, shown = document.place(path), format_path(path)
            reference = f"{named.source}@{digest}" if digest else f"{named.source}:{tag}"
            try:
                image = source_of(reference, place, shown)
                yield replace(image, tag=tag, digest=digest)
            except Unfit as error:
                self._copies.unfit(self._mapping, Unfit(error.reason, path, error.hint), f"{named.written}:{tag}")
        if tags.has_filters or not tags.verbatim:
            try:
                yield ruled(named, checked(tags.rule()), None, Copying())
            except UnusableRule as error:
                self._copies.unfit(self._mapping, Unfit(str(error), (*self._mapping.path, "tags")), named.written)

    def _platform(self) -> str | None:
        platform = self._mapping.string("platform").lower()
        if not platform:
            reason = "dregsy copies the platform of the machine that it runs on, and the list all"
            self._copies.note(self._mapping.document, self._mapping.path, reason, "write `platforms:` for one")
        if platform in {"", "all"}:
            return None
        if not _PLATFORM.fullmatch(platform):
            reason = f"{platform!r} is not one platform that is written in full"
            raise Unfit(reason, (*self._mapping.path, "platform"), "write linux/amd64, or the like")
        return platform


def _written(item: Any, source: Fields) -> str:
    origin = item.get("from") if isinstance(item, Mapping) else None
    registry = source.data.get("registry")
    return f"{registry}/{origin.lstrip('/')}" if isinstance(origin, str) and isinstance(registry, str) else ""


FORMAT = Format("dregsy", "the configuration of dregsy", recognizes, read)
