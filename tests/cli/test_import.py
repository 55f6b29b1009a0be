"""`mirrorgen import`: what is printed, written and refused, and with which exit code."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mirrorgen.cli import app
from tests.conftest import RunCli
from tests.importing.lists import HEAD, digest

LIST = 'images:\n  - source: nginx # web\n    tags: ["1.24"]\n'
NAMED = "nginx:1.25\nnginx\nnginx:1.25\n${REGISTRY}/app:1\n"
GUESSED = "named.txt: read as a list with one reference a line; if it is not, say --from FORMAT\n"
REFUSED = (
    "Not taken over:\n  named.txt:4:1 ${REGISTRY}/app:1: it holds a variable that nobody has filled in; "
    "give what is made from it\n"
)


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "named.txt").write_text(NAMED)
    return in_folder


def test_it_prints_a_list_and_says_beside_it_what_became_of_each_image(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("import", "named.txt")
    assert result.exit_code == 3
    assert result.stdout == f'{HEAD}images:\n  - source: docker.io/library/nginx\n    tags: ["1.25", "latest"]\n'
    assert result.stderr == (
        f"{GUESSED}"
        "To know:\n  named.txt:2:1 nginx: it names no tag, which is latest\n\n"
        "Named more than once:\n  named.txt:3:1 nginx:1.25: it stands at named.txt:1:1, too\n\n"
        f"{REFUSED}\n"
        "Images: added 2, named again 1; not taken over 1.\n"
    )
    assert (folder / "images.yaml").read_text() == LIST


def test_into_a_list_it_writes_what_is_missing_there(run_cli: RunCli, folder: Path) -> None:
    result = run_cli("import", "named.txt", "--into", "images.yaml")
    assert result.exit_code == 3
    assert (folder / "images.yaml").read_text() == LIST.replace('["1.24"]', '["1.24", "1.25", "latest"]')
    assert result.stdout.startswith(
        "source                   tag     repository               named at\n"
        "docker.io/library/nginx  1.25    mirror/docker-hub/nginx  named.txt:1:1\n"
        "docker.io/library/nginx  latest  mirror/docker-hub/nginx  named.txt:2:1\n"
    )
    assert result.stdout.endswith(f"{REFUSED}\nImages: added 2, named again 1; not taken over 1.\n")
    assert result.stderr == f"{GUESSED}wrote images.yaml; go on with `mirrorgen generate`\n"

    written = (folder / "images.yaml").stat()
    again = run_cli("import", "named.txt", "--into", "images.yaml")
    assert again.exit_code == 3
    assert again.stdout == f"{REFUSED}\nImages: added 0, in the list before 3; not taken over 1.\n"
    assert again.stderr == GUESSED
    assert (folder / "images.yaml").stat() == written


def test_once_everything_is_taken_over_the_exit_code_is_0(run_cli: RunCli, folder: Path) -> None:
    (folder / "named.txt").write_text("nginx:1.25\n")
    assert run_cli("import", "named.txt").exit_code == 0
    assert run_cli("import", "named.txt", "--into", "images.yaml").exit_code == 0


def test_quiet_leaves_the_list_and_what_was_refused(run_cli: RunCli) -> None:
    result = run_cli("import", "named.txt", "--quiet")
    assert (result.stdout.startswith(HEAD), result.stderr) == (True, REFUSED)
    into = run_cli("import", "named.txt", "--into", "images.yaml", "--quiet")
    assert (into.stdout, into.stderr) == (REFUSED, "")


def test_several_files_make_one_list(run_cli: RunCli, folder: Path) -> None:
    (folder / "pods.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: redis:7.2\n  - image: nginx:1.25\n"
    )
    result = run_cli("import", "named.txt", "pods.yaml")
    assert '  - source: docker.io/library/redis\n    tags: ["7.2"]\n' in result.stdout
    assert "pods.yaml:7:12 nginx:1.25: it stands at named.txt:1:1, too" in result.stderr


def test_a_file_that_another_includes_is_missing_until_it_is_named_too(run_cli: RunCli, folder: Path) -> None:
    (folder / "shop").mkdir()
    including = "include: [more/data.yaml]\nservices:\n  web: {extends: {file: ../base.yaml, service: web}}\n"
    (folder / "shop/compose.yaml").write_text(including)
    (folder / "base.yaml").write_text("services:\n  web: {image: nginx:1.25}\n")

    one = run_cli("import", "shop/compose.yaml", "base.yaml")
    assert one.exit_code == 3
    assert "shop/compose.yaml:1:11: the file more/data.yaml is included; read that file, too" in one.stderr
    assert "base.yaml, too" not in one.stderr

    (folder / "shop/more").mkdir()
    (folder / "shop/more/data.yaml").write_text("services:\n  data: {image: redis:7}\n")
    both = run_cli("import", "shop/compose.yaml", "./base.yaml", str(folder / "shop/more/data.yaml"))
    assert (both.exit_code, "redis" in both.stdout, "nginx" in both.stdout) == (0, True, True)


def test_standard_input() -> None:
    done = CliRunner().invoke(app, ["import", "-", "--from", "plain"], input="nginx:1\nNginx\n")
    assert done.exit_code == 3
    assert 'tags: ["1"]' in done.stdout
    assert "-:2:1 Nginx: " in done.stderr
    twice = CliRunner().invoke(app, ["import", "-", "-"], input="nginx:1\n")
    assert (twice.exit_code, twice.stderr) == (2, "error: standard input is named twice\nhint: give - once\n")


def test_what_cannot_be_read_is_an_error_of_its_own(run_cli: RunCli, folder: Path) -> None:
    (folder / "archive.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd\x00")
    (folder / "nothing.txt").write_text("# nothing\n")
    assert run_cli("import", "absent.txt").stderr == "error: cannot read absent.txt: No such file or directory\n"
    for file, code, words in (
        ("absent.txt", 1, "cannot read absent.txt"),
        ("archive.tar.zst", 1, "archive.tar.zst is not UTF-8: invalid start byte at byte 1"),
        ("nothing.txt", 3, "it cannot be told which format this is"),
    ):
        result = run_cli("import", file)
        assert (result.exit_code, result.stdout) == (code, ""), result.stderr
        assert words in result.stderr
    nothing = run_cli("import", "nothing.txt", "--from", "plain")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert nothing.stderr.startswith("error: no image is named in nothing.txt\n")


def test_a_format_that_does_not_exist_is_wrong_usage(run_cli: RunCli) -> None:
    result = run_cli("import", "named.txt", "--from", "regsink")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no format 'regsink'\nhint: one of: auto, ")


def test_a_list_with_a_mistake_is_not_added_to(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text("images:\n  - source: nginx\n    tags: [1.10]\n")
    result = run_cli("import", "named.txt", "--into", "images.yaml")
    assert result.exit_code == 1
    assert "error[tag-not-text]" in result.stderr
    assert (folder / "images.yaml").read_text() == "images:\n  - source: nginx\n    tags: [1.10]\n"
    absent = run_cli("import", "named.txt", "--into", "absent.yaml")
    assert absent.exit_code == 1
    assert not (folder / "absent.yaml").exists()


def test_a_list_that_is_a_link_is_not_written(run_cli: RunCli, folder: Path) -> None:
    (folder / "other.yaml").write_text(LIST)
    (folder / "link.yaml").symlink_to("other.yaml")
    result = run_cli("import", "named.txt", "--into", "link.yaml")
    assert result.exit_code == 1
    assert "link.yaml is a symbolic link" in result.stderr
    assert (folder / "other.yaml").read_text() == LIST


def test_a_list_with_a_mark_of_byte_order_keeps_it(run_cli: RunCli, folder: Path) -> None:
    text = LIST.replace("\n", "\r\n")
    (folder / "images.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    run_cli("import", "named.txt", "--into", "images.yaml")
    written = (folder / "images.yaml").read_bytes()
    assert written == b"\xef\xbb\xbf" + text.replace('["1.24"]', '["1.24", "1.25", "latest"]').encode()


def test_json_for_programs(run_cli: RunCli, folder: Path) -> None:
    (folder / "named.txt").write_text(f"nginx@{digest('a')}\nnginx:1.24\n${{X}}/app:1\n")
    result = run_cli("import", "named.txt", "--into", "images.yaml", "--format", "json")
    where = {"file": "named.txt", "column": 1, "path": ""}
    entry = {"source": "docker.io/library/nginx", "repository": "mirror/docker-hub/nginx"}
    assert json.loads(result.stdout) == {
        "version": 1,
        "list": "images.yaml",
        "text": None,
        "formats": ["plain"],
        "added": [
            {
                **where,
                "line": 1,
                "written": f"nginx@{digest('a')}",
                **entry,
                "tags": ["digest-aaaaaaaaaaaa"],
                "note": "the digest gets the tag digest-aaaaaaaaaaaa",
            }
        ],
        "held": [{**where, "line": 2, "written": "nginx:1.24", **entry, "tags": ["1.24"], "note": ""}],
        "twice": [],
        "own": [],
        "refused": [
            {
                **where,
                "line": 3,
                "written": "${X}/app:1",
                "reason": "it holds a variable that nobody has filled in",
                "hint": "give what is made from it",
            }
        ],
        "notes": [],
    }
    new = json.loads(run_cli("import", "named.txt", "--format", "json").stdout)
    assert new["list"] is None
    assert new["text"].startswith(HEAD)


def test_values_of_variables_come_from_beside_the_file_or_from_where_the_line_says(
    run_cli: RunCli, folder: Path
) -> None:
    (folder / "compose.yaml").write_text("services:\n  web:\n    image: nginx:${TAG}\n")
    assert run_cli("import", "compose.yaml").exit_code == 3
    (folder / ".env").write_text("TAG=1.25\n")
    assert 'tags: ["1.25"]' in run_cli("import", "compose.yaml").stdout
    (folder / "test.env").write_text("TAG=1.26\n")
    assert 'tags: ["1.26"]' in run_cli("import", "compose.yaml", "--env-file", "test.env").stdout


def test_the_list_starts_as_that_of_init_does(run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert run_cli("init", "new", "--provider", "none").exit_code == 0
    assert HEAD in (folder / "new/images.yaml").read_text()
