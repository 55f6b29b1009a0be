"""The YAML that `skopeo sync --src yaml` takes: skopeo-sync(1), and cmd/skopeo/sync.go of containers/skopeo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.model.references import is_digest, is_host, is_tag, normalize_host
from mirrorgen.model.registries import default_alias
from mirrorgen.problems import format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_document, ruled, source_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.semver_dialects import masterminds
from mirrorgen.readers.tag_sets import UnusableRule, checked, found_within, rule_of

_LISTED, _BY_PATTERN, _BY_RANGE = "images", "images-by-tag-regex", "images-by-semver"
_KNOWN = frozenset({_LISTED, _BY_PATTERN, _BY_RANGE, "credentials", "tls-verify", "cert-dir"})
_REGISTRY = re.compile(r"""^["']?([\w.-]+(?::\d+)?)["']?[ \t]*:[ \t]*(?:#.*)?$""", re.MULTILINE)
_IMAGES = re.compile(rf"^[ \t]+({_LISTED}|{_BY_PATTERN}|{_BY_RANGE})[ \t]*:", re.MULTILINE)
_HINT = "put both in variables, name these under `registries` of the list, and change the password"


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether hosts stand at the left, and images below them."""
    keys = _REGISTRY.findall(text)
    return bool(keys) and all(is_host(key) for key in keys) and bool(_IMAGES.search(text))


def read(text: str, around: Around) -> Reading:
    """Take what is copied from each registry; where it goes, and its names there, are on skopeo's command line."""
    return read_document(FORMAT.name, text, around, _read_registries)


def _read_registries(root: Fields, copies: Copies) -> Reading:
    registries: dict[str, Registry] = {}
    _say_of_platforms(root, copies)
    for name, value in root.data.items():
        _read_registry(name, value, root, copies, registries)
    return copies.copied(registries)


def _say_of_platforms(root: Fields, copies: Copies) -> None:
    reason = "which platforms are copied stands on skopeo's command line, and the list copies all"
    copies.note(root.document, root.path, reason, "write `platforms:` for one")


def _read_registry(name: str, value: Any, root: Fields, copies: Copies, registries: dict[str, Registry]) -> None:
    try:
        host = normalize_host(name)
        if host is None:
            raise Unfit("it is not a registry's host name", (name,))
        fields = root.of(value, (name,))
        _read_settings(host, fields, copies, registries)
        for key, take in ((_LISTED, _listed), (_BY_PATTERN, _by_pattern), (_BY_RANGE, _by_range)):
            for image in fields.child(key).data:
                _take(name, image, fields.child(key), copies, take)
    except Unfit as error:
        copies.unfit(root, error)


def _take(
    registry: str,
    image: str,
    fields: Fields,
    copies: Copies,
    take: Callable[[NamedImage, str, Fields, Copies], Iterator[NamedImage]],
) -> None:
    path = (*fields.path, image)
    written = f"{registry}/{image}"
    try:
        named = source_of(written, fields.place(image), format_path(path))
        if named.tag or named.digest:
            raise Unfit("skopeo wants a repository here, without tag and digest", path)
        for taken in take(named, image, fields, copies):
            copies.copy(taken, None)
    except UnusableRule as error:
        copies.unfit(fields, Unfit(str(error), path), written)
    except Unfit as error:
        copies.unfit(fields, Unfit(error.reason, error.path or path, error.hint), written)


def _listed(named: NamedImage, image: str, fields: Fields, copies: Copies) -> Iterator[NamedImage]:
    """Each tag or digest that stands below an image; skopeo copies all where none does."""
    references = fields.strings(image)
    if not references:
        raise Unfit("it copies every tag there is, which a list does not say", (*fields.path, image), "name some")
    for reference, path in references:
        written = f"{named.written}{'@' if is_digest(reference) else ':'}{reference}"
        if is_digest(reference) or is_tag(reference):
            yield source_of(written, fields.document.place(path), format_path(path))
        else:
            copies.unfit(fields, Unfit("it is neither a tag nor a digest, and skopeo passes it over", path), written)


def _by_pattern(named: NamedImage, image: str, fields: Fields, copies: Copies) -> Iterator[NamedImage]:  # noqa: ARG001
    yield _ruled(named, rule_of(found_within(fields.string(image))))


def _by_range(named: NamedImage, image: str, fields: Fields, copies: Copies) -> Iterator[NamedImage]:  # noqa: ARG001
    yield _ruled(named, masterminds(fields.string(image)))


def _ruled(named: NamedImage, rule: TagRule) -> NamedImage:
    return ruled(named, checked(rule), None, Copying())


def _read_settings(host: str, fields: Fields, copies: Copies, registries: dict[str, Registry]) -> None:
    for key, value in fields.data.items():
        if key not in _KNOWN:
            copies.note(fields.document, (*fields.path, key), "skopeo does not know it")
        elif key == "credentials" and value:
            reason = "it holds a user name and a password, of which nothing is taken"
            copies.refuse("", fields.place(key), fields.shown(key), reason, _HINT)
        elif key == "cert-dir" and value:
            copies.refuse("", fields.place(key), fields.shown(key), "a list names no certificate", "give it to Docker")
    if fields.flag("tls-verify") is False:
        registries[host] = Registry(host, default_alias(host), tls="insecure")


FORMAT = Format("skopeo", "the YAML of skopeo sync", recognizes, read)
