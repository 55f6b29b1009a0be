"""`mirrorgen update --from`: what is said and written, without any network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli

LIST = """\
images:
  - source: nginx # web
    tags: ["1.27.1-alpine", "latest"]
    owner: team-web
  - source: quay.io/prometheus/prometheus
    tags:
      - 'v2.48.0'
      - 'v2.47.0' # keep
    owner: team-metrics
  - source: postgres
    tags: {semver: [">=16"]}
"""
LISTING = {
    "nginx": ["1.27.1-alpine", "1.28.0", "1.28.0-alpine", "1.29.0-rc.1-alpine", "2.0.0-alpine", "latest"],
    "quay.io/prometheus/prometheus": ["v2.48.0", "v2.49.1", "v2.49.1-rc.0"],
}
WRITTEN = LIST.replace('["1.27', '["1.28.0-alpine", "1.27').replace("- 'v2.48.0'", "- 'v2.49.1'\n      - 'v2.48.0'")


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "listing.json").write_text(json.dumps(LISTING))
    return in_folder


def text(folder: Path) -> str:
    return (folder / "images.yaml").read_text()


def test_it_says_what_is_newer_and_writes_nothing(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("update", "--from", "listing.json")
    assert (result.exit_code, result.stderr) == (3, "")
    assert (
        result.stdout
        == """\
source                         tag            newer          change  leaves the list
docker.io/library/nginx        1.27.1-alpine  1.28.0-alpine  minor   -
quay.io/prometheus/prometheus  v2.48.0        v2.49.1        minor   -

Newer still, and not allowed by the policy:
  docker.io/library/nginx: 1.28.0-alpine -> 2.0.0-alpine (minor)

Without a version that another could follow:
  docker.io/library/nginx: latest

