"""README.md and docs/ against the program: what they say it has, it has, and what it has, they say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from mirrorgen import __version__
from mirrorgen.cli import app
from mirrorgen.commands.everywhere import DEBUG_VARIABLE
from mirrorgen.outcomes import ExitCode
from mirrorgen.tools.versions import tool_specs
from tests.documents import (
    AWS,
    BY_NAME,
    CLI,
    README,
    ROOT,
    blocks_of,
    code,
    require_text,
    rows_of,
    text_of,
)

# Commands


def command_names() -> Iterator[str]:
    """Every command that does something, `tools install` as one name."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        subcommands = getattr(command, "commands", None)
        yield from (f"{name} {inner}" for inner in subcommands) if subcommands else [name]


def test_help_texts_are_those_of_the_program(capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config) -> None:
    def current(match: re.Match[str]) -> str:
        # Typer's test runner would set a width of its own.
        arguments = [*match.group(1).split()[1:], "--help"]
        typer.main.get_command(app).main(arguments, prog_name="mirrorgen", standalone_mode=False)
        return f"<!-- help: {match.group(1)} -->\n```text\n{capsys.readouterr().out.rstrip()}\n```\n"

    written = re.sub(r"<!-- help: (.*?) -->\n```text\n.*?\n```\n", current, text_of(CLI), flags=re.DOTALL)
    require_text(CLI, written, pytestconfig)


def test_the_command_reference_has_every_command() -> None:
    documented = re.findall(r"^<!-- help: mirrorgen ?(.*?) -->$", text_of(CLI), re.MULTILINE)
    assert documented == ["", *_with_groups()]


def _with_groups() -> Iterator[str]:
    seen = set()
    for name in command_names():
        group, _, inner = name.partition(" ")
        if inner and group not in seen:
            seen.add(group)
            yield group
        yield name


def test_every_command_and_option_has_a_help_text() -> None:
    def check(command: Any, name: str) -> None:
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name}"
        for inner_name, inner in getattr(command, "commands", {}).items():
            check(inner, f"{name} {inner_name}")

    check(typer.main.get_command(app), "mirrorgen")


def test_readme_has_every_command() -> None:
    documented = [code(row[0]) for row in rows_of(README, "command", "what it does")]
    assert documented == [f"mirrorgen {name}" for name in command_names()]


@pytest.mark.parametrize("name", BY_NAME)
def test_no_document_names_a_command_or_an_option_that_does_not_exist(name: str) -> None:
    group: Any = typer.main.get_command(app)
    shell = [line for block in blocks_of(ROOT / name, "sh") for line in block.splitlines()]
    said = re.findall(r"`(mirrorgen [^`]*)`", text_of(ROOT / name))
    for line in [*said, *(line for line in shell if line.startswith("mirrorgen "))]:
        command = group
        words = line.partition("#")[0].split()[1:]
        while words and (inner := getattr(command, "commands", {}).get(words[0])):
            command = inner
            words.pop(0)
        assert command is not group or not words or words[0].startswith("-"), line
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, line


# Exit codes


def test_exit_codes_of_the_command_reference() -> None:
    documented = {int(number): code(name) for number, name, _ in rows_of(CLI, "code", "name", "meaning")}
    assert documented == {exit_code.value: exit_code.name for exit_code in ExitCode}


def test_exit_codes_of_readme() -> None:
    assert [int(row[0]) for row in rows_of(README, "exit code", "meaning")] == [
        exit_code.value for exit_code in ExitCode
    ]


# What is needed around the program


def test_environment_variables() -> None:
    source = "".join(text_of(path) for path in (ROOT / "mirrorgen").rglob("*.py"))
    used = set(re.findall(r"\bMIRRORGEN_[A-Z_]+\b", source)) | {spec.variable for spec in tool_specs().values()}
    documented = {match for row in rows_of(CLI, "variable", "meaning") for match in re.findall(r"`([A-Z_]+)`", row[0])}
    assert DEBUG_VARIABLE in documented
    assert {name for name in documented if name.startswith("MIRRORGEN_")} == used


def test_versions_of_programs() -> None:
    rows = rows_of(CLI, "program", "used by", "lowest version", "tested version")
    documented = {code(row[0]): (row[2], row[3]) for row in rows}
    assert documented == {name: (spec.minimum, spec.tested) for name, spec in tool_specs().items()}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/cli.md"])
def test_prerequisites(name: str) -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    python = project["requires-python"].removeprefix(">=")
    terraform = tool_specs()["terraform"].minimum.removesuffix(".0")
    go = re.search(r"Go (\d+\.\d+)", text_of(ROOT / "mirrorgen/tools/install.py"))
    assert go
    needed = {"Python": {python}, "Terraform": {terraform}, "Go": {go.group(1)}}
    for program, versions in needed.items():
        assert set(re.findall(rf"\b{program} (\d+\.\d+) or later", text_of(ROOT / name))) <= versions


def test_the_version_in_the_pre_commit_examples() -> None:
    shown = []
    # Of the repository that mirrors, and of one that deploys.
    for path in (README, ROOT / "docs/consumers.md"):
        (config,) = [block for block in blocks_of(path, "yaml") if "repos:" in block]
        (repository,) = yaml.safe_load(config)["repos"]
        assert repository["rev"] == f"v{__version__}"
        shown += [hook["id"] for hook in repository["hooks"]]
    assert shown == [hook["id"] for hook in yaml.safe_load(text_of(ROOT / ".pre-commit-hooks.yaml"))]


@pytest.mark.parametrize("path", [README, AWS], ids=lambda path: path.name)
def test_variables_of_the_workflow(path: Path) -> None:
    workflow = text_of(ROOT / ".github/workflows/image-sync.yaml")
    rows = rows_of(path, "variable", "needed", "meaning")
    named = [(name, *row[1:]) for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert {name for name, _, _ in named} == set(re.findall(r"\bvars\.([A-Z_]+)", workflow))
    otherwise = dict(re.findall(r"vars\.([A-Z_]+) \|\| '([^']*)'", workflow))
    for name, needed, meaning in named:
        if name.endswith("_ROLE"):
            assert needed == "no"
            continue
        assert needed == ("no" if name in otherwise else "yes")
        if needed == "no":
            default = otherwise[name]
            assert f"{f'`{default}`' if default else 'nothing'} otherwise" in meaning


# Links


def anchors_of(path: Path) -> set[str]:
    """What GitHub makes of the headings: lower case, spaces to dashes, a number for the second of a name."""
    without_code = re.sub(r"^ *```.*?^ *```$", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", without_code, re.MULTILINE):
        base = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        anchor, number = base, 0
        while anchor in found:
            number += 1
            anchor = f"{base}-{number}"
        found.add(anchor)
    return found


@pytest.mark.parametrize("name", BY_NAME)
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(ROOT / name)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), link
        assert not anchor or anchor in anchors_of(path), link


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_readme_leads_to_every_document(path: Path) -> None:
    assert f"(docs/{path.name})" in text_of(README)


def test_files_named_in_documents_exist() -> None:
    design = text_of(ROOT / "docs/design.md")
    named = re.findall(
        r"`((?:commands|demo|desired|live|master_list|operations|rendering|reporting|tools)/[\w.]*)`", design
    )
    assert named
    for name in named:
        assert (ROOT / "mirrorgen" / name).exists(), name
