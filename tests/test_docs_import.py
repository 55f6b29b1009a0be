"""docs/import.md, from the top: its files are there, its commands are run, and what they print and write is shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mirrorgen.importing.drafts import tag_for_digest
from tests.conftest import RunCli
from tests.documents import ROOT, require_text, rows_of, text_of

PAGE = ROOT / "docs/import.md"
BLOCK = re.compile(r"(?:(?P<lead>[^\n]+)\n\n)?```(?P<language>yaml|console)\n(?P<content>.*?)```\n", re.DOTALL)
NAME = re.compile(r"`([a-z]+\.yaml)`")


def test_its_commands_print_and_write_what_it_shows(
    run_cli: RunCli, in_folder: Path, pytestconfig: pytest.Config
) -> None:
    """A block behind the name of a file alone is what is in it; behind a sentence, what has become of it."""
    ran = []

    def current(match: re.Match[str]) -> str:
        lead, language, content = match["lead"] or "", match["language"], match["content"]
        if language == "console":
            command = content.partition("\n")[0]
            argv, _, place = command.removeprefix("$ mirrorgen ").partition(" > ")
            result = run_cli(*shlex.split(argv))
            if place:
                (in_folder / place).write_text(result.stdout, encoding="utf-8")
            ran.append(result.exit_code)
            content = f"{command}\n{result.stderr}{'' if place else result.stdout}"
        elif lead == f"`{NAME.findall(lead)[0]}`:":
            (in_folder / NAME.findall(lead)[0]).write_text(content, encoding="utf-8")
        else:
            content = (in_folder / NAME.findall(lead)[0]).read_text(encoding="utf-8")
        return f"{match[0][: match.start('content') - match.start()]}{content}```\n"

    require_text(PAGE, BLOCK.sub(current, text_of(PAGE)), pytestconfig)
    assert ran == [3, 3]
    assert run_cli("validate").exit_code == 0


def test_the_tag_of_its_digest() -> None:
    digest = re.search(r"@(sha256:[0-9a-f]{64})", text_of(PAGE))
    assert digest
    assert f"`{tag_for_digest(digest[1], lambda _: True)}`" in text_of(PAGE)


def test_it_names_keys_of_a_list() -> None:
    from mirrorgen.master_list.shape import load_schema

    known = str(load_schema())
    for _, there in rows_of(PAGE, "the file says", "the list has"):
        for key in re.findall(r"`([a-z_]+):?`", there):
            assert f"'{key}'" in known or key == "latest", key
