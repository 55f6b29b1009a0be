"""Files of https://github.com/AliyunContainerService/image-syncer, in YAML or JSON: its rules, its `auth`, or both.

The facts are those of pkg/utils/url.go, pkg/utils/types and pkg/client/config.go there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry
from mirrorgen.model.references import is_tag, normalize_host
from mirrorgen.model.registries import default_alias
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_document, ruled, source_of, target_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.regsync_hosts import HINT, variable_named
from mirrorgen.readers.tag_sets import UnusableRule, checked, found_within, rule_of
from mirrorgen.readers.taking import show

_FIRST_KEY = re.compile(r"^([ \t]*)[^\s#%{-]", re.MULTILINE)
_BOTH = re.compile(r"""^([ \t]*)["']?(auth|images)["']?[ \t]*:[ \t]*(?:[{#].*)?$""", re.MULTILINE)
# Without a slash, only what has a tag or a digest can hardly be anything else.
_RULE = re.compile(
    r"""[ \t]*["']?[\w.-]+(?:(?::\d+)?/[\w./-]+(?:[:@][^"'\s]+)?|[:@][^"'\s]*[^"'\s:])["']?[ \t]*:(?:\s|$)"""
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_AUTH_KEYS = frozenset({"username", "password", "insecure"})


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has `images` and `auth` at its top, or rules at the left: an image, a colon, and where it goes."""
    first = _FIRST_KEY.search(text) if "auth" in text else None
    if first and {match[2] for match in _BOTH.finditer(text) if match[1] == first[1]} == {"auth", "images"}:
        return True
    lines = [
        line[:1000]
        for line in text[:100_000].splitlines()[:100]
        if re.match(r"""[^\s#{}\-]|\s+["']\S+["']\s*:""", line)
    ]
    return bool(lines) and all(_RULE.match(line) for line in lines)


def read(text: str, around: Around) -> Reading:
    """Take what each rule copies."""
    return read_document(FORMAT.name, text, around, lambda root, copies: _File(root, copies).read())


class _File:
    """Reads a file."""

    def __init__(self, root: Fields, copies: Copies) -> None:
        self._root = root
        self._copies = copies
        self._registries: dict[str, Registry] = {}
        self._credentials: dict[str, Credentials] = {}

    def read(self) -> Reading:
        """Take the rules, and what signs in.

        Raises:
            Unfit: what belongs into a mapping is none.
        """
        is_whole = {"images", "auth"} & self._root.data.keys()
        rules = self._root.child("images") if is_whole else self._root
        for host, value in self._root.child("auth").data.items() if is_whole else ():
            self._read_auth(self._root.child("auth"), host, value)
        for source, value in rules.data.items():
            if isinstance(value, dict) and value.keys() <= _AUTH_KEYS:
                self._read_auth(rules, source, value)
            else:
                self._read_rule(rules, source, value)
        return self._copies.copied(self._registries, self._credentials)

    def _read_rule(self, rules: Fields, source: str, value: Any) -> None:
        path = (*rules.path, source)
        targets = [(value, path)] if isinstance(value, str) else rules.strings_of(value, path)
        try:
            rule = _Rule(source, rules.document.place(path), path)
            if not targets:
                raise Unfit("it goes nowhere", path)
        except Unfit as error:
            self._copies.unfit(rules, Unfit(error.reason, error.path or path, error.hint), source)
            return
        for target, where in dict.fromkeys(targets):
            try:
                for image, host in rule.images(target, where):
                    self._copies.copy(image, host)
            except Unfit as error:
                self._copies.unfit(rules, Unfit(error.reason, error.path or where, error.hint), source)

    def _read_auth(self, auth: Fields, name: str, value: Any) -> None:
        path = (*auth.path, name)
        try:
            entry = auth.of(value, path)
            host = normalize_host(name)
            if host is None:
                reason = f"a list signs in to a registry, not to a part of it such as {show(name)}"
                raise Unfit(reason, path, "name the registry alone")
            if entry.flag("insecure"):
                self._registries[host] = Registry(host, default_alias(host), tls="insecure")
                reason = "it may speak plain HTTP, for which a list has another word"
                hint = "write `tls: disabled` then"
                self._copies.note(entry.document, (*entry.path, "insecure"), reason, hint)
            names = [_variable(entry, key) for key in ("username", "password") if entry.string(key)]
            if len(names) == 2:
                self._credentials[host] = Credentials(*names)
        except Unfit as error:
            self._copies.unfit(auth, error)


def _variable(entry: Fields, key: str) -> str:
    match = _VARIABLE.fullmatch(entry.string(key))
    if match is None:
        reason = f"the {key} is not the name of a variable, and a list holds nothing else"
        raise Unfit(reason, (*entry.path, key), HINT)
    return variable_named(match[1] or match[2], (*entry.path, key))


@dataclass(frozen=True, slots=True)
class _Address:
    """A repository with what stands behind it: tags, a pattern between slashes, or a digest."""

    repository: str
    tags: tuple[str, ...] = ()
    pattern: str | None = None
    digest: str = ""

    @classmethod
    def of(cls, text: str) -> _Address:
        head, at, digest = text.partition("@")
        repository, found, pattern = head.partition(":/")
        if found and pattern.endswith("/"):
            return cls(repository, pattern=pattern[:-1])
        parent, slash, last = head.rpartition("/")
        name, _, tags = last.partition(":")
        listed = tuple(tag.strip() for tag in tags.split(",")) if tags else ()
        return cls(f"{parent}{slash}{name}", () if at else listed, digest=digest)


class _Rule:
    """One rule: the images of a source, which go to one target or to several."""

    def __init__(self, source: str, place: Any, path: KeyPath) -> None:
        """Read a source.

        Raises:
            Unfit: it names no image that a list can name.
        """
        self._source = _Address.of(source)
        self._path = path
        reference = (
            f"{self._source.repository}@{self._source.digest}" if self._source.digest else self._source.repository
        )
        self._named = source_of(reference, place, format_path(path), file_says=source)
        bad = [tag for tag in self._source.tags if not is_tag(tag)]
        if bad:
            raise Unfit(f"{bad[0]!r} is not a tag", path)
        if not (self._source.tags or self._source.digest or self._source.pattern is not None):
            raise Unfit("it copies every tag there is, which a list does not say", path, "name some")

    def images(self, target: str, where: KeyPath) -> Iterator[tuple[NamedImage, str | None]]:
        """Yield what goes to a target, and to which registry.

        Raises:
            Unfit: tags would be called otherwise there.
        """
        address = _Address.of(target)
        host, repository = target_of(address.repository, where)
        if self._source.digest:
            if address.digest not in {"", self._source.digest} or len(address.tags) > 1:
                raise Unfit("image-syncer copies nothing: the target is not of the same number, or digest", where)
            tag = address.tags[0] if address.tags else None
            yield replace(self._named, tag=tag, repository=repository), host
        elif self._source.pattern is not None:
            if address.tags or address.digest:
                raise Unfit("a pattern takes tags as they are, and the target names others", where)
            yield self._by_pattern(self._source.pattern, repository), host
        else:
            self._refuse_other_names(address, where)
            for tag in dict.fromkeys(self._source.tags):
                yield replace(self._named, tag=tag, repository=repository), host

    def _refuse_other_names(self, address: _Address, where: KeyPath) -> None:
        if address.digest or (address.tags and address.tags != self._source.tags):
            reason = f"{', '.join(self._source.tags)} becomes another tag, and a list keeps tags as they are upstream"
            raise Unfit(reason, where, "name the digest in the source, and the tag is what you like")

    def _by_pattern(self, pattern: str, repository: str) -> NamedImage:
        try:
            return ruled(self._named, checked(rule_of(found_within(pattern))), repository, Copying())
        except UnusableRule as error:
            raise Unfit(str(error), self._path) from None


FORMAT = Format("image-syncer", "the rules of image-syncer", recognizes, read)
