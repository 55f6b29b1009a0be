"""README.md and docs/ against the program: what they say it has, it has, and what it has, they say."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from mirrorgen.desired.choices import choose
from mirrorgen.destinations.stored import StoredImage
from mirrorgen.reporting.choices import format_choices

from mirrorgen import __version__
from mirrorgen.cli import app
from mirrorgen.commands.boundary import DEBUG_VARIABLE
from mirrorgen.desired.state import DesiredState
from mirrorgen.model.images import Target
from mirrorgen.model.references import Source
from mirrorgen.operations.copying.budget import Requests
from mirrorgen.operations.copying.pending import Pending
from mirrorgen.operations.copying.syncing import SyncPlan, SyncResult
from mirrorgen.operations.copying.work import Failure, TagRef, Work
from mirrorgen.operations.holding.expiring import Expiring
from mirrorgen.operations.holding.pruning import Removal
from mirrorgen.operations.holding.status import RepositoryStatus, SettingDifference, Status, TagState, TagStatus
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.upstream.locking import Difference, DifferenceKind
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.lifecycles import format_expiring
from mirrorgen.reporting.locks import format_differences
from mirrorgen.reporting.plans import format_changes, format_plan, format_sync, format_sync_plan
from mirrorgen.reporting.removals import format_removals
from mirrorgen.reporting.reports import Report, format_report
from mirrorgen.reporting.status import format_status
from mirrorgen.tools.versions import tool_specs
from tests.conftest import RunCli
from tests.documents import (
    AWS,
    BY_NAME,
    CLI,
    DOCUMENTS,
    MINIMAL,
    README,
    ROOT,
    blocks_of,
    code,
    load_text,
    require_text,
    rows_of,
    text_of,
)

NOTHING = DesiredState(Target(), (), 4, ())

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
    assert documented == {one.value: one.name for one in ExitCode}


def test_exit_codes_of_readme() -> None:
    assert [int(row[0]) for row in rows_of(README, "exit code", "meaning")] == [one.value for one in ExitCode]


# JSON


def test_json_of_validate(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text(MINIMAL.replace('"1.25"', "1.10"), encoding="utf-8")
    (example,) = blocks_of(CLI, "json")[:1]
    assert json.loads(run_cli("validate", "--format", "json").stdout) == json.loads(example)


def test_json_of_results(tmp_path: Path) -> None:
    failure = Failure("repository", "tag", "reason")
    ref = TagRef("repository", "tag")
    made = [
        format_plan(
            MirrorPlan(
                (),
                (TagRef("mirror/nginx", "1"),),
                (),
                (),
                sources={"mirror/nginx": Source("docker.io", "library/nginx")},
                lost={"mirror/docker-hub/old": 3},
            ),
            ResultFormat.JSON,
        ),
        format_changes((), ResultFormat.JSON),
        format_sync(SyncResult((ref,), 0, (failure,)), ResultFormat.JSON),
        format_sync_plan(
            SyncPlan(Work(NOTHING), {}, Pending(NOTHING, (ref,), (ref,)), (Requests("docker.io", 1, 2, 10, 100),)),
            ResultFormat.JSON,
        ),
        json_of_status(tmp_path),
        format_removals((Removal("repository", "tag", "digest", "pushed"),), (), ResultFormat.JSON, done=False),
        format_removals((Removal("repository", "tag", "digest", "pushed"),), (), ResultFormat.JSON, done=True),
        *json_of_choices_differences_and_expiries(tmp_path),
    ]
    moment = datetime(2026, 1, 31, 6, tzinfo=UTC)
    result = {"copied": [], "unchanged": 13, "failures": []}
    made.append(format_report(Report("sync", "images.yaml", (1, 1), moment, moment, 0, None, result)))
    for example, document in zip(blocks_of(CLI, "json")[1:], made, strict=True):
        assert shape_of(json.loads(example)) == shape_of(json.loads(document))


def json_of_status(folder: Path) -> str:
    desired = load_text(MINIMAL, folder).desired
    assert desired
    now = datetime(2026, 1, 31, 6, tzinfo=UTC)
    image = StoredImage("sha256:0a1b", ("1.25",), now, findings={"HIGH": 2})
    found = RepositoryStatus(
        desired.repositories[0],
        exists=True,
        settings=(SettingDifference("tag mutability", "IMMUTABLE", "MUTABLE"),),
        tags=(TagStatus("1.25", TagState.PRESENT, image),),
        untagged=0,
        size_bytes=1024,
    )
    return format_status(Status(now, (found,), (), ()), ResultFormat.JSON)


def json_of_choices_differences_and_expiries(folder: Path) -> Iterator[str]:
    settings = "    ecr: {tag_mutability: mutable, lifecycle: {keep_last: off}}\n"
    desired = load_text(MINIMAL + settings, folder).desired
    assert desired
    choices = choose(desired.repositories, {"docker.io/library/nginx": ["1.25"]})
    yield format_choices(choices, None, ResultFormat.JSON)
    yield format_differences((Difference(DifferenceKind.MOVED, "source", "tag", "locked", "now"),), ResultFormat.JSON)
    (rule,) = desired.repositories[0].lifecycle
    described = replace(desired.repositories[0], lifecycle=(replace(rule, description=""),))
    gone = Expiring(described.name, "", ("1.25",), ("1.25",), None, rule)
    yield format_expiring((described,), (gone,), ResultFormat.JSON)


def shape_of(value: Any) -> Any:
    """Keys, and what is in lists, without values."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape_of(inner)) for inner in value if isinstance(inner, dict)})
    return type(value).__name__


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


