"""The manifest of https://github.com/plexsystems/sinker, `.images.yaml`: internal/manifest/manifest.go there."""

from __future__ import annotations

import re
from dataclasses import replace

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.references import DOCKER_HUB, normalize_host
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_document, source_of, target_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.regsync_hosts import variable_named

_OF_FILE = frozenset({"target", "sources"})
_OF_TARGET = frozenset({"host", "repository", "auth"})
_OF_SOURCE = _OF_TARGET | {"target", "tag", "digest"}
_MARK = re.compile(r"^(sources|target):", re.MULTILINE)
_REPOSITORY = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:\{.*\b)?repository:", re.MULTILINE)
_FLAT = ("quay.io", "ghcr.io", "docker.io")
"""Registries below which sinker uses one level of names."""


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether there are sources with repositories, and a target."""
    if "repository:" not in text:
        return False
    return {match[1] for match in _MARK.finditer(text)} == {"sources", "target"} and bool(_REPOSITORY.search(text))


def read(text: str, around: Around) -> Reading:
    """Take the sources."""
    return read_document(FORMAT.name, text, around, lambda root, copies: _File(root, copies).read())


class _File:
    """Reads a manifest."""

    def __init__(self, root: Fields, copies: Copies) -> None:
        self._root = root
        self._copies = copies
        self._credentials: dict[str, Credentials] = {}

    def read(self) -> Reading:
        """Take the sources.

        Raises:
            Unfit: it has no list of them, or no target.
        """
        target = self._root.child("target")
        self._copies.say_unknown(self._root, _OF_FILE, "sinker")
        self._copies.say_unknown(target, _OF_TARGET, "sinker")
        self._sign_in(target, target.string("host"))
        reason = "sinker copies the platform of the machine that it runs on, and the list all"
        self._copies.note(self._root.document, self._root.path, reason, "write `platforms:` for one")
        for item, path in self._root.items("sources"):
            source = Fields(self._root.document, self._root.text, path)
            written = ""
            try:
                source = self._root.of(item, path)
                self._copies.say_unknown(source, _OF_SOURCE, "sinker")
                self._copies.say_unknown(source.child("target"), _OF_TARGET, "sinker")
                written = _written(source)
                self._copies.copy(*self._image(source, written, target))
                self._sign_in(source, source.string("host"))
            except Unfit as error:
                self._copies.unfit(source, Unfit(error.reason, error.path or path, error.hint), written)
        return self._copies.copied(credentials=self._credentials)

    def _image(self, source: Fields, written: str, usual: Fields) -> tuple[NamedImage, str | None]:
        own = source.child("target")
        # Without a host, a target of its own counts for nothing.
        target = own if own.string("host") else usual
        if own is target:
            self._sign_in(own, own.string("host"))
        named = source_of(written, source.place(), source.shown())
        repository = source.string("repository")
        host = target.string("host")
        is_flat = not host or any(known in host for known in _FLAT)
        parts = (target.string("repository"), repository.rpartition("/")[2] if is_flat else repository)
        known, name = target_of("/".join((host or DOCKER_HUB, *filter(None, parts))), (*target.path, "host"))
        tag = named.tag or (named.digest.partition(":")[2] if named.digest else "latest")
        return replace(named, tag=tag, repository=name), known

    def _sign_in(self, fields: Fields, host: str) -> None:
        """Note the names of the variables; sinker reads them where there is one for a password."""
        auth = fields.child("auth")
        names = [auth.string(key) for key in ("username", "password")]
        if not names[1]:
            return
        known = normalize_host(host or DOCKER_HUB)
        try:
            variables = Credentials(*(variable_named(text, auth.path) for text in names))
            if known and self._credentials.setdefault(known, variables) != variables:
                raise Unfit(f"{known} is signed in to in another way above, and a list has one", auth.path)
        except Unfit as error:
            self._copies.unfit(auth, error)


def _written(source: Fields) -> str:
    """The image as sinker puts it together: a tag counts before a digest."""
    tag, digest = source.string("tag"), source.string("digest")
    reference = f":{tag}" if tag else f"@{digest}" if digest else ""
    return "/".join(filter(None, (source.string("host"), source.string("repository")))) + reference


FORMAT = Format("sinker", "the manifest of sinker", recognizes, read)
