"""This repository's own list, the files made from it, and what is in git."""

from __future__ import annotations

import re

from jsonschema import Draft202012Validator

from mirrorgen.master_list.shape import load_schema
from mirrorgen.project import load
from tests.checkout import ROOT, tracked_files
from tests.conftest import RunCli

# Written so that this line does not match itself.
HOME_PATH = re.compile(rb"/(?:root|home/\w+|Users/\w+)/")


def test_the_list_has_the_five_images_of_the_working_example() -> None:
    loaded = load(ROOT / "images.yaml")
    assert loaded.problems == ()
    assert loaded.desired
    assert {str(entry.source): set(entry.tags) for _, entry in loaded.desired.entries} == {
        "docker.io/library/nginx": {"1.25", "1.24", "latest"},
        "docker.io/library/redis": {"7.2", "7.0", "6.2"},
        "quay.io/prometheus/prometheus": {"v2.48.0", "v2.47.0"},
        "gcr.io/distroless/static-debian12": {"nonroot", "latest"},
        "public.ecr.aws/docker/library/postgres": {"16", "15", "14"},
    }


def test_the_generated_files_are_current(run_cli: RunCli) -> None:
    result = run_cli("render", "--check", cwd=ROOT)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_the_schema_is_a_json_schema() -> None:
    schema = load_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_nothing_in_git_names_a_home_folder() -> None:
    assert not [name for name in tracked_files() if HOME_PATH.search((ROOT / name).read_bytes())]
