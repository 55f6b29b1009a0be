"""What a file of a tool that copies has copied, and to where: a list has one target, and files may have several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import replace

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.model.references import is_host, is_path, normalize_host
from mirrorgen.problems import KeyPath, format_path, printable
from mirrorgen.readers.contract import Around, NamedImage, Place, Reading, Refusal
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import show, take
from mirrorgen.readers.yaml_documents import Document


class Copies(Gathering):
    """Collects what one text has copied."""

    def __init__(self, format: str, around: Around) -> None:
        super().__init__(format, around)
        self._copied: list[tuple[NamedImage, str | None]] = []

    def first_document(self, text: str) -> Document | None:
        """Return the document that the tool reads, and refuse others; None where there is none."""
        documents = self.documents(text)
        for document in documents[1:]:
            self.refuse("", document.place(()), format_path(()), f"{self.format} reads the first document alone")
        return documents[0] if documents else None

    def copy(self, image: NamedImage, host: str | None) -> None:
        """Take an image that is copied to a registry; None where only the run tells which."""
        self._copied.append((image, host))

    def unfit(self, fields: Fields, error: Unfit, written: str = "") -> None:
        """Refuse what a field says; the reason may repeat of it what can be printed."""
        place, path = fields.document.place(error.path), format_path(error.path)
        self.refuse(written, place, path, printable(error.reason), printable(error.hint))

    def say_unknown(self, fields: Fields, known: Container[str], tool: str) -> None:
        """Note each field that a tool does not know: a slip of the hand, which it passes over in silence."""
        for key in fields.data:
            if key not in known:
                self.note(fields.document, (*fields.path, key), f"{tool} does not know it")

    def copied(
        self,
        registries: Mapping[str, Registry] | None = None,
        credentials: Mapping[str, Credentials] | None = None,
        *,
        target: str | None = None,
    ) -> Reading:
        """Return everything in the order of the file; of registries, those that images come from or go to.

        Args:
            registries: how the file reaches them.
            credentials: how it signs in to them.
            target: the registry that is copied to, where the file has one for all.
        """
        wanted = normalize_host(self.around.target) if self.around.target else None
        hosts = Counter(host for _, host in self._copied if host)
        chosen = target or wanted or next(iter(hosts), None)
        for image, host in self._copied:
            if host is None or host == chosen:
                self.add(image)
            else:
                hint = f"read the file once more for {host}"
                reason = f"it goes to {host}, and the list is for {chosen}"
                self.refuse(image.written, image.place, image.path, reason, hint)
        reading = self.reading()
        used = {chosen, *(image.source.host for image in reading.images)}
        return replace(
            reading,
            credentials={host: names for host, names in (credentials or {}).items() if host in used},
            registries={host: registry for host, registry in (registries or {}).items() if host in used},
            target=chosen,
            notes=tuple(dict.fromkeys(reading.notes)),
        )


def read_document(format: str, text: str, around: Around, read: Callable[[Fields, Copies], Reading]) -> Reading:
    """Read the document of a file that its tool reads.

    Args:
        format: the name of the format.
        text: of the file.
        around: what it is read with.
        read: takes what the document says, which is a mapping; may raise `Unfit` where nothing of it can be read.
    """
    copies = Copies(format, around)
    document = copies.first_document(text)
    if document is None:
        return copies.copied()
    try:
        return read(Fields.root(document, text), copies)
    except Unfit as error:
        copies.unfit(Fields(document, text), error)
        return copies.copied()


def read_documents_of(format: str, text: str, around: Around, read: Callable[[Fields, Copies], None]) -> Reading:
    """Read every document of a file whose tool reads them all.

    Args:
        format: the name of the format.
        text: of the file.
        around: what it is read with.
        read: takes what a document says, which is a mapping; may raise `Unfit` where nothing more of it can be read.
    """
    copies = Copies(format, around)
    for document in copies.documents(text):
        try:
            read(Fields.root(document, text), copies)
        except Unfit as error:
            copies.unfit(Fields(document, text), error)
    return copies.reading()


def source_of(text: str, place: Place, path: str, *, file_says: str | None = None) -> NamedImage:
    """Return the image that a text names.

    Raises:
        Unfit: it names none.
    """
    found = take(text, place, path, file_says=file_says)
    if isinstance(found, Refusal):
        raise Unfit(found.reason, (), found.hint)
    return found


def target_of(text: str, path: KeyPath) -> tuple[str | None, str]:
    """Split a target repository, without tag and digest, into the registry and the name in it.

    A registry that holds a template is None: only the run tells which it is.

    Raises:
        Unfit: it is none.
    """
    host, slash, name = text.partition("/")
    if not slash or not (is_host(host) or "{{" in host or "$" in host):
        raise Unfit(f"the target {show(text)} names no registry", path, "write its host before the first slash")
    if not is_path(name):
        raise Unfit(f"the target {show(text)} is not a repository", path)
    if "{{" in host or "$" in host:
        return None, name
    known = normalize_host(host)
    if known is None:
        raise Unfit(f"{show(host)} is not a registry's host name", path)
    return known, name


def ruled(image: NamedImage, rule: TagRule, repository: str | None, copying: Copying) -> NamedImage:
    """Return an image of a file with what else the file says of it."""
    return replace(image, tag=None, digest=None, rule=rule, repository=repository, copying=copying)
