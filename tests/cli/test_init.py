"""`mirrorgen init`: what it writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mirrorgen.origin import Source
from mirrorgen.starting.answers import RECORD
from tests.conftest import Result, RunCli

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FROM = f"https://git.example.com/platform/mirrorgen@{COMMIT}"
PIPELINES = {
    "github": {f".github/workflows/image-{name}.yaml" for name in ("check", "sync", "update")},
    "gitlab": {".gitlab-ci.yml"},
    "cron": {"systemd/mirrorgen-sync.service", "systemd/mirrorgen-sync.timer"},
    "none": set(),
}
COMMON = {
    *("images.yaml", "images.schema.json", "regsync.yaml", "README.md", RECORD),
    *(".pre-commit-config.yaml", ".gitignore", ".gitattributes"),
}


def content_of(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def init(run_cli: RunCli, *options: str) -> Result:
    return run_cli("init", "--from", FROM, *options)


@pytest.mark.parametrize("provider", PIPELINES)
def test_a_repository_is_whole_and_passes_its_own_checks(provider: str, run_cli: RunCli, in_folder: Path) -> None:
    result = init(run_cli, "--provider", provider, "--owner", "@platform/registry")
    assert result.exit_code == 0, result.stderr
    written = content_of(in_folder)
    outside = {name for name in written if not name.startswith("terraform/")}
    assert outside == COMMON | PIPELINES[provider] | {"CODEOWNERS"}
    assert {"terraform/main.tf", "terraform/terraform.tfvars.json"} < written.keys()
    said = [line.removeprefix("wrote ") for line in result.stderr.splitlines() if line.startswith("wrote ")]
    assert sorted(said) == sorted(written)
    assert run_cli("validate").exit_code == 0
    assert run_cli("render", "--check").exit_code == 0


def test_without_an_owner_there_is_no_file_about_one(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli)
    assert not (in_folder / "CODEOWNERS").exists()


def test_answers_are_in_the_list_and_in_the_pipeline(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli, "--account-id", "123456789012", "--region", "eu-west-1", "--runner", "self-hosted")
    master_list = yaml.safe_load((in_folder / "images.yaml").read_text())
    assert master_list["target"] == {"account_id": "123456789012", "region": "eu-west-1"}
    assert "123456789012.dkr.ecr.eu-west-1.amazonaws.com" in (in_folder / "regsync.yaml").read_text()
    for name in PIPELINES["github"]:
        jobs = yaml.safe_load((in_folder / name).read_text())["jobs"].values()
        assert all("vars.MIRRORGEN_RUNNER || 'self-hosted'" in job["runs-on"] for job in jobs)


def test_an_account_of_zeros_stays_text(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli, "--account-id", "000000000000", "--provider", "gitlab")
    assert yaml.safe_load((in_folder / "images.yaml").read_text())["target"]["account_id"] == "000000000000"
    assert yaml.safe_load((in_folder / ".gitlab-ci.yml").read_text())["variables"]["AWS_ACCOUNT_ID"] == "000000000000"


def test_the_editor_checks_the_list_by_the_schema_beside_it(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli)
    first = (in_folder / "images.yaml").read_text().partition("\n")[0]
    schema = in_folder / first.removeprefix("# yaml-language-server: $schema=")
    assert schema.read_text() == run_cli("schema").stdout


def test_the_second_time_nothing_changes(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli, "--owner", "@me", "--branch", "release")
    before = content_of(in_folder)
    again = run_cli("init")
    assert again.exit_code == 0
    assert content_of(in_folder) == before
    assert {line for line in again.stderr.splitlines() if not line.startswith("next: ")} == {
        f"kept {name}" for name in before
    }


def test_what_somebody_has_written_stays_until_it_is_named(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "README.md").write_text("mine\n")
    (in_folder / ".gitignore").write_text("mine\n")
    (in_folder / "terraform").mkdir()
    (in_folder / "terraform/main.tf").write_text("mine\n")
    said = init(run_cli).stderr
    for name in ("README.md", ".gitignore", "terraform/main.tf"):
        assert (in_folder / name).read_text() == "mine\n"
        assert f"kept {name}\n" in said
    forced = run_cli("init", "--force", ".gitignore")
    assert forced.exit_code == 0
    assert ".terraform/" in (in_folder / ".gitignore").read_text()
    assert (in_folder / "README.md").read_text() == "mine\n"


def test_a_file_that_init_does_not_write_is_not_replaced(run_cli: RunCli, in_folder: Path) -> None:
    refused = init(run_cli, "--force", "../images.yaml")
    assert refused.exit_code == 2
    assert "--force ../images.yaml" in refused.stderr
    assert not content_of(in_folder)


def test_a_list_that_is_there_is_what_the_files_are_made_from(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yml").write_text("images:\n  - {source: redis, tags: ['7.2']}\n")
    init(run_cli)
    assert not (in_folder / "images.yaml").exists()
    assert "library/redis" in (in_folder / "regsync.yaml").read_text()
    assert "[`images.yml`](images.yml)" in (in_folder / "README.md").read_text()


def test_a_list_with_a_mistake_stops_it_before_anything_is_written(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "images.yaml").write_text("images: []\n")
    refused = init(run_cli)
    assert refused.exit_code == 1
    assert "error[empty-list]" in refused.stderr
    assert content_of(in_folder).keys() == {"images.yaml"}


# What a newer mirrorgen would write


@pytest.mark.usefixtures("in_folder")
def test_no_difference_right_after_it(run_cli: RunCli) -> None:
    init(run_cli, "--runner", "self-hosted")
    compared = run_cli("init", "--diff")
    assert (compared.exit_code, compared.stdout, compared.stderr) == (0, "", "")


def test_differences_are_shown_and_nothing_is_written(
    run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init(run_cli)
    (in_folder / "terraform/main.tf").write_text("# older\n")
    (in_folder / "README.md").write_text("edited, as it is there to be\n")
    (in_folder / "images.yaml").write_text("images:\n  - {source: redis, tags: ['7.2']}\n")
    before = content_of(in_folder)
    newer = Source("https://git.example.com/platform/mirrorgen", "f" * 40)
    monkeypatch.setattr("mirrorgen.origin.recorded_source", lambda: newer)
    compared = run_cli("init", "--diff")
    assert compared.exit_code == 3
    assert content_of(in_folder) == before
    changed = {line.removeprefix("+++ b/") for line in compared.stdout.splitlines() if line.startswith("+++ ")}
    assert changed == {"terraform/main.tf", ".pre-commit-config.yaml", RECORD, *PIPELINES["github"]}
    assert f"+    rev: '{'f' * 40}'" in compared.stdout


def test_what_is_forced_is_written_with_the_answers_of_now(run_cli: RunCli, in_folder: Path) -> None:
    init(run_cli)
    run_cli("init", "--runner", "self-hosted", "--force", ".github/workflows/image-sync.yaml")
    assert json.loads((in_folder / RECORD).read_text())["runner"] == "self-hosted"
    changed = run_cli("init", "--diff").stdout
    assert "image-check.yaml" in changed
    assert "image-sync.yaml" not in changed


# Where mirrorgen comes from


@pytest.mark.parametrize("provider", ["github", "gitlab"])
def test_no_address_is_invented(provider: str, run_cli: RunCli, in_folder: Path) -> None:
    refused = run_cli("init", "--provider", provider)
    assert refused.exit_code == 2
    assert "--from URL@COMMIT" in refused.stderr
    assert not content_of(in_folder)


@pytest.mark.parametrize("provider", ["cron", "none"])
def test_what_installs_nothing_needs_none(provider: str, run_cli: RunCli, in_folder: Path) -> None:
    assert run_cli("init", "--provider", provider).exit_code == 0
    (hooks,) = yaml.safe_load((in_folder / ".pre-commit-config.yaml").read_text())["repos"]
    assert hooks["repo"] == "local"
    assert not [name for name, text in content_of(in_folder).items() if "pip install" in text]


def test_the_record_of_the_installation_is_used(
    run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("https://github.com/platform/mirrorgen", COMMIT)
    monkeypatch.setattr("mirrorgen.origin.recorded_source", lambda: source)
    assert run_cli("init").exit_code == 0
    (hooks,) = yaml.safe_load((in_folder / ".pre-commit-config.yaml").read_text())["repos"]
    assert (hooks["repo"], hooks["rev"]) == (source.url, COMMIT)
    for name in PIPELINES["github"]:
        assert f"uses: platform/mirrorgen@{COMMIT}" in (in_folder / name).read_text()


# What is refused


@pytest.mark.parametrize(
    "options",
    [
        ["--account-id", "1234"],
        ["--region", "eu-west-1'"],
        ["--runner", "${{ secrets.X }}"],
        ["--branch", "main; id"],
        ["--provider", "jenkins"],
        ["--owner", "me"],
        ["--from", "https://user:password@git.example.com/mirrorgen@" + COMMIT],
    ],
    ids=lambda options: options[0],
)
def test_hostile_answers_write_nothing(options: list[str], run_cli: RunCli, in_folder: Path) -> None:
    refused = init(run_cli, *options)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: ")
    assert not content_of(in_folder)


@pytest.mark.parametrize("name", ["images.yaml", "README.md", ".github", "terraform", "terraform/main.tf", RECORD])
@pytest.mark.parametrize("way", ["exists", "dangles"])
def test_a_link_is_neither_followed_nor_kept(
    name: str, way: str, run_cli: RunCli, in_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    target = outside / "target"
    if way == "exists":
        target.mkdir() if name in {".github", "terraform"} else target.write_text("images: []\n")
    (in_folder / name).parent.mkdir(exist_ok=True)
    (in_folder / name).symlink_to(target)
    before = content_of(outside)
    refused = init(run_cli)
    assert refused.exit_code == 1
    assert f"{name} is a symbolic link" in refused.stderr
    assert content_of(outside) == before
    assert [path for path in in_folder.rglob("*") if path.is_symlink() or path.is_file()] == [in_folder / name]


def test_where_nothing_can_be_written_it_says_so(run_cli: RunCli, in_folder: Path) -> None:
    (in_folder / "terraform").write_text("a file in the place of a folder\n")
    refused = init(run_cli)
    assert refused.exit_code == 1
    assert "terraform" in refused.stderr
    assert content_of(in_folder).keys() == {"terraform"}


def test_a_system_that_is_read_only(run_cli: RunCli) -> None:
    refused = run_cli("init", "/proc/mirror", "--from", FROM)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: cannot write /proc/mirror: ")


@pytest.mark.parametrize("provider", PIPELINES)
def test_the_readme_names_the_variables_that_say_what_was_left_open(
    provider: str, run_cli: RunCli, in_folder: Path
) -> None:
    init(run_cli, "--provider", provider)
    init(run_cli, "--provider", provider, "--region", "eu-west-1", "--account-id", "123456789012", "answered")
    before, after = ((in_folder / name).read_text() for name in ("README.md", "answered/README.md"))
    for variable in ("AWS_ACCOUNT_ID", "AWS_REGION"):
        assert f"`{variable}`" in before
        assert f"`{variable}`" not in after


def test_a_list_for_another_registry_gets_no_module_and_no_role(run_cli: RunCli, in_folder: Path) -> None:
    text = "target: {registry: harbor.example.com/mirror}\nimages:\n  - {source: redis, tags: ['7.2']}\n"
    (in_folder / "images.yaml").write_text(text)
    for provider in ("github", "gitlab"):
        refused = init(run_cli, "--provider", provider)
        assert refused.exit_code == 2
        assert "--provider cron or none" in refused.stderr
        assert content_of(in_folder).keys() == {"images.yaml"}
    assert init(run_cli, "--provider", "cron").exit_code == 0
    assert content_of(in_folder).keys() == COMMON | PIPELINES["cron"]
    assert run_cli("render", "--check").exit_code == 0
    assert run_cli("init", "--diff").exit_code == 0