Newer tags: 2, leaving the list: 0.
"""
    )
    assert text(folder) == LIST


def test_written_the_list_has_them_and_a_second_run_has_nothing_to_say(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("update", "--from", "listing.json", "--write")
    assert (result.exit_code, result.stderr) == (0, "wrote images.yaml; go on with `mirrorgen generate`\n")
    assert text(folder) == WRITTEN
    again = run_cli("update", "--from", "listing.json", "--write")
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.endswith("\nNothing newer is found.\n")
    assert text(folder) == WRITTEN


def test_only_sources_or_entries_of_an_owner(run_cli: RunCli, folder: Path) -> None:
    for words in (["nginx"], ["--owner", "team-web"]):
        (folder / "images.yaml").write_text(LIST)
        assert run_cli("update", *words, "--from", "listing.json", "--write").exit_code == 0
        assert text(folder) == LIST.replace('["1.27', '["1.28.0-alpine", "1.27')
    nobody = run_cli("update", "--owner", "nobody", "--from", "listing.json")
    assert (nobody.exit_code, nobody.stdout) == (0, "Nothing newer is found.\n")


def test_an_entry_with_rules_that_is_named_says_so(run_cli: RunCli) -> None:
    result = run_cli("update", "postgres", "--from", "listing.json")
    assert result.exit_code == 0
    assert result.stdout == (
        "Chosen by rules, which find newer tags themselves:\n  docker.io/library/postgres\n\nNothing newer is found.\n"
    )


def test_what_a_comment_keeps_is_left_to_people_and_not_done(run_cli: RunCli, folder: Path) -> None:
    result = run_cli(
        "update", "quay.io/prometheus/prometheus", "--from", "listing.json", "--write", "--drop-older", "1"
    )
    assert result.exit_code == 3
    assert "quay.io/prometheus/prometheus, line 8: v2.47.0 out; a comment" in result.stdout
    assert text(folder) == LIST.replace("v2.48.0", "v2.49.1")


def test_a_source_that_does_not_answer_is_named_and_the_others_are_written(run_cli: RunCli, folder: Path) -> None:
    (folder / "listing.json").write_text(json.dumps({"nginx": LISTING["nginx"]}))
    result = run_cli("update", "--from", "listing.json", "--write")
    assert result.exit_code == 5
    assert "Could not be asked:\n  mirror/quay/prometheus/prometheus: the saved listing does not" in result.stdout
    assert "Not every upstream has answered." in result.stdout
    assert text(folder) == LIST.replace('["1.27', '["1.28.0-alpine", "1.27')


def test_json_for_programs(run_cli: RunCli) -> None:
    result = run_cli("update", "nginx", "--from", "listing.json", "--format", "json", "--drop-older", "1")
    place = {"source": "docker.io/library/nginx", "repository": "mirror/docker-hub/nginx", "owner": "team-web"}
    assert json.loads(result.stdout) == {
        "version": 1,
        "updates": [
            {**place, "tag": "1.27.1-alpine", "newer": "1.28.0-alpine", "change": "minor", "dropped": ["1.27.1-alpine"]}
        ],
        "beyond": [{**place, "tag": "1.27.1-alpine", "newest": "2.0.0-alpine", "policy": "minor"}],
        "left_alone": [{**place, "reason": "no-version", "tags": ["latest"]}],
        "by_hand": [],
        "failures": [],
    }


def test_markdown_fits_into_a_pull_request_however_much_is_newer(run_cli: RunCli, folder: Path) -> None:
    """GitHub takes 65,536 characters as the text of one."""
    names = [f"quay.io/{'o' * 60}/{'n' * 150}-{number}" for number in range(400)]
    suffix = "-" + "s" * 110
    tags = [f"1.{minor}.0{suffix}" for minor in range(3)] + ["latest"]
    entries = (f"  - source: {name}\n    repository: r{at}\n    tags: {tags}\n" for at, name in enumerate(names))
    (folder / "images.yaml").write_text("images:\n" + "".join(entries))
    offered = {name: [f"1.9.0{suffix}", f"2.0.0{suffix}"] for name in names[:200]}
    (folder / "listing.json").write_text(json.dumps(offered))
    result = run_cli("update", "--from", "listing.json", "--format", "markdown", "--drop-older", "1")
    assert result.exit_code == 5
    assert "Newer tags: 200, leaving the list: 600. Not every upstream has answered." in result.stdout
    assert result.stdout.count("\nLeft out here: ") >= 4
    assert 20_000 < len(result.stdout) < 60_000
    assert len(run_cli("update", "--from", "listing.json", "--drop-older", "1").stdout) > 65_536


def test_a_setting_that_only_a_lock_makes_possible_is_no_obstacle(run_cli: RunCli, folder: Path) -> None:
    other = '  - {source: redis, tags: {semver: [">=7"], newest: 1}}\n'
    exclusions = "    ecr: {tag_mutability: immutable-with-exclusions}\n"
    (folder / "images.yaml").write_text(LIST + exclusions + other)
    assert run_cli("validate").exit_code == 1
    assert run_cli("update", "nginx", "--from", "listing.json", "--write").exit_code == 0
    assert text(folder) == LIST.replace('["1.27', '["1.28.0-alpine", "1.27') + exclusions + other


def test_a_list_that_would_be_wrong_is_not_written(run_cli: RunCli, folder: Path) -> None:
    rule = (
        '{rulePriority: 1, selection: {tagStatus: tagged, tagPrefixList: ["1.28"], countType: imageCountMoreThan, '
        "countNumber: 1}, action: {type: expire}}"
    )
    tags = '["1.27.1-alpine", "1.28-x"]'
    wrong = f"images:\n  - source: nginx\n    tags: {tags}\n    ecr: {{lifecycle: {{rules: [{rule}]}}}}\n"
    (folder / "images.yaml").write_text(wrong)
    result = run_cli("update", "--from", "listing.json", "--write")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: images.yaml would not be valid: ")
    assert text(folder) == wrong


@pytest.mark.parametrize("words", [["--drop-older", "0"], ["redis"], ["--drop-older", "x"]])
def test_wrong_usage(words: list[str], run_cli: RunCli) -> None:
    assert run_cli("update", *words, "--from", "listing.json").exit_code == 2
