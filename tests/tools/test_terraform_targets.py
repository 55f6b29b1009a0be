"""Where Terraform keeps what belongs to one of several targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import InputError
from mirrorgen.tools.terraform_targets import TargetPlace, backend_of, place_of

S3 = 'terraform {\n  backend "s3" {\n    bucket = "states"\n    key    = "infra/mirror.tfstate"\n  }\n}\n'
LOCAL = 'terraform {\n  backend "local" {}\n}\n'
CLOUD = 'terraform {\n  cloud {\n    organization = "example"\n  }\n}\n'


@pytest.mark.parametrize(
    ("files", "backend"),
    [
        ({}, None),
        ({"main.tf": '# backend "s3"\nterraform {\n  required_version = ">= 1.7"\n}\n'}, None),
        ({"main.tf": "# Its backend is added later, or its cloud {}.\n"}, None),
        ({"backend.tf": S3}, "s3"),
        ({"backend.tf": CLOUD}, "cloud"),
        ({"backend.tf": CLOUD, "backend_override.tf": LOCAL}, "local"),
        ({"backend.tf": S3, "zz_stand_in_override.tf": LOCAL}, "local"),
        ({"override.tf": S3, "zz.tf": LOCAL}, "s3"),
        ({"backend.tf.json": '{"terraform": {"backend": {"gcs": {"bucket": "states"}}}}'}, "gcs"),
        ({"backend.tf.json": '{"terraform": {"cloud": {"organization": "example"}}}'}, "cloud"),
        ({"backend.tf.json": '{"terraform": [{"backend": [{"s3": {"bucket": "states"}}]}]}'}, "s3"),
    ],
)
def test_the_backend_is_the_one_that_terraform_would_use(
    files: dict[str, str], backend: str | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert backend_of(tmp_path) == backend


def test_a_file_that_nobody_can_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "backend.tf").write_text('terraform { backend "s3" {')
    with pytest.raises(InputError, match=r"backend\.tf cannot be read"):
        place_of(tmp_path, "us")


def test_a_state_in_s3_has_a_key_of_its_own_one_in_a_named_file_a_file_and_any_other_a_workspace() -> None:
    in_s3, in_file, elsewhere = (TargetPlace("us", backend) for backend in ("s3", "local", "gcs"))
    assert in_s3.init_options == ("-backend-config=key=mirrorgen/us.tfstate",)
    assert in_file.init_options == ("-backend-config=path=us.tfstate",)
    for place in (in_s3, in_file):
        assert place.environment({"TF_WORKSPACE": "eu"})["TF_WORKSPACE"] == "default"
    assert elsewhere.init_options == ()
    assert elsewhere.environment({"TF_WORKSPACE": "eu"})["TF_WORKSPACE"] == "us"


@pytest.mark.parametrize(
    ("backend", "workspace"), [("gcs", "default"), (None, "us"), ("remote", "us"), ("cloud", "us")]
)
def test_init_is_told_no_workspace_that_it_would_look_for(backend: str | None, workspace: str) -> None:
    place = TargetPlace("us", backend)
    assert place.init_environment(place.environment({}))["TF_WORKSPACE"] == workspace


def test_what_init_remembers_is_in_a_folder_of_its_own() -> None:
    place = TargetPlace("us", "s3")
    assert place.environment({})["TF_DATA_DIR"] == ".terraform/targets/us"
    assert place.environment({"TF_DATA_DIR": "/var/tf"})["TF_DATA_DIR"] == "/var/tf/targets/us"
