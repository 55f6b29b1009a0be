"""Pages that are read from the top: their lists and files are used, their commands are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mirrorgen.desired.selection import select
from mirrorgen.master_list.rules import build_rule
from tests.conftest import RunCli
from tests.documents import ROOT, require_text, rows_of, text_of

TAGS, LIFECYCLE, SCALE = ROOT / "docs/tags.md", ROOT / "docs/lifecycle.md", ROOT / "docs/scale.md"
BLOCK = re.compile(r"(?:`([a-z.]+)`[^`\n]*:\n\n)?```(yaml|json|console)\n(.*?)```\n", re.DOTALL)


@pytest.mark.parametrize("document", [TAGS, LIFECYCLE, SCALE], ids=lambda path: path.name)
def test_commands_print_what_the_page_shows(
    document: Path, run_cli: RunCli, in_folder: Path, pytestconfig: pytest.Config
) -> None:
    # A page without a list of its own is about the one of this repository.
    (in_folder / "images.yaml").write_text(text_of(ROOT / "images.yaml"), encoding="utf-8")
    ran = 0

    def current(match: re.Match[str]) -> str:
        nonlocal ran
        name, language, content = match.groups()
        if language == "yaml":
            (in_folder / "images.yaml").write_text(content, encoding="utf-8")
        elif language == "json" and name:
            (in_folder / name).write_text(content, encoding="utf-8")
        elif language == "console":
            command = content.partition("\n")[0]
            result = run_cli(*shlex.split(command.removeprefix("$ mirrorgen ")))
            assert not result.stderr
            ran += 1
            return match.group(0).replace(content, f"{command}\n{result.stdout}")
        return match.group(0)

    require_text(document, BLOCK.sub(current, text_of(document)), pytestconfig)
    assert ran


def test_ranges_choose_what_the_page_says() -> None:
    for written, inside, outside in rows_of(TAGS, "range", "chooses", "does not choose"):
        (text,), chosen, rest = (re.findall(r"`([^`]+)`", cell) for cell in (written, inside, outside))
        rule = build_rule({"semver": [text]}, (), [])
        assert [one.tag for one in select(rule, [*chosen, *rest])] == sorted(chosen), text
