"""What docs/consumers.md says of `mirrorgen rewrite`: its commands are run, and its table has every form."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mirrorgen.consumers.forms.contract import Takes
from mirrorgen.consumers.rewriting import FORMS
from tests.conftest import RunCli
from tests.consumers.mirror import complaints
from tests.documents import ROOT, require_text, rows_of, text_of

CONSUMERS = ROOT / "docs/consumers.md"
TITLE = "## Manifests, charts and compose files\n"
BLOCK = re.compile(r"(?:`([a-z.]+)`:\n\n)?```(yaml|console)\n(.*?)```\n", re.DOTALL)


def test_commands_print_what_the_page_shows(run_cli: RunCli, in_folder: Path, pytestconfig: pytest.Config) -> None:
    ran = []

    def current(match: re.Match[str]) -> str:
        name, language, content = match.groups()
        if language == "yaml" and name:
            (in_folder / name).write_text(content)
        elif language == "console":
            command = content.partition("\n")[0]
            result = run_cli(*shlex.split(command.removeprefix("$ mirrorgen ")))
            ran.append(command)
            shown = "".join(f"{line}\n" for line in complaints(result))
            return match.group(0).replace(content, f"{command}\n{result.stdout}{shown}")
        return match.group(0)

    before, title, rest = text_of(CONSUMERS).partition(TITLE)
    section, nodes, after = rest.partition("\n## Nodes\n")
    assert title
    assert nodes
    expected = f"{before}{title}{BLOCK.sub(current, section)}{nodes}{after}"
    require_text(CONSUMERS, expected, pytestconfig)
    assert len(ran) == 5


def test_the_table_has_every_form_and_what_it_is_given() -> None:
    given = {
        Takes.ANY_FILES: "manifests, or nothing",
        Takes.FILES: "files",
        Takes.OWN_FILES: "`values.yaml`, and `Chart.yaml` if you like",
        Takes.FOLDER: "a folder",
    }
    documented = {
        name: row[2]
        for row in rows_of(CONSUMERS, "form", "what is written", "is given", "goes by")
        for name in re.findall("`([a-z0-9-]+)`", row[0])
    }
    assert documented.keys() == FORMS.keys()
    for name, form in FORMS.items():
        if form.takes is not Takes.FILES and name != "flux-helm":
            assert documented[name] == given[form.takes], name
