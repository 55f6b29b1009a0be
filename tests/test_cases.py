"""The specification of validate and render, as folders: a folder under tests/cases is a test by being there."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from mirrorgen.desired.state import DesiredState
from mirrorgen.problems import CODES
from mirrorgen.project import load
from mirrorgen.rendering.files import regsync_file, render_every
from tests.conftest import RunCli
from tests.golden import Golden

CASES = Path(__file__).parent / "cases"
INVALID = sorted((CASES / "invalid").iterdir())
VALID = sorted((CASES / "valid").iterdir())
SECRETS = re.compile(r"hunter2|dckr_pat|AKIAIOSFODNN7EXAMPLE|\b12345\b")


def name(folder: Path) -> str:
    return folder.name


def rendered(folder: Path) -> dict[str, str | None]:
    loaded = load(folder / "images.yaml")
    assert loaded.is_usable, loaded.problems
    return render_every(loaded.every_state)


@pytest.mark.parametrize("folder", INVALID, ids=name)
def test_validate_shows_every_problem(folder: Path, run_cli: RunCli, golden: Golden) -> None:
    result = run_cli("validate", "images.yaml", cwd=folder)
    assert result.exit_code == 1
    assert result.stderr == ""
    golden.check({folder / "problems.txt": result.stdout})


Said = tuple[str, str, int, int, str]
"""Code, severity, line and column, 1 and 1 where it has none, and the message, which a hint may follow."""


def said_as_text(shown: str) -> list[Said]:
    found = re.findall(r"^images\.(?:lock\.)?yaml(?::(\d+):(\d+))?: (\w+)\[(.+?)\]: (.*)$", shown, re.MULTILINE)
    return [(code, severity, int(line or 1), int(column or 1), said) for line, column, severity, code, said in found]


def said_as_json(shown: str) -> list[Said]:
    problems = json.loads(shown)["problems"]
    return [(it["code"], it["severity"], it["line"] or 1, it["column"] or 1, it["message"]) for it in problems]


def said_to_github(shown: str) -> list[Said]:
    found = re.findall(r"^::(\w+) file=.+?,line=(\d+),col=(\d+),title=(.+?)::(.*)$", shown, re.MULTILINE)
    return [(code, level, int(line), int(column), unquote(said)) for level, line, column, code, said in found]


def said_as_sarif(shown: str) -> list[Said]:
    (run,) = json.loads(shown)["runs"]
    found = []
    for result in run["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"].get("region", {"startLine": 1, "startColumn": 1})
        severity = result["level"].replace("note", "notice")
        place = region["startLine"], region["startColumn"]
        found.append((result["ruleId"], severity, *place, result["message"]["text"]))
    return found


@pytest.mark.parametrize(
    ("output", "said_in"), [("json", said_as_json), ("github", said_to_github), ("sarif", said_as_sarif)]
)
@pytest.mark.parametrize("folder", INVALID, ids=name)
def test_every_format_says_as_much_and_no_secret(
    folder: Path, output: str, said_in: Callable[[str], list[Said]], run_cli: RunCli
) -> None:
    result = run_cli("validate", "images.yaml", "--format", output, cwd=folder)
    assert result.exit_code == 1
    expected = said_as_text((folder / "problems.txt").read_text())
    assert expected
    for (*mark, message), (*other, said) in zip(expected, said_in(result.stdout), strict=True):
        assert other == mark
        assert said.startswith(message)
    assert not SECRETS.search(result.stdout + (folder / "problems.txt").read_text())


def test_every_problem_code_has_a_case() -> None:
    # These cannot be kept as files; tests/cli/test_validate.py makes them.
    made = {"file-missing", "file-is-directory", "file-too-large", "file-unreadable"}
    # Only `mirrorgen tags` sees these; tests/cli/test_tags.py has them.
    made |= {"rule-selects-nothing", "tag-not-upstream", "newest-is-odd"}
    # Only `mirrorgen covers` says these, of files that name images; tests/cli/test_covers.py has them.
    made |= {"image-not-mirrored", "image-not-held", "image-in-doubt", "image-not-read"}
    reports = [path.read_text() for path in CASES.glob("*/*/problems.txt")]
    shown = {code for report in reports for code in re.findall(r": (?:error|warning|notice)\[(.+?)\]", report)}
    assert shown | made == set(CODES)


@pytest.mark.parametrize("folder", VALID, ids=name)
def test_validate_accepts(folder: Path, run_cli: RunCli, golden: Golden) -> None:
    result = run_cli("validate", "images.yaml", cwd=folder)
    assert result.exit_code == 0, result.stdout
    golden.check({folder / "problems.txt": result.stdout})


@pytest.mark.parametrize("folder", VALID, ids=name)
def test_render_writes_what_is_expected(folder: Path, golden: Golden) -> None:
    golden.check({folder / "expected" / file: text for file, text in rendered(folder).items()})
    expected = (path for path in (folder / "expected").rglob("*") if path.is_file())
    assert not {path.relative_to(folder / "expected").as_posix() for path in expected} - rendered(folder).keys()


@pytest.mark.parametrize("folder", VALID, ids=name)
def test_render_gives_the_same_bytes_for_a_shuffled_list(folder: Path, tmp_path: Path) -> None:
    data = yaml.safe_load((folder / "images.yaml").read_text())
    shuffle = random.Random(7).shuffle  # noqa: S311 - the same shuffle on every run
    for image in data["images"]:
        if isinstance(image["tags"], dict) and "digests" in image["tags"]:
            image["tags"]["digests"] = dict(reversed(image["tags"]["digests"].items()))
        for tags in [image["tags"]] if isinstance(image["tags"], list) else image["tags"].values():
            if isinstance(tags, list):
                shuffle(tags)
    data["images"].reverse()  # so that every two entries change places
    if (folder / "images.lock.yaml").exists():
        shutil.copy(folder / "images.lock.yaml", tmp_path)
    (tmp_path / "images.yaml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    assert rendered(tmp_path) == rendered(folder)


@pytest.mark.parametrize("folder", VALID, ids=name)
def test_each_pattern_matches_its_tag_and_nothing_else(folder: Path) -> None:
    """regsync puts `^` and `$` around each pattern; Go and Python agree on patterns this plain."""
    files, loaded = rendered(folder), load(folder / "images.yaml")
    for state in loaded.every_state:
        text = files[regsync_file(state.target.list_name)]
        if state.target.replicated_from:
            assert text is None, "a file for regsync, which copies nothing there"
        else:
            require_exact_patterns(yaml.safe_load(str(text)), state)


def require_exact_patterns(config: dict[str, Any], state: DesiredState) -> None:
    whole = [
        (repository, entry)
        for repository, entry in state.entries
        if not entry.is_open and not any(entry.pinned(tag) for tag in entry.tags)
    ]
    listing = [written for written in config["sync"] if "tags" in written]
    for written, (repository, entry) in zip(listing, whole, strict=True):
        assert (written["source"], written["target"].partition("/")[2]) == (entry.location, repository.name)
        neighbours = [tag.replace(".", "x") for tag in entry.tags if "." in tag]
        neighbours += [f"{tag}0" for tag in entry.tags] + [f"0{tag}" for tag in entry.tags]
        matched = [
            {tag for tag in [*entry.tags, *neighbours] if re.search(f"^{pattern}$", tag)}
            for pattern in written["tags"]["allow"]
        ]
        assert matched == [{tag} for tag in entry.tags]
