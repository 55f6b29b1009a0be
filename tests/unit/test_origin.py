"""Where mirrorgen came from: what an installation records of it (PEP 610), and what somebody may write instead."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import UsageError
from mirrorgen.origin import Source, extra_hint, parse_source, recorded_source
from tests.documents import DOCUMENTS, ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
URL = "https://git.example.com/platform/mirrorgen"
# `pip install mirrorgen`, with or without an extra and a version, but not `mirrorgen @ git+https://...`.
BY_NAME = re.compile(r"pip3? install [^\n]*?['\" ]mirrorgen(?:\[\w+\])?(?:[=<>~!'\"`]|$| (?!@ ))", re.MULTILINE)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record of an installed mirrorgen, which the test may write."""
    info = tmp_path / "mirrorgen-9.9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mirrorgen\nVersion: 9.9.9\n")
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: importlib.metadata.Distribution.at(info))
    return info / "direct_url.json"


def git(url: str = URL, commit: str = COMMIT) -> dict[str, Any]:
    return {"url": url, "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": commit}}


def test_a_git_repository_and_the_commit_that_was_installed(record: Path) -> None:
    record.write_text(json.dumps(git()))
    assert recorded_source() == Source(URL, COMMIT)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        '"text"',
        json.dumps({"url": "file:///srv/mirrorgen", "dir_info": {"editable": True}}),
        json.dumps({"url": f"{URL}/mirrorgen-1.0-py3-none-any.whl", "archive_info": {"hash": "sha256=00"}}),
        json.dumps({"url": URL, "vcs_info": {"vcs": "hg", "commit_id": COMMIT}}),
        json.dumps({"url": URL, "vcs_info": "git"}),
        json.dumps(git(url="file:///srv/mirrorgen")),
        json.dumps(git(url="https://user:password@git.example.com/mirrorgen")),
        json.dumps(git(commit="main")),
        json.dumps({**git(), "subdirectory": "python"}),
    ],
)
def test_anything_else_names_no_place_that_others_can_install_from(record: Path, content: str | None) -> None:
    if content is not None:
        record.write_text(content)
    assert recorded_source() is None


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (git(), f"pip install 'mirrorgen[aws] @ git+{URL}@{COMMIT}'"),
        ({"url": "file:///srv/my%20copy", "dir_info": {}}, "pip install '/srv/my copy[aws]'"),
        ({"url": "file:///srv/mirrorgen-1.0.tar.gz", "archive_info": {}}, "install mirrorgen in the way it was"),
        ({"url": "https://x.example.com", "dir_info": {}}, "install mirrorgen in the way it was"),
    ],
)
def test_what_is_missing_is_added_in_the_way_it_came(record: Path, content: dict[str, Any], hint: str) -> None:
    record.write_text(json.dumps(content))
    assert extra_hint("aws").startswith(hint)


def test_no_hint_names_a_package_that_anybody_could_publish() -> None:
    texts = [*ROOT.glob("mirrorgen/**/*.py"), *ROOT.glob("templates/**/*.j2"), *DOCUMENTS, *ROOT.glob("action.yml")]
    assert BY_NAME.search("pip install 'mirrorgen[aws]'")
    assert not [path.name for path in texts if BY_NAME.search(path.read_text(encoding="utf-8"))]


def test_no_installation_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert recorded_source() is None


def test_what_is_written_is_read() -> None:
    for url in (URL, "https://github.com/Owner/repo.git", "https://git.example.com:8443/~user/mirrorgen_2"):
        assert parse_source(f"{url}@{COMMIT}") == Source(url, COMMIT)
        assert str(Source(url, COMMIT)) == f"{url}@{COMMIT}"


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"{URL}@main",
        f"{URL}@v1.0.0",
        f"{URL}@{COMMIT[:12]}",
        f"{URL}@{COMMIT.upper()}",
        f"{URL}@{COMMIT}\n",
        f"http://git.example.com/mirrorgen@{COMMIT}",
        f"git@git.example.com:platform/mirrorgen@{COMMIT}",
        f"file:///srv/mirrorgen@{COMMIT}",
        f"ext::sh -c id@{COMMIT}",
        f"https://user@git.example.com/mirrorgen@{COMMIT}",
        f"https://user:password@git.example.com/mirrorgen@{COMMIT}",
        f"https://git.example.com@{COMMIT}",
        f"https://localhost/mirrorgen@{COMMIT}",
        f"https://git.example.com/a/../b@{COMMIT}",
        f"https://git.example.com/-upload-pack@{COMMIT}",
        f"https://git.example.com/$(id)@{COMMIT}",
        f"https://git.example.com/a'b@{COMMIT}",
        f"https://git.example.com/a b@{COMMIT}",
        f"https://git.example.com/a\nb@{COMMIT}",
        f"https://git.example.com/${{{{ secrets.X }}}}@{COMMIT}",
        f"https://git.example.com/%24%28id%29@{COMMIT}",
        f"https://git.example.com/a?ref=x@{COMMIT}",
        f"https://git.example.com/a#x@{COMMIT}",
        f"https://gít.example.com/mirrorgen@{COMMIT}",
    ],
)
def test_nothing_else_is(text: str) -> None:
    with pytest.raises(UsageError, match="is not a git repository at a commit"):
        parse_source(text)


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://github.com/owner/repo", "owner/repo"),
        ("https://github.com/owner/repo.git", "owner/repo"),
        ("https://github.com/owner", None),
        ("https://github.com/owner/repo/more", None),
        ("https://github.com.example.com/owner/repo", None),
        (URL, None),
    ],
)
def test_only_what_is_on_github_has_an_action(url: str, slug: str | None) -> None:
    assert parse_source(f"{url}@{COMMIT}").slug == slug
