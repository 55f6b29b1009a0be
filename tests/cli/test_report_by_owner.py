"""`mirrorgen report --by-owner`: what failed in a run, for those who answer for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.reporting.views import COMMENT_BYTES
from tests.cli.test_report_merge import part
from tests.conftest import RunCli


def failure(tag: str, owner: str = "", *, kind: Kind = Kind.UNAVAILABLE, reason: str = "no answer") -> dict[str, Any]:
    return Failure(TagRef("mirror/quay/app", tag), kind, reason, owner, "quay.io/org/app").document()


def test_failures_of_all_parts_stand_below_their_owner(run_cli: RunCli, in_folder: Path) -> None:
    files = [
        part(in_folder, 1, 2, failures=(failure("1", "team-b"), failure("2"))),
        part(in_folder, 2, 2, failures=(failure("0", "team-b"), failure("3", "team-a", kind=Kind.NOT_UPSTREAM))),
    ]
    result = run_cli("report", "--by-owner", *files)
    assert result.exit_code == 5
    assert result.stdout == (
        "team-a:\n  mirror/quay/app:3 (from quay.io/org/app): no answer [not-upstream]\n\n"
        "team-b:\n  mirror/quay/app:0 (from quay.io/org/app): no answer [unavailable]\n"
        "  mirror/quay/app:1 (from quay.io/org/app): no answer [unavailable]\n\n"
        "Without an owner in the list:\n  mirror/quay/app:2 (from quay.io/org/app): no answer [unavailable]\n\n"
        "Failed: 4. Owners: 2. Without an owner: 1.\n"
    )
    document = json.loads(run_cli("report", "--by-owner", "--format", "json", *files).stdout)
    assert [(group["owner"], len(group["failures"])) for group in document["owners"]] == [
        ("team-a", 1),
        ("team-b", 2),
        ("", 1),
    ]
    assert document["owners"][0]["failures"] == [failure("3", "team-a", kind=Kind.NOT_UPSTREAM)]
    assert (document["stopped"], document["doubts"]) == ([], [])


def test_a_good_run_has_nothing_to_say(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("report", "--by-owner", part(in_folder, 1, 1))
    assert (result.exit_code, result.stdout) == (0, "The reports name no failure.\n")


def test_markdown_mentions_nobody_and_links_nowhere(run_cli: RunCli, in_folder: Path) -> None:
    file = part(in_folder, 1, 1, failures=(failure("1", "@everyone", reason="see https://evil.example <b>"),))
    lines = run_cli("report", "--by-owner", "--format", "markdown", file).stdout.splitlines()
    assert lines[2:] == [
        "### `@everyone`",
        "",
        "- `mirror/quay/app:1 (from quay.io/org/app): see https://evil.example <b> [unavailable]`",
    ]


def test_what_stopped_a_command_is_said_once_and_gives_the_exit_code(run_cli: RunCli, in_folder: Path) -> None:
    stopped = part(in_folder, 2, 2, result=None, exit_code=4, error="regsync is missing")
    result = run_cli("report", "--by-owner", part(in_folder, 1, 2, failures=(failure("1"),)), stopped)
    assert result.exit_code == 4
    assert "Did not come to its end:\n  mirrorgen sync, part 2/2: regsync is missing\n" in result.stdout
    assert result.stdout.count("regsync is missing") == 1


def test_a_command_that_has_no_parts_stands_beside_a_sync(run_cli: RunCli, in_folder: Path) -> None:
    refused: dict[str, Any] = {
        "command": "apply",
        "result": None,
        "exit_code": 1,
        "error": "the plan destroys repositories",
    }
    (in_folder / part(in_folder, 1, 1, **refused)).rename("apply.json")
    result = run_cli("report", "--by-owner", "apply.json", part(in_folder, 1, 1))
    assert result.exit_code == 1
    assert result.stdout == (
        "Did not come to its end:\n  mirrorgen apply: the plan destroys repositories\n\nThe reports name no failure.\n"
    )


def test_a_part_without_a_report_is_no_good_news(run_cli: RunCli, in_folder: Path) -> None:
    result = run_cli("report", "--by-owner", part(in_folder, 1, 2))
    assert result.exit_code == 5
    assert result.stdout == "Not certain:\n  there is no report of the part 2/2\n\nThe reports name no failure.\n"


def test_each_target_has_parts_of_its_own_and_is_named(run_cli: RunCli, in_folder: Path) -> None:
    eu = [part(in_folder, number, 2, run={"target": "eu"}, failures=(failure(str(number)),)) for number in (1, 2)]
    us = part(in_folder, 1, 1, run={"target": "us"}, failures=(failure("1"),))
    stopped = part(in_folder, 1, 3, run={"target": "ap"}, result=None, exit_code=4, error="regsync is missing")
    result = run_cli("report", "--by-owner", *eu, us, stopped)
    assert result.stdout == (
        "Did not come to its end:\n  mirrorgen sync --target ap, part 1/3: regsync is missing\n\n"
        "Not certain:\n  ap: there is no report of the parts 2/3, 3/3\n\n"
        "Without an owner in the list:\n"
        "  mirror/quay/app:1 (from quay.io/org/app, to eu): no answer [unavailable]\n"
        "  mirror/quay/app:1 (from quay.io/org/app, to us): no answer [unavailable]\n"
        "  mirror/quay/app:2 (from quay.io/org/app, to eu): no answer [unavailable]\n\n"
        "Failed: 3. Owners: 0. Without an owner: 3.\n"
    )
    document = json.loads(run_cli("report", "--by-owner", "--format", "json", us, stopped).stdout)
    assert [each["target"] for each in (*document["stopped"], *document["owners"][0]["failures"])] == ["ap", "us"]


def test_parts_of_two_runs_are_told_apart(run_cli: RunCli, in_folder: Path) -> None:
    files = [part(in_folder, 1, 2), part(in_folder, 2, 2, run={"id": "17/2"})]
    result = run_cli("report", "--by-owner", *files)
    assert result.exit_code == 5
    assert "the reports are of different runs" in result.stdout


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"result": {}, "exit_code": 77}, "The reports name no failure."),
        ({"result": None, "exit_code": 0}, "mirrorgen apply: it has no result"),
    ],
    ids=["a code that no command has", "success without a result"],
)
def test_what_no_command_writes_is_not_believed(
    claim: dict[str, Any], said: str, run_cli: RunCli, in_folder: Path
) -> None:
    result = run_cli("report", "--by-owner", part(in_folder, 1, 1, command="apply", **claim))
    assert (result.exit_code, said in result.stdout) == (5, True)


@pytest.mark.parametrize(
    ("owners", "tags", "reason"),
    [(1, 5_000, "no answer"), (3_000, 1, "no answer"), (60, 60, "x" * 10_000), (1, 1, "x" * 100_000)],
    ids=["many failures", "many owners", "long reasons", "one long reason"],
)
def test_markdown_always_fits_into_an_issue(
    owners: int, tags: int, reason: str, run_cli: RunCli, in_folder: Path
) -> None:
    failures = tuple(failure(f"{tag}", f"o{owner:04}", reason=reason) for owner in range(owners) for tag in range(tags))
    file = part(in_folder, 1, 1, failures=failures)
    written = run_cli("report", "--by-owner", "--format", "markdown", file).stdout
    assert len(written.encode()) <= COMMENT_BYTES
    assert written.startswith(f"Failed: {owners * tags}. Owners: {owners}.\n")
    assert ("more" in written) is (owners * tags > 1)
    document = json.loads(run_cli("report", "--by-owner", "--format", "json", file).stdout)
    assert sum(len(group["failures"]) for group in document["owners"]) == owners * tags


@pytest.mark.parametrize(
    "options", [[], ["--merge", "--by-owner"], ["--merge", "--format", "markdown"]], ids=["neither", "both", "a format"]
)
def test_what_cannot_be_meant(options: list[str], run_cli: RunCli, in_folder: Path) -> None:
    assert run_cli("report", *options, part(in_folder, 1, 1)).exit_code == 2
