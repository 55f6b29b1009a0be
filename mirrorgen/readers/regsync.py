"""regsync.yaml, as regsync itself reads it: cmd/regsync/config.go and root.go of https://github.com/regclient/regclient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mirrorgen.model.images import Copying, TagRule
from mirrorgen.model.versions import parse_range
from mirrorgen.problems import KeyPath
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, ruled, source_of, target_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.go_templates import Unresolvable, expanded
from mirrorgen.readers.regsync_hosts import Hosts
from mirrorgen.readers.regsync_merging import merge_troubles
from mirrorgen.readers.regsync_settings import Settings, say_what_is_left
from mirrorgen.readers.tag_sets import TAKES_ALL, UnusableRule, anchored, checked, rule_of, united

_TOP = frozenset({"version", "creds", "defaults", "sync"})
# A list of steps: objects of Argo CD have a `sync`, too.
_MARK = re.compile(r"""^["']?sync["']?[ \t]*:(?!\s*\{)|[{,\n][ \t]*"sync"[ \t]*:\s*\[""", re.MULTILINE)
_TARGET = re.compile(r"""\btarget["']?[ \t]*:""")
_LONGEST = 1000
"""Characters of a source or target: one with a template is no longer."""


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether there are steps, and a target."""
    return "target" in text and bool(_MARK.search(text) and _TARGET.search(text))


def read(text: str, around: Around) -> Reading:
    """Take what each step copies."""
    copies = Copies(FORMAT.name, around)
    document = copies.first_document(text)
    if document is None:
        return copies.copied()
    try:
        root = Fields.root(document, text)
        if root.string("version") not in {"", "0", "1"}:
            raise Unfit(f"regsync knows no version {root.string('version')} of its file", ("version",))
        return _File(root, copies).read()
    except Unfit as error:
        copies.unfit(Fields(document, text), error)
        return copies.copied()


class _File:
    """Reads the steps of a file."""

    def __init__(self, root: Fields, copies: Copies) -> None:
        self._root = root
        self._copies = copies
        self._defaults = root.child("defaults")

    def read(self) -> Reading:
        """Take the steps, and how the registries are reached.

        Raises:
            Unfit: it has no list of steps.
        """
        hosts = Hosts(self._copies)
        hosts.read(self._root)
        for key in self._root.data.keys() - _TOP:
            if not key.startswith("x-"):
                self._copies.note(self._root.document, (*self._root.path, key), "regsync does not know it")
        if self._is_merged_in_another_way():
            return self._copies.copied()
        say_what_is_left(self._defaults, self._copies, are_defaults=True)
        for item, path in self._root.items("sync"):
            self._read_step(item, path, hosts)
        return self._copies.copied(hosts.registries, hosts.credentials)

    def _is_merged_in_another_way(self) -> bool:
        troubles = list(merge_troubles(self._root.text))
        for trouble in troubles:
            place = replace(self._root.place(), line=trouble.line, column=trouble.column)
            self._copies.refuse("", place, "<<", trouble.reason, trouble.hint)
        return bool(troubles)

    def _read_step(self, item: Any, path: KeyPath, hosts: Hosts) -> None:
        step = Fields(self._root.document, self._root.text, path)
        written = ""
        try:
            step = self._root.of(item, path)
            written = step.string("source")
            say_what_is_left(step, self._copies)
            settings = Settings(step, self._defaults)
            for image, host in _Step(step, settings, self._copies.around).images():
                self._copies.copy(image, host)
                hosts.limit(image.source.host, *settings.rate_limit())
        except Unfit as error:
            is_of_step = error.path[: len(path)] == path
            reason = error.reason if is_of_step or not error.path else f"{error.reason}, as the defaults say"
            self._copies.unfit(step, Unfit(reason, error.path if is_of_step else path, error.hint), written)


class _Step:
    """One step: what it copies, and to where."""

    def __init__(self, step: Fields, settings: Settings, around: Around) -> None:
        self._step = step
        self._settings = settings
        self._around = around
        self._fields = {
            f".Sync.{key.capitalize()}": step.string(key) for key in ("source", "target", "type", "platform")
        }

    def images(self) -> Iterator[tuple[NamedImage, str | None]]:
        """Yield the images, each with the registry that it goes to.

        Raises:
            Unfit: it copies what a list cannot say.
        """
        kind = self._step.string("type")
        source = self._expand("source")
        self._fields[".Sync.Source"] = source
        target = self._expand("target", host_is_free=True)
        if "://" in source or "://" in target:
            raise Unfit("it is a folder, and no registry", self._step.path)
        if kind == "registry":
            reason = "which repositories it copies is known only upstream"
            raise Unfit(reason, (*self._step.path, "type"), "name each repository in a step of its own")
        if kind not in {"image", "repository"}:
            reason = f"regsync knows no type {kind!r}" if kind else "it has no type"
            raise Unfit(reason, (*self._step.path, "type"), "one of image, repository and registry")
        copying = self._settings.copying()
        named = self._named(source)
        yield self._image(named, target, copying) if kind == "image" else self._repository(named, target, copying)

    def _expand(self, key: str, *, host_is_free: bool = False) -> str:
        """The text under a key with its templates filled in; a host may stay as it is, since only its rest is asked."""
        text = self._step.string(key)
        if not text:
            raise Unfit(f"it has no {key}", self._step.path)
        if len(text) > _LONGEST:
            raise Unfit(f"its {key} has {len(text):,} characters", self._path(key))
        match = re.match(r"(?:\{\{[^}]*\}\}|[^/{])*/", text) if host_is_free else None
        host = match.group() if match else ""
        try:
            return self._expanded(host, keep=True) + self._expanded(text[len(host) :])
        except Unresolvable as error:
            raise Unfit(str(error), (*self._step.path, key), "write what it stands for") from None

    def _expanded(self, text: str, *, keep: bool = False) -> str:
        try:
            return expanded(text, self._fields, self._around.variables)
        except Unresolvable:
            if keep:
                return text
            raise

    def _named(self, source: str) -> NamedImage:
        written = self._step.string("source")
        return source_of(source, self._step.place(), self._step.shown(), file_says=written)

    def _image(self, named: NamedImage, target: str, copying: Copying) -> tuple[NamedImage, str | None]:
        """One image: by its tag, or by its digest under the tag that the target names."""
        if "@" in target:
            raise Unfit("it is copied under its digest, and a list gives each image a tag", self._path("target"))
        head, slash, last = target.rpartition("/")
        name, _, tag = last.partition(":")
        tag = tag or "latest"
        host, repository = target_of(f"{head}{slash}{name}", self._path("target"))
        if not named.digest and tag != (named.tag or "latest"):
            reason = f"the tag {named.tag or 'latest'} becomes {tag}, and a list keeps tags as they are upstream"
            raise Unfit(reason, self._path("target"), "name the digest in the source, and the tag is what you like")
        return replace(named, tag=tag, repository=repository, copying=copying), host

    def _repository(self, named: NamedImage, target: str, copying: Copying) -> tuple[NamedImage, str | None]:
        if named.tag or named.digest:
            raise Unfit(
                "regsync copies nothing: with this type a source has neither tag nor digest", self._path("source")
            )
        host, repository = target_of(target, self._path("target"))
        return ruled(named, self._rule(), repository, copying), host

    def _rule(self) -> TagRule:
        """What the sets of tags take together."""
        sets = [self._step.of(item, path) for item, path in self._step.items("tagSets")]
        tags = self._step.child("tags")
        if any(tags.strings(key) for key in ("allow", "deny", "semverRange")):
            sets.append(tags)
        try:
            rules = [self._set(tag_set) for tag_set in sets] or [rule_of(None)]
            return checked(united(rules))
        except UnusableRule as error:
            path = sets[0].path if len(sets) == 1 else self._step.path
            hint = "choose some: semver: ['>=0'] is every version" if str(error) == TAKES_ALL else ""
            raise Unfit(str(error), path, hint) from None

    def _set(self, tags: Fields) -> TagRule:
        allow = [pattern for text, _ in tags.numerals("allow") for pattern in anchored(text)]
        deny = [pattern for text, _ in tags.numerals("deny") for pattern in anchored(text)]
        ranges = [text for text, _ in tags.strings("semverRange") if text]
        for text in ranges:
            if isinstance(parse_range(text), str):
                raise UnusableRule(f"regsync copies nothing: {text!r} is no range of versions")
        return rule_of(allow if tags.strings("allow") else None, semver=ranges, exclude=deny)

    def _path(self, key: str) -> KeyPath:
        return (*self._step.path, key)


FORMAT = Format("regsync", "regsync.yaml of regclient", recognizes, read)
