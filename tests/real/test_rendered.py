"""The generated files are for the tools, so the tools must read them as they are meant."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import find_tool
from tests.real.conftest import ACCOUNT, REGION, Project

VALID = Path(__file__).parents[1] / "cases/valid"
RENDERED = sorted(VALID.glob("*/expected/regsync*.yaml"))
VARIABLE = re.compile(r'\{\{env "(\w+)"\}\}')


@pytest.mark.parametrize("rendered", RENDERED, ids=lambda path: path.relative_to(VALID).as_posix())
def test_regsync_reads_what_was_meant(rendered: Path, base_env: dict[str, str]) -> None:
    regsync = find_tool("regsync", ProcessRunner(), base_env).usable()
    argv = [str(regsync.path), "config", "-c", str(rendered)]
    text = rendered.read_text()
    # Each of its own, so that none can stand in another's place.
    values = {name: f"the value of {name}" for name in VARIABLE.findall(text)}
    values |= {"AWS_ACCOUNT_ID": ACCOUNT, "AWS_REGION": REGION}
    shown = subprocess.run(argv, env={**base_env, **values}, capture_output=True, text=True, check=True).stdout
    expanded = VARIABLE.sub(lambda found: values[found[1]], text)
    assert "{{" not in expanded
    understood, meant = yaml.safe_load(shown), yaml.safe_load(expanded)

    assert understood["defaults"]["parallel"] == meant["defaults"]["parallel"]
    for got, entry in zip(understood["sync"], meant["sync"], strict=True):
        assert {key: got[key] for key in ("source", "target", "type")} == {
            key: entry[key] for key in ("source", "target", "type")
        }
        assert (got["tags"]["allow"] or []) == entry.get("tags", {}).get("allow", [])
        sets = [{key: one[key] for key in one if one[key]} for one in got["tagSets"] or []]
        assert sets == entry.get("tagSets", [])
        assert (got["referrers"], got["digestTags"]) == (entry.get("referrers", False), entry.get("digestTags", False))
        assert got["platform"] == entry.get("platform", "")
        assert got["ratelimit"]["min"] == entry.get("ratelimit", {}).get("min", 0)
    for got, entry in zip(understood["creds"], meant["creds"], strict=True):
        for key, value in entry.items():
            assert got[key] == value


def test_plain_regsync_copies_without_mirrorgen(project: Project) -> None:
    digests = project.serve({"quay.io/org/app": ["v1.0.0", "v1x0x0"]})
    project.write({"quay.io/org/app": ["v1.0.0"]})
    project.create_repositories()
    argv = ["regsync", "once", "-c", "regsync.yaml"]
    subprocess.run(argv, cwd=project.folder, env=project.tool_env, check=True, capture_output=True)
    assert project.held("quay/org/app") == {"v1.0.0": digests["quay.io/org/app", "v1.0.0"]}
