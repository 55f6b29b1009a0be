"""A lock on disk, read fast where it is exactly as we write it, and as any other YAML where it is not.

A lock of 100,000 tags takes a YAML parser, a tree with the place of every value and a JSON Schema many seconds. So
the form that `mirrorgen lock` writes is read by one expression, which takes that form alone, down to each space:
whatever else there is, an edit, a merge, another order, is read as YAML, checked and spoken of with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError
from mirrorgen.files import read_file
from mirrorgen.master_list.document import Document
from mirrorgen.master_list.lock import Lock, LockedImage, LockedTag
from mirrorgen.master_list.reading import MAX_BYTES, read_bytes, too_large
from mirrorgen.master_list.shape import check_shape
from mirrorgen.problems import Problem


@dataclass
class LockFile:
    """What is in the file of a lock.

    Attributes:
        path: the file.
        content: what is in it.
        lock: None where its form is wrong.
        problems: why its form is wrong, with places.
    """

    path: Path
    content: bytes = b""
    lock: Lock | None = None
    problems: tuple[Problem, ...] = ()

    def place(self, problem: Problem) -> Problem:
        """Return `problem` with file, line and column filled in from its path."""
        return self._document.place(problem)

    @cached_property
    def _document(self) -> Document:
        return read_bytes(self.content, file=str(self.path))


def read_lock(path: Path) -> LockFile | None:
    """Read a lock; whatever is wrong with its form is in the result's `problems`. None where there is no such file."""
    try:
        content = read_file(path, project=path.parent)
    except InputError as error:
        problem = Problem("file-unreadable", error.message, hint=error.hint)
        return LockFile(path, problems=(problem.at(str(path), 0, 0),))
    return None if content is None else read_lock_bytes(content, path)


def read_lock_bytes(content: bytes, path: Path) -> LockFile:
    """Read the content of a lock that is called `path`; whatever is wrong with its form is in `problems`."""
    if len(content) > MAX_BYTES:
        return LockFile(path, problems=(too_large(len(content)).at(str(path), 0, 0),))
    lock = read_as_written(content)
    problems: list[Problem] = []
    if lock is None:
        lock, problems = read_as_yaml(content, file=str(path))
    return LockFile(path, content, lock, tuple(problems))


def read_as_yaml(content: bytes, *, file: str) -> tuple[Lock | None, list[Problem]]:
    """Read a lock in any form of YAML.

    Returns:
        The lock, None where its form is wrong, and the problems that say why, with places in `file`.
    """
    document = read_bytes(content, file=file)
    if document.data is not None:
        document.problems += [document.place(problem) for problem in check_shape(document, "lock")]
    if document.problems:
        return None, document.problems
    images = (_image(entry, index) for index, entry in enumerate(document.data["images"]))
    return Lock(tuple(images)), []


def _image(entry: Mapping[str, Any], index: int) -> LockedImage:
    tags = {tag: LockedTag(locked["digest"], locked["locked"]) for tag, locked in entry["tags"].items()}
    return LockedImage(
        source=entry["source"],
        repository=entry.get("repository"),
        rule=entry["rule"],
        platforms=entry["platforms"],
        tags=tags,
        seal=entry["seal"],
        index=index,
    )


_HEAD = re.compile(r"(?:#[ -~]*\n)?version: 1\nimages:\n")
_NAME = "'([A-Za-z0-9._:/@-]+)'"
_MARK = "'([0-9a-f]{16})'"
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_TAG = re.compile(
    r"^ {6}'([A-Za-z0-9_][A-Za-z0-9._-]{0,127})': "
    rf"{{digest: '(sha256:[0-9a-f]{{64}})', locked: '({_TIME})'}}\n",
    re.MULTILINE,
)
_IMAGE = re.compile(
    rf"  - source: {_NAME}\n"
    rf"(?:    repository: {_NAME}\n)?"
    rf"    rule: {_MARK}\n"
    rf"    platforms: {_NAME}\n"
    r"    tags:\n"
    r"((?: {6}[^\n]*\n)++)"
    rf"    seal: {_MARK}\n"
)


def read_as_written(content: bytes) -> Lock | None:
    """Read a lock that is exactly as `templates/images.lock.yaml.j2` writes it; None where it is anything else."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    head = _HEAD.match(text)
    position = head.end() if head else 0
    images: list[LockedImage] = []
    while found := _IMAGE.match(text, position):
        source, repository, rule, platforms, lines, seal = found.groups()
        tags = {tag: LockedTag(digest, locked) for tag, digest, locked in _TAG.findall(lines)}
        if len(tags) != lines.count("\n"):
            return None  # a line of another form, or a tag that stands there twice
        images.append(LockedImage(source, repository, rule, platforms, tags, seal, len(images)))
        position = found.end()
    return Lock(tuple(images)) if head and images and position == len(text) else None
