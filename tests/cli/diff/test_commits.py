"""`mirrorgen diff`: the commit that is compared with, and a list at it that is anything but right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.diff.committed import APP, IMAGES, NGINX, commit, git, write
from tests.conftest import RunCli


def test_a_list_that_was_not_there_is_all_new(document: Callable[..., Any], in_folder: Path) -> None:
    git("init", "--quiet")
    commit()
    write(IMAGES)
    assert [image["kind"] for image in document()["images"]] == ["added", "added"], in_folder


def test_the_base_is_where_the_branch_left_the_default_one(document: Callable[..., Any], repository: Path) -> None:
    base = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git("checkout", "--quiet", "-b", "work")
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}})
    commit()
    # The default branch has gone on meanwhile, which is nothing of this change.
    git("checkout", "--quiet", "--detach", base)
    write({NGINX: IMAGES[NGINX]})
    git("update-ref", "refs/remotes/origin/main", commit())
    git("checkout", "--quiet", "work")
    found = document()
    assert (found["base"], [image["source"] for image in found["images"]]) == (base, [APP])
    assert document("HEAD")["images"] == []
    assert [image["source"] for image in document("work~1")["images"]] == [APP], repository


def test_a_list_in_a_folder_is_compared_with_that_file(document: Callable[..., Any], in_folder: Path) -> None:
    git("init", "--quiet")
    (in_folder / "mirror").mkdir()
    write(IMAGES)
    (in_folder / "mirror/images.yaml").write_text("images:\n  - {source: quay.io/org/app, tags: [v1.0.0]}\n")
    commit()
    (in_folder / "mirror/images.yaml").write_text("images:\n  - {source: quay.io/org/app, tags: [v1.1.0]}\n")
    (image,) = document("--file", "mirror/images.yaml")["images"]
    assert (image["tags_added"], image["tags_removed"]) == (["v1.1.0"], ["v1.0.0"])


@pytest.mark.parametrize("revision", ["nowhere", "--output=hacked", "-h", "HEAD:images.yaml", "@{push}", "a b\n", ""])
def test_a_revision_is_a_revision_and_nothing_else(revision: str, run_cli: RunCli, repository: Path) -> None:
    result = run_cli("diff", "--", revision, cwd=repository)
    assert result.exit_code == 2
    assert f"git knows no commit {revision!r} here" in result.stderr
    assert sorted(path.name for path in repository.iterdir()) == [".git", "images.yaml"]


def test_a_list_that_was_wrong_is_named_with_its_commit(run_cli: RunCli, repository: Path) -> None:
    write({"Nginx": {"tags": ["1"]}})
    base = commit()
    write(IMAGES)
    result = run_cli("diff", cwd=repository)
    assert result.exit_code == 1
    assert f"{base[:12]}:images.yaml:2:11: error[bad-reference]" in result.stderr
    assert "hint: compare with a commit at which the list was right" in result.stderr


def test_a_link_in_the_place_of_the_list_is_not_followed(run_cli: RunCli, repository: Path) -> None:
    (repository / "images.yaml").rename(repository / "other.yaml")
    (repository / "images.yaml").symlink_to("other.yaml")
    base = commit()
    (repository / "images.yaml").unlink()
    write(IMAGES)
    result = run_cli("diff", cwd=repository)
    assert (result.exit_code, result.stderr) == (1, f"error: images.yaml was not a file at the commit {base}\n")


def test_filters_and_drivers_that_the_repository_names_are_not_run(run_cli: RunCli, repository: Path) -> None:
    marker = repository / "ran"
    (repository / ".gitattributes").write_text("images.yaml diff=evil filter=evil\n")
    commit()
    for key in ("diff.evil.textconv", "diff.evil.command", "filter.evil.smudge"):
        git("config", key, f"touch {marker} #")
    write({**IMAGES, APP: {"tags": ["v1.0.0"]}})
    assert "1 added" in run_cli("diff", cwd=repository).stdout
    assert not marker.exists()


def test_without_a_repository_it_is_said_what_is_missing(run_cli: RunCli, in_folder: Path) -> None:
    write(IMAGES)
    result = run_cli("diff", cwd=in_folder)
    assert result.exit_code == 5
    assert "in a git repository?" in result.stderr


def test_hostile_text_of_either_side_is_text(run_cli: RunCli, repository: Path) -> None:
    owner = "@team <b>|`$(touch ran)` ::set-output name=a::b"
    write({**IMAGES, APP: {"tags": ["v1.0.0"], "owner": owner}})
    commit()
    write(IMAGES)
    for output in ("text", "markdown", "json"):
        result = run_cli("diff", "--format", output, cwd=repository)
        assert result.exit_code == 0
    assert json.loads(result.stdout)["images"][0]["owner"] == owner
    assert not (repository / "ran").exists()
