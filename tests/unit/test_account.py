"""What a list says of the account that is prepared for it."""

from __future__ import annotations

from pathlib import Path

from mirrorgen.bootstrapping.contents import MAIN, Wanted, of_list, root_files
from tests.documents import MINIMAL, load_text


def main_of(text: str, folder: Path) -> str:
    """The root module that prepares an account for a list."""
    desired = load_text(text, folder).desired
    assert desired
    return root_files(Wanted("example/images", **of_list(desired)))[MAIN]


def test_roles_get_rights_on_the_whole_registry_where_the_list_needs_them(tmp_path: Path) -> None:
    scanning = "target:\n  scanning: {type: BASIC, on_push: ['*']}\n"
    assert "\n  sets_scanning = true\n" in main_of(scanning + MINIMAL, tmp_path)
    assert "sets_scanning" not in main_of(MINIMAL, tmp_path)


def test_keys_and_repositories_are_those_of_the_list(tmp_path: Path) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"
    settings = f'defaults:\n  ecr: {{encryption: {{kms_key: "{key}"}}}}\n'
    main = main_of(settings + MINIMAL, tmp_path)
    assert f'\n  kms_key_arns = ["{key}"]\n' in main
    assert '\n  repositories = ["mirror/*"]\n' in main
