"""What a list says of the account that is prepared for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.bootstrapping.contents import MAIN, Wanted, of_list, root_files
from mirrorgen.errors import UsageError
from tests.documents import MINIMAL, load_text


def main_of(text: str, folder: Path) -> str:
    """The root module that prepares an account for a list."""
    states = load_text(text, folder).every_state
    return root_files(Wanted("example/images", **of_list(states)))[MAIN]


def test_roles_get_rights_on_the_whole_registry_where_the_list_needs_them(tmp_path: Path) -> None:
    scanning = "target:\n  scanning: {type: BASIC, on_push: ['*']}\n"
    assert "\n  sets_scanning = true\n" in main_of(scanning + MINIMAL, tmp_path)
    assert "sets_scanning" not in main_of(MINIMAL, tmp_path)
    targets = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us: {account_id: "123456789012", region: us-east-1}
"""
    assert "sets_replication" not in main_of(targets + MINIMAL, tmp_path)
    replicated = targets.replace("us-east-1", "us-east-1, replicate: true")
    assert "\n  sets_replication = true\n" in main_of(replicated + MINIMAL, tmp_path)


def test_keys_and_repositories_are_those_of_the_list(tmp_path: Path) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"
    settings = f'defaults:\n  ecr: {{encryption: {{kms_key: "{key}"}}}}\n'
    main = main_of(settings + MINIMAL, tmp_path)
    assert f'\n  kms_key_arns = ["{key}"]\n' in main
    assert '\n  repositories = ["mirror/*"]\n' in main


def test_a_name_that_is_not_below_the_prefix_is_named_by_itself(tmp_path: Path) -> None:
    apart = MINIMAL + "    repository: team/tool\n"
    assert '\n  repositories = ["mirror/*", "team/tool"]\n' in main_of(apart, tmp_path)


def test_no_account_is_prepared_for_a_target_that_is_in_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"harbor\.example\.com is no target in AWS"):
        main_of("target: {registry: harbor.example.com/mirror}\n" + MINIMAL, tmp_path)


def test_the_roles_reach_each_target_of_the_account_and_no_other(tmp_path: Path) -> None:
    targets = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us: {account_id: "123456789012", region: us-east-1, prefix: copies}
  edge: {account_id: "210987654321", region: ap-southeast-1, prefix: edge}
"""
    main = main_of(targets + MINIMAL, tmp_path)
    assert '\n  regions = ["eu-west-1", "us-east-1"]\n' in main
    assert '\n  state_keys = ["mirrorgen/eu.tfstate", "mirrorgen/us.tfstate"]\n' in main
    assert '\n  repositories = ["mirror/*", "copies/*"]\n' in main
    assert "210987654321" not in main
    assert "state_keys" not in main_of(MINIMAL, tmp_path)
