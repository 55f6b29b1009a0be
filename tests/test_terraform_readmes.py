"""The READMEs of the Terraform modules say what their source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform_readme import MODULES, readmes, renewed


def test_every_module_has_one() -> None:
    assert {readme.parent for readme in readmes()} == {path.parent for path in MODULES.glob("*/versions.tf")}


@pytest.mark.parametrize("readme", readmes(), ids=lambda readme: readme.parent.name)
def test_its_tables_are_up_to_date(readme: Path) -> None:
    assert readme.read_text(encoding="utf-8") == renewed(readme), "run `python -m tests.terraform_readme`"
