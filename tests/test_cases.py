"""The specification of validate and render, as folders: a folder under tests/cases is a test by being there."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
import yaml

from mirrorgen.problems import CODES
from mirrorgen.project import Loaded, load
from mirrorgen.rendering.files import REGSYNC, render
from tests.conftest import RunCli
from tests.golden import Golden

CASES = Path(__file__).parent / "cases"
INVALID = sorted((CASES / "invalid").iterdir())
VALID = sorted((CASES / "valid").iterdir())
SECRETS = ("hunter2", "dckr_pat", "AKIAIOSFODNN7EXAMPLE", "12345")


def name(folder: Path) -> str:
    return folder.name


def rendered(folder: Path) -> dict[str, str | None]:
    loaded = load(folder / "images.yaml")
    assert loaded.is_usable, loaded.problems
    assert loaded.desired
    return render(loaded.desired)


@pytest.mark.parametrize("folder", INVALID, ids=name)
def test_validate_shows_every_problem(folder: Path, run_cli: RunCli, golden: Golden) -> None:
    result = run_cli("validate", "images.yaml", cwd=folder)
    assert result.exit_code == 1
    assert result.stderr == ""
    golden.check({folder / "problems.txt": result.stdout})


@pytest.mark.parametrize("output", ["json", "github", "sarif"])
@pytest.mark.parametrize("folder", INVALID, ids=name)
def test_every_format_says_as_much_and_no_secret(folder: Path, output: str, run_cli: RunCli) -> None:
    result = run_cli("validate", "images.yaml", "--format", output, cwd=folder)
    assert result.exit_code == 1
    codes = re.findall(
        r"^images\.(?:lock\.)?yaml.*(?:error|warning|notice)\[(.+?)\]", (folder / "problems.txt").read_text(), re.M
    )
    assert codes
    for code in set(codes):
        assert code in result.stdout
    if folder.name in {"credentials-are-values", "reference-with-password", "registry-with-password"}:
        assert not [secret for secret in SECRETS if secret in result.stdout + (folder / "problems.txt").read_text()]


def test_every_problem_code_has_a_case() -> None:
    # These cannot be kept as files; tests/cli/test_validate.py makes them.
    made = {"file-missing", "file-is-directory", "file-too-large", "file-unreadable"}
    # Only `mirrorgen tags` sees these; tests/cli/test_tags.py has them.
    made |= {"rule-selects-nothing", "tag-not-upstream", "newest-is-odd"}
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
    config = yaml.safe_load(str(rendered(folder)[REGSYNC]))
    loaded: Loaded = load(folder / "images.yaml")
    assert loaded.desired
    whole = [
        (repository, entry)
        for repository, entry in loaded.desired.entries
        if not entry.is_open and not any(entry.pinned(tag) for tag in entry.tags)
    ]
    listing = [written for written in config["sync"] if "tags" in written]
    for written, (repository, entry) in zip(listing, whole, strict=True):
        assert (written["source"], written["target"].partition("/")[2]) == (str(entry.source), repository.name)
        neighbours = [tag.replace(".", "x") for tag in entry.tags if "." in tag]
        neighbours += [f"{tag}0" for tag in entry.tags] + [f"0{tag}" for tag in entry.tags]
        matched = [
            {tag for tag in [*entry.tags, *neighbours] if re.search(f"^{pattern}$", tag)}
            for pattern in written["tags"]["allow"]
        ]
        assert matched == [{tag} for tag in entry.tags]
