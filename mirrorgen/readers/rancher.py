"""`config.yaml` of https://github.com/rancher/artifact-mirror, once image-mirror, which makes a regsync.yaml of it.

The facts are those of tools/internal/config there. Until 2025 artifacts were called images, and `DefaultTarget` was
called `Target`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.model.references import normalize_host
from mirrorgen.model.registries import default_alias
from mirrorgen.problems import printable
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading
from mirrorgen.readers.copies import Copies, read_document, ruled, source_of, target_of
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.regsync_hosts import credentials_in
from mirrorgen.readers.tag_sets import UnusableRule, checked

_LISTS = ("Artifacts", "Images")
_SOURCES = ("SourceArtifact", "SourceImage")
_NAMES = ("TargetArtifactName", "TargetImageName")
_DEFAULTS = ("DefaultTarget", "Target")
_KNOWN = frozenset({*_SOURCES, *_NAMES, "DoNotMirror", "Tags", "TargetRepositories"})
_OF_REPOSITORY = frozenset({*_DEFAULTS, "BaseUrl", "Password", "Registry", "RepoAuth", "ReqConcurrent", "Username"})
_MARK = re.compile(r"^(Artifacts|Images):", re.MULTILINE)
_SOURCE_MARK = re.compile(r"\b(SourceArtifact|SourceImage):")
_APPLICATION_COLLECTION = "dp.apps.rancher.io"


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether there is a list of artifacts, with sources."""
    return any(source in text for source in _SOURCES) and bool(_MARK.search(text) and _SOURCE_MARK.search(text))


def read(text: str, around: Around) -> Reading:
    """Take what each artifact has mirrored."""
    return read_document(FORMAT.name, text, around, lambda root, copies: _File(root, copies).read())


@dataclass(frozen=True, slots=True)
class _Repository:
    """One that artifacts are mirrored to: `host` and `path` are its address, `base` is how artifacts name it."""

    fields: Fields
    base: str
    host: str
    path: str
    is_default: bool


class _File:
    """Reads a file."""

    def __init__(self, root: Fields, copies: Copies) -> None:
        self._root = root
        self._copies = copies
        self._registries: dict[str, Registry] = {}
        self._credentials: dict[str, Credentials] = {}

    def read(self) -> Reading:
        """Take the artifacts.

        Raises:
            Unfit: what belongs into a list is none.
        """
        repositories = list(self._repositories())
        wanted = self._copies.around.target
        chosen = (normalize_host(wanted) if wanted else None) or next(
            (repository.host for repository in repositories if repository.is_default), None
        )
        for key in _LISTS:
            for item, path in self._root.items(key):
                artifact = Fields(self._root.document, self._root.text, path)
                try:
                    self._take(_Artifact(self._root.of(item, path), self._copies), repositories, chosen)
                except Unfit as error:
                    self._copies.unfit(artifact, Unfit(error.reason, error.path or path, error.hint), _written(item))
        self._say_of_others(repositories, chosen)
        return self._copies.copied(self._registries, self._credentials, target=chosen)

    def _take(self, artifact: _Artifact, repositories: list[_Repository], chosen: str | None) -> None:
        wanted = artifact.repositories(repositories)
        here = [repository for repository in wanted if repository.host == chosen]
        if not here:
            elsewhere = wanted[0].host
            reason, hint = (
                f"it goes to {elsewhere}, and the list is for {chosen}",
                f"read the file once more for {elsewhere}",
            )
            raise Unfit(reason, artifact.fields.path, hint)
        for repository in here:
            for image in artifact.images(repository):
                self._copies.copy(image, repository.host)

    def _repositories(self) -> Iterator[_Repository]:
        for item, path in self._root.items("Repositories"):
            entry = Fields(self._root.document, self._root.text, path)
            try:
                entry = self._root.of(item, path)
                base = entry.string("BaseUrl")
                host, name = target_of(f"{base}/x", (*path, "BaseUrl"))
                is_default = any(entry.flag(key) for key in _DEFAULTS)
                if host:
                    yield _Repository(entry, base, host, name.removesuffix("x"), is_default)
                self._read_credentials(entry)
            except Unfit as error:
                self._copies.unfit(entry, error)

    def _read_credentials(self, entry: Fields) -> None:
        for key, value in entry.data.items():
            if key not in _OF_REPOSITORY:
                self._copies.note(entry.document, (*entry.path, key), "the tool does not know it")
            elif key == "RepoAuth" and value:
                reason = "whether a login is for one repository is not for a list to say"
                self._copies.note(entry.document, (*entry.path, key), reason)
        host = normalize_host(entry.string("Registry"))
        if host is None:
            raise Unfit("it names no registry", (*entry.path, "Registry"))
        concurrent = entry.string("ReqConcurrent")
        if concurrent.isdigit() and int(concurrent):
            self._registries[host] = Registry(host, default_alias(host), concurrent_requests=int(concurrent))
        names = credentials_in(entry, ("Username", "Password"))
        if names:
            self._credentials[host] = names

    def _say_of_others(self, repositories: list[_Repository], chosen: str | None) -> None:
        for repository in repositories:
            if repository.is_default and repository.host != chosen:
                reason = f"it is a further target, and the list is for {chosen}"
                hint = f"read the file once more for {repository.host}"
                place, path = repository.fields.place(), repository.fields.shown()
                self._copies.refuse(repository.base, place, path, reason, hint)


