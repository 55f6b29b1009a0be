"""Dockerfiles: what stages start from and copy from, what commands mount, and what reads the file itself.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath

from mirrorgen.readers.contract import Around, Format, Place, Reading, Refusal
from mirrorgen.readers.dockerfile_lines import Instruction, read_directives, read_instructions
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import MAX_CHARACTERS, show, take
from mirrorgen.readers.variables import Unfilled, fill

_NAME = re.compile(r"(?:.*[.-])?(?:dockerfile|containerfile)(?:[.-].*)?", re.IGNORECASE)
_FIRST = re.compile(r"(?:FROM|ARG)\s+\S", re.IGNORECASE)
_FROM = re.compile(r"^[ \t]*FROM[ \t]+\S", re.IGNORECASE | re.MULTILINE)
_LOOKED_AT = 100_000
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$[A-Za-z0-9_]+")
_OF_PLATFORM = re.compile(r"(?:\$\{?(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)\}?[-_.]?)+")
_QUOTES = re.compile("[\"']")
# What no registry has, and BuildKit knows: https://docs.docker.com/build/building/base-images/#create-a-minimal-base-image-using-scratch
_SCRATCH = "scratch"
_MAX_STAGES = 200
"""Up to which names with variables are compared with those of stages."""

Placing = Callable[[int, int], Place]
"""What says where in a file a line and a column, from 1, of a Dockerfile are."""


def recognizes(text: str, file: str) -> bool:
    """Whether its first instruction is `FROM` or `ARG`, and its name none of another kind of file."""
    start = text[:_LOOKED_AT]
    first = next((each for each in read_instructions(start)), None)
    if first is None or not _FROM.search(start):
        return False
    return bool(_NAME.fullmatch(PurePath(file).name)) or bool(_FIRST.match(f"{first.name} {first.text}"))


def read(text: str, around: Around) -> Reading:
    """Take all images; `variables` are the arguments of the build."""
    gathering = Gathering(FORMAT.name, around)
    take_images(text, gathering, around.variables, lambda line, column: Place(around.file, line, column))
    return gathering.reading()


def take_images(text: str, gathering: Gathering, arguments: Mapping[str, str], place: Placing, path: str = "") -> None:
    """Take what a Dockerfile names.

    Args:
        text: the Dockerfile.
        gathering: gets what is found.
        arguments: of the build.
        place: where its characters are.
        path: what leads to it in a larger file.
    """
    syntax = next((each for each in read_directives(text) if each.key == "syntax"), None)
    if syntax:
        where = f"{path}: syntax" if path else "syntax"
        gathering.take(syntax.value, place(syntax.line, syntax.column), where)
    instructions = [*read_instructions(text)]
    build = _Build(gathering, arguments, place, path, _stage_names(instructions))
    for instruction in instructions:
        build.add(instruction)


def _stage_names(instructions: Iterable[Instruction]) -> list[str]:
    """What each stage is called, in small letters; nothing for one without a name."""
    starts = (_base_and_name(each) for each in instructions if each.name == "FROM")
    return [words[2][1].lower() if _has_name(words) else "" for words in starts if words]


def _base_and_name(instruction: Instruction) -> list[tuple[int, str]]:
    return [(offset, word) for offset, word in instruction.words() if not word.startswith("--")]


def _has_name(words: Sequence[tuple[int, str]]) -> bool:
    return len(words) == 3 and words[1][1].upper() == "AS"


class _Build:
    """The stages of a Dockerfile, as far as they have been read."""

    def __init__(
        self, gathering: Gathering, arguments: Mapping[str, str], place: Placing, path: str, stages: Sequence[str]
    ) -> None:
        self._gathering = gathering
        self._given = arguments
        self._place = place
        self._path = path
        self._known = {name: value for name, value in arguments.items() if name.startswith(("TARGET", "BUILD"))}
        self._stages = 0
        self._names = {_SCRATCH}
        # What is copied may come from stages that follow, too: BuildKit knows all of them before it reads commands.
        self._of_all = frozenset({_SCRATCH, *stages})
        self._count = len(stages)

    def add(self, instruction: Instruction) -> None:
        """Take what an instruction names."""
        if instruction.unclosed:
            reason = f"the here-document {show(instruction.unclosed)} has no end, and what follows is not read"
            self._gathering.refuse("", self._place(*instruction.place(0)), self._called(instruction.name), reason)
        if instruction.name == "ONBUILD":
            instruction = instruction.inner()
        if instruction.name == "ARG" and not self._stages:
            self._add_arguments(instruction)
        elif instruction.name == "FROM":
            self._add_stage(instruction)
        elif instruction.name in {"COPY", "RUN"}:
            self._add_flags(instruction)

    def _add_arguments(self, instruction: Instruction) -> None:
        """Arguments before the first stage are all that its `FROM`, and others, can use."""
        for _, word in instruction.words():
            name, has_default, default = word.partition("=")
            self._known.pop(name, None)
            if name in self._given:
                self._known[name] = self._given[name]
            elif has_default:
                try:
                    self._known[name] = fill(_QUOTES.sub("", default), self._known)
                except Unfilled:
                    continue  # it is said where the argument is used

    def _add_stage(self, instruction: Instruction) -> None:
        words = _base_and_name(instruction)
        if not words:
            reason = "FROM names no image"
            self._gathering.refuse("", self._place(*instruction.place(0)), self._called("FROM"), reason)
            return
        self._take_base(instruction, *words[0])
        is_named = _has_name(words)
        if len(words) > 1 and not is_named:
            reason = "behind the image only `AS` and the name of the stage can stand"
            place = self._place(*instruction.place(words[1][0]))
            self._gathering.refuse(words[1][1], place, self._called("FROM"), reason)
        self._stages += 1
        if is_named:
            self._names.add(words[2][1].lower())

    def _take_base(self, instruction: Instruction, offset: int, word: str) -> None:
        written = _QUOTES.sub("", word)
        place, path = self._place(*instruction.place(offset)), self._called("FROM")
        try:
            filled = fill(written, self._known)
        except Unfilled as trouble:
            if not self._may_be_stage(written):
                hint = "give its value among the variables, or a default before the first FROM"
                self._gathering.add(Refusal(show(written), place, path, str(trouble), hint))
            return
        if filled.lower() not in self._names:
            self._gathering.add(take(filled, place, path, file_says=word))

    def _may_be_stage(self, written: str) -> bool:
        """Whether a name with a variable can be that of a stage before, as `base-$TARGETARCH`.

        Where it is nothing but a variable, that can be any image, unless it is one of the build's platform.
        """
        is_bounded = self._stages <= _MAX_STAGES and len(written) <= MAX_CHARACTERS
        names = self._names - {_SCRATCH} if is_bounded else set()
        first, *_, last = _VARIABLE.split(written.lower()[:MAX_CHARACTERS]) * 2
        if not (first or last) and not _OF_PLATFORM.fullmatch(written):
            return False
        return any(name.startswith(first) and name.endswith(last) for name in names)

    def _add_flags(self, instruction: Instruction) -> None:
        """Take what the flags name that stand before everything else."""
        for offset, word in instruction.words():
            flag, _, value = word.partition("=")
            if not word.startswith("--"):
                return
            if instruction.name == "COPY" and flag == "--from":
                self._take_from(instruction, offset + len("--from="), value, "COPY --from")
            elif instruction.name == "RUN" and flag == "--mount":
                for field in _QUOTES.sub("", value).split(","):
                    key, _, name = field.partition("=")
                    if key.lower() == "from":
                        at = offset + word.find(field) + len("from=")
                        self._take_from(instruction, at, name, "RUN --mount")

    def _take_from(self, instruction: Instruction, offset: int, written: str, path: str) -> None:
        name = _QUOTES.sub("", written)
        place, called = self._place(*instruction.place(offset)), self._called(path)
        if name.isdecimal():
            if len(name) > len(str(self._count)) or int(name) >= self._count:
                self._gathering.refuse(name, place, called, "there is no stage of this number")
        elif name.lower() not in self._of_all:
            self._gathering.add(take(name, place, called, file_says=written))

    def _called(self, path: str) -> str:
        return f"{self._path}: {path}" if self._path else path


FORMAT = Format("dockerfile", "a Dockerfile", recognizes, read)
