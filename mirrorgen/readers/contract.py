"""What every reader answers: the images that a text names, each with its place, and what of it could not be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import Copying, Registry, TagRule
from mirrorgen.model.references import Source


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: line and column count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image, or images of one repository, that a file names.

    Attributes:
        written: as it stands there.
        place: where.
        path: what leads to it, `spec.containers[0].image`; nothing where a file has no fields.
        source: the upstream repository in its full form.
        tag, digest: of the one image that is named; with neither, and without a rule, it is `latest`.
        running: the digest of what runs by this name, where the file knows it: a tag is no less a tag for that.
        rule: which tags, where the file names more than one; None where `tag` and `digest` say it.
        repository: the repository in the target, without its host, where the file gives it a name; None otherwise.
        copying: what is copied of each image.
        settings: further keys of an entry, such as those that ask for the settings of the repository, where they are
            known.
        consumer: what runs it, as its people call it, `namespace/pod`; nothing where the file does not say.
    """

    written: str
    place: Place
    path: str
    source: Source
    tag: str | None = None
    digest: str | None = None
    running: str | None = None
    rule: TagRule | None = None
    repository: str | None = None
    copying: Copying = field(default_factory=Copying)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What names an image, or seems to, and cannot be taken.

    Attributes:
        written: as it stands there, without what may be a password.
        place: where.
        path: what leads to it, as in `NamedImage`.
        reason: a plain sentence without a final stop.
        hint: what to do instead, or nothing.
        elsewhere: the path, from the folder of this file, of one that says what is missing here; or nothing.
    """

    written: str
    place: Place
    path: str
    reason: str
    hint: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text names: every image of it is in one of the two.

    Attributes:
        format: the name of the format that it was read as.
        images: what was taken, in the order of the file.
        refused: what was not, in the order of the file.
        credentials: by host, the names of the variables that the file signs in with; never what they hold.
        registries: by host, how the file reaches a registry, the one that it copies to among them; without credentials,
            which stand above.
        target: the registry that it copies to, `host[:port]`; None where it names none, or knows it only when it runs.
        notes: what it says beside its images, and a list does not: when it runs, how fast. What is copied does not
            depend on it.
    """

    format: str
    images: tuple[NamedImage, ...] = ()
    refused: tuple[Refusal, ...] = ()
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    registries: Mapping[str, Registry] = field(default_factory=dict)
    target: str | None = None
    notes: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a text is read with.

    Attributes:
        file: what the text is called in places and sentences; it need not exist.
        deep: whether images are also looked for where a format has no field for them: arguments, texts in texts.
        variables: what `${NAME}` stands for in formats that have it.
        target: the registry that is meant, `host[:port]`, where a file copies to several; None for the first of them.
    """

    file: str
    deep: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A format, and its reader.

    Attributes:
        name: as `--from` takes it.
        title: as a sentence names it.
        recognizes: whether a text, of a file of this name, looks like it.
        read: takes everything that a text names; raises nothing, whatever the text is.
    """

    name: str
    title: str
    recognizes: Callable[[str, str], bool]
    read: Callable[[str, Around], Reading]