class _Artifact:
    """One artifact: its tags, and what it is called where it goes."""

    def __init__(self, fields: Fields, copies: Copies) -> None:
        self.fields = fields
        self._source = next((text for key in _SOURCES if (text := fields.string(key))), "")
        self._name = next((text for key in _NAMES if (text := fields.string(key))), "") or self._usual_name()
        self._copies = copies
        for key in fields.data.keys() - _KNOWN:
            copies.note(fields.document, (*fields.path, key), "the tool does not know it")

    def repositories(self, known: list[_Repository]) -> list[_Repository]:
        """Return where it is mirrored to.

        Raises:
            Unfit: that is nowhere.
        """
        asked = {text for text, _ in self.fields.strings("TargetRepositories")}
        found = [each for each in known if (each.base in asked if asked else each.is_default)]
        if not found:
            named = "it names no repository that the file has" if asked else "no repository of the file is a default"
            raise Unfit(f"it is mirrored to nowhere: {named}", self.fields.path)
        return found

    def images(self, repository: _Repository) -> Iterator[NamedImage]:
        """Yield it as it goes to a repository, unless it is there, or the file says not to mirror it.

        Raises:
            Unfit: it names no tags, or no image.
        """
        if _short(self._source) == _short(f"{repository.base}/{self._name}"):
            self._say("it is what it would be mirrored to")
            return
        kept_out = self._kept_out()
        tags = [text for text, _ in self.fields.numerals("Tags")]
        kept = [tag for tag in dict.fromkeys(tags) if kept_out is not None and tag not in kept_out]
        if left := sorted(set(tags) - set(kept)):
            self._say(f"`DoNotMirror` keeps these tags out: {', '.join(left)}")
        if not kept:
            if not left:
                raise Unfit("it names no tags", self.fields.path)
            return
        named = source_of(self._source, self.fields.place(), self.fields.shown())
        if named.tag or named.digest:
            raise Unfit("the tool puts a tag behind the source, which has one, or a digest", self.fields.path)
        try:
            rule = checked(TagRule(exact=tuple(kept)))
        except UnusableRule as error:
            raise Unfit(str(error), (*self.fields.path, "Tags")) from None
        yield ruled(named, rule, f"{repository.path}{self._name}", Copying())

    def _usual_name(self) -> str:
        parts = self._source.split("/")
        if len(parts) < 2:
            raise Unfit("the tool wants a source with a slash", self.fields.path, "write library/ before it")
        return f"appco-{parts[-1]}" if parts[0] == _APPLICATION_COLLECTION else f"mirrored-{parts[-2]}-{parts[-1]}"

    def _kept_out(self) -> set[str] | None:
        """Tags that are not mirrored; None where none is."""
        if isinstance(self.fields.data.get("DoNotMirror"), bool):
            return None if self.fields.flag("DoNotMirror") else set()
        return {text for text, _ in self.fields.numerals("DoNotMirror")}

    def _say(self, reason: str) -> None:
        self._copies.note(self.fields.document, self.fields.path, printable(reason))


def _short(reference: str) -> str:
    return reference.removeprefix("docker.io/")


def _written(item: object) -> str:
    sources = (item.get(key) for key in _SOURCES) if isinstance(item, Mapping) else ()
    return next((source for source in sources if isinstance(source, str)), "")


FORMAT = Format("rancher", "config.yaml of rancher/artifact-mirror", recognizes, read)
