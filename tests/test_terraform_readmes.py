"""The READMEs of the Terraform modules say what their source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform_readme import MODULES, readmes, renewed, variables

# The outer one may leave them out: it makes the provider, or takes the region of its own.
LEFT_OPEN = {"oidc_provider_arn", "regions"}


def test_every_module_has_one() -> None:
    assert {readme.parent for readme in readmes()} == {path.parent for path in MODULES.glob("*/versions.tf")}


@pytest.mark.parametrize("readme", readmes(), ids=lambda readme: readme.parent.name)
def test_its_tables_are_up_to_date(readme: Path) -> None:
    assert readme.read_text(encoding="utf-8") == renewed(readme), "run `python -m tests.terraform_readme`"


@pytest.mark.parametrize(("outer", "inner"), [("bootstrap", "github-roles"), ("github-roles", "role-policies")])
def test_what_a_module_hands_on_is_said_as_where_it_is_used(outer: str, inner: str) -> None:
    ours, theirs = variables(MODULES / outer), variables(MODULES / inner)
    handed_on = (ours.keys() & theirs.keys()) - LEFT_OPEN
    assert "repositories" in handed_on
    for name in handed_on:
        for part in ("description", "type", "default"):
            assert ours[name].get(part) == theirs[name].get(part), f"{name}: {part}"
