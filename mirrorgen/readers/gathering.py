"""What a reader has found so far, and how that becomes its answer."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.model.credentials import Credentials
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, NamedImage, Place, Reading, Refusal
from mirrorgen.readers.taking import show, take
from mirrorgen.readers.yaml_documents import Document, read_documents


class Gathering:
    """Collects what one text names.

    Attributes:
        format: the name of the format that it is read as.
        around: what it is read with.
    """

    def __init__(self, format: str, around: Around) -> None:
        self.format = format
        self.around = around
        self._images: list[NamedImage] = []
        self._refused: list[Refusal] = []
        self._notes: list[Refusal] = []

    def documents(self, text: str) -> tuple[Document, ...]:
        """Return the documents of a text of YAML or JSON; those that cannot be read are refused."""
        found = read_documents(text, self.around.file)
        self._refused += found.refused
        return found.documents

    def take(self, written: object, place: Place, path: str = "") -> NamedImage | None:
        """Take what stands where an image belongs, or refuse it.

        Args:
            written: text, or whatever else stands there.
            place: where.
            path: what leads to it.

        Returns:
            The image, which is in the answer; None where it was refused.
        """
        found = take(written, place, path)
        self.add(found)
        return found if isinstance(found, NamedImage) else None

    def refuse(self, written: object, place: Place, path: str, reason: str, hint: str = "") -> None:
        """Say that something that names an image, or seems to, cannot be taken; a password in it is not shown."""
        self._refused.append(Refusal(show(written), place, path, reason, hint))

    def note(self, document: Document, path: KeyPath, reason: str, hint: str = "", *, written: object = "") -> None:
        """Say something that is worth knowing, and changes nothing of what is taken."""
        self._notes.append(Refusal(show(written), document.place(path), format_path(path), reason, hint))

    def add(self, found: NamedImage | Refusal) -> None:
        """Put into the answer what was taken, or refused, by other means."""
        if isinstance(found, NamedImage):
            self._images.append(found)
        else:
            self._refused.append(found)

    def reading(self, credentials: Mapping[str, Credentials] | None = None) -> Reading:
        """Return everything in the order of the file."""
        images = tuple(sorted(self._images, key=lambda image: image.place))
        refused = tuple(sorted(self._refused, key=lambda refusal: refusal.place))
        # What aliases repeat is noted where it stands, and so once.
        seen = {(note.place, note.reason): note for note in reversed(self._notes)}
        notes = tuple(sorted(seen.values(), key=lambda note: note.place))
        return Reading(self.format, images, refused, credentials or {}, notes=notes)