def test_the_version_in_the_pre_commit_example() -> None:
    (config,) = [block for block in blocks_of(README, "yaml") if "repos:" in block]
    (repository,) = yaml.safe_load(config)["repos"]
    assert repository["rev"] == f"v{__version__}"
    hooks = yaml.safe_load(text_of(ROOT / ".pre-commit-hooks.yaml"))
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in hooks]


@pytest.mark.parametrize("path", [README, AWS], ids=lambda path: path.name)
def test_variables_of_the_workflow(path: Path) -> None:
    workflow = text_of(ROOT / ".github/workflows/image-sync.yaml")
    rows = rows_of(path, "variable", "needed", "meaning")
    assert {code(row[0]) for row in rows} == set(re.findall(r"\bvars\.([A-Z_]+)", workflow))
    otherwise = dict(re.findall(r"vars\.([A-Z_]+) \|\| '([^']+)'", workflow))
    for name, needed, meaning in rows:
        assert needed == ("no" if code(name) in otherwise else "yes")
        if needed == "no":
            assert f"`{otherwise[code(name)]}` otherwise" in meaning


def test_the_role_and_the_state_of_the_workflow() -> None:
    workflow = text_of(ROOT / ".github/workflows/image-sync.yaml")
    role = re.search(r":role/([\w-]+)", workflow)
    key = re.search(r'key += "([^"]+)"', workflow)
    assert role
    assert key
    assert f"`{role.group(1)}`" in text_of(AWS)
    assert f'STATE_BUCKET/{key.group(1)}"' in text_of(AWS)
    assert f'STATE_BUCKET/{key.group(1)}.tflock"' in text_of(AWS)


def test_permissions_are_the_same_in_both_places() -> None:
    policy = json.loads(blocks_of(AWS, "json")[0])
    by_statement = {one["Sid"]: one["Action"] for one in policy["Statement"]}
    terraform, regsync = (re.findall(r"`(ecr:\w+)`", row[1]) for row in rows_of(README, "for", "actions"))
    assert terraform == by_statement["Terraform"]
    assert regsync == [*by_statement["RegsyncAndVerification"], by_statement["SignIn"]]


def test_json_in_documents_is_json() -> None:
    for path in DOCUMENTS:
        for block in blocks_of(path, "json"):
            json.loads(block)


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
