"""From a file, or its bytes, to a document: what can be read at all."""

from __future__ import annotations

from pathlib import Path

import yaml

from mirrorgen.master_list.document import LOADER, Document
from mirrorgen.master_list.plain_data import fill_in_data
from mirrorgen.master_list.syntax import depth_problem, syntax_problem
from mirrorgen.problems import Problem

MAX_BYTES = 32 * 1024 * 1024
"""Forty times a list of 10,000 images; anything larger is a mistake."""


def read_file(path: Path) -> Document:
    """Read a file; whatever is wrong with it is in the result's `problems`."""
    content = _read_content(path)
    if isinstance(content, bytes):
        return read_bytes(content, file=str(path))
    return Document(str(path), problems=[content])


def _read_content(path: Path) -> bytes | Problem:
    """What is in a file, or why it cannot be had."""
    problem = _file_problem(path)
    if problem is None:
        try:
            return path.read_bytes()
        except OSError as error:
            problem = Problem("file-unreadable", f"the file cannot be read: {error.strerror}")
    return problem.at(str(path), 0, 0)


def _file_problem(path: Path) -> Problem | None:
    if path.is_dir():
        return Problem("file-is-directory", "this is a directory", hint="give the path of the list itself")
    if not path.exists():
        hint = "run the command in the folder of your list, or give its path"
        return Problem("file-missing", "there is no such file", hint=hint)
    if not path.is_file():
        return Problem("file-unreadable", "this is not a regular file")
    if path.stat().st_size > MAX_BYTES:
        return too_large(path.stat().st_size)
    return None


def too_large(size: int) -> Problem:
    """Return the problem of a file with more than `MAX_BYTES`."""
    message = f"the file has {size / 1024 / 1024:.0f} MiB; a list may have {MAX_BYTES // 1024 // 1024} MiB"
    return Problem("file-too-large", message, hint="is this the right file?")


def read_bytes(content: bytes, *, file: str) -> Document:
    """Read the content of a file named `file`; whatever is wrong with it is in the result's `problems`."""
    document = Document(file)
    try:
        document.text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.problems.append(_not_utf8(error, content).at(file, *_place(content, error.start)))
        return document
    try:
        deep = depth_problem(document)
        root = None if deep else yaml.compose(document.text, Loader=LOADER)
    except yaml.YAMLError as error:
        document.problems.append(syntax_problem(error, document))
        return document
    if deep:
        document.problems.append(deep)
    elif root is None:
        hint = "a list starts with `images:`"
        document.problems.append(Problem("file-empty", "the file is empty", hint=hint).at(file, 1, 1))
    else:
        fill_in_data(document, root)
    return document


def _not_utf8(error: UnicodeDecodeError, content: bytes) -> Problem:
    return Problem("not-utf8", f"byte {content[error.start]:#04x} is not UTF-8", hint="save the file as UTF-8")


def _place(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, from 1."""
    return content.count(b"\n", 0, offset) + 1, offset - content.rfind(b"\n", 0, offset)
