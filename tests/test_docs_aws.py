"""docs/setup-aws.md says of the roles what their source says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirrorgen.starting.contents import STATE_KEY, pipeline_files
from tests.documents import ROOT, require_text
from tests.role_policies import role_policies, table_of
from tests.test_workflows import ENVIRONMENTS, OWN

DOCUMENT = ROOT / "docs/setup-aws.md"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/"


def test_the_table_of_rights_is_that_of_the_policies(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    policies, _ = role_policies(
        tmp_path,
        account_id="123456789012",
        regions=["eu-west-1"],
        state={"bucket": "example", "kms_key_arn": f"{KEY}state"},
        kms_key_arns=[f"{KEY}repository"],
        may_list_all_repositories=True,
        sets_scanning=True,
        sets_replication=True,
    )
    text = DOCUMENT.read_text(encoding="utf-8")
    place = re.compile(r"(<!-- from terraform/modules/role-policies -->\n\n).*?(\n<!-- end -->)", re.DOTALL)
    assert len(place.findall(text)) == 1
    require_text(DOCUMENT, place.sub(lambda part: part[1] + table_of(policies) + part[2], text), pytestconfig)


def test_every_variable_and_environment_of_the_workflows_is_explained() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    used = set(re.findall(r"vars\.([A-Z_]+)", "".join(pipeline_files(OWN).values())))
    assert {name for name in used | set(ENVIRONMENTS) if f"`{name}`" not in text} <= {"MIRRORGEN_UPDATE_GROUPS"}


def test_everybody_means_the_same_state() -> None:
    module = (ROOT / "terraform/modules/role-policies/variables.tf").read_text(encoding="utf-8")
    assert f'optional(list(string), ["{STATE_KEY}"])' in module
    workflows = "".join(pipeline_files(OWN).values())
    assert set(re.findall(r'key +=? +"?([^"\n]+)"', workflows)) == {STATE_KEY}
