"""Every file that readers are tested with, made into a list and added to one: what comes out is valid and complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.importing.adding import add_images, new_list
from mirrorgen.importing.outcomes import Added, How
from mirrorgen.model.allowances import Allowances
from mirrorgen.readers.contract import Reading
from tests.documents import load_text
from tests.importing.lists import reread
from tests.readers.test_cases import FOLDERS, name, read

LIST = 'images: # all\n  - source: nginx # web\n    tags: ["1.25"] # now\n    platforms: linux/amd64\n'


def require_all_named(added: Added, found: Reading) -> None:
    """Each image that was read is in the list, or is refused; and what could not be read still is."""
    answered = {taken.image.place for taken in added.taken} | {refused.place for refused in added.refused}
    assert {image.place for image in found.images} | {refused.place for refused in found.refused} <= answered


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_list_of_it_is_valid(folder: Path, tmp_path: Path) -> None:
    found = read(folder, folder.parent.name)
    added = new_list([found], Allowances())
    require_all_named(added, found)
    if any(taken.how is How.ADDED for taken in added.taken):
        loaded = reread(added, tmp_path)
        again = add_images(loaded, [found], Allowances())
        assert (again.text, again.count(How.ADDED)) == (added.text, 0)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_added_to_a_list_it_is_valid_and_the_list_has_lost_nothing(folder: Path, tmp_path: Path) -> None:
    found = read(folder, folder.parent.name)
    added = add_images(load_text(LIST, tmp_path), [found], Allowances())
    require_all_named(added, found)
    loaded = reread(added, tmp_path)
    assert loaded.master_list
    assert "1.25" in loaded.master_list.images[0].tags.exact
    assert [comment in added.text for comment in ("# all", "# web", "# now")] == [True] * 3
