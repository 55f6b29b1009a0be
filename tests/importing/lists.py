"""Lists to import into, and what is named in one line each: `quay.io/org/app:v1 -> own/name`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorgen.importing.adding import add_images, new_list
from mirrorgen.importing.outcomes import Added
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import Copying, TagRule
from mirrorgen.model.references import Reference, parse_reference
from mirrorgen.project import Loaded
from mirrorgen.readers.contract import NamedImage, Place, Reading
from tests.documents import load_text

HEAD = """\
# target:
#   account_id: "123456789012"   # left out: AWS_ACCOUNT_ID
#   region: eu-west-1            # left out: AWS_REGION
"""


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def named(
    line: str,
    number: int = 1,
    *,
    rule: TagRule | None = None,
    copying: Copying | None = None,
    file: str = "other.yaml",
) -> NamedImage:
    """What a line names; behind an arrow stands the repository that the file has for it."""
    written, _, repository = line.partition(" -> ")
    reference = parse_reference(written)
    assert isinstance(reference, Reference), reference
    return NamedImage(
        written=written,
        place=Place(file, number),
        path="",
        source=reference.source,
        tag=reference.tag,
        digest=reference.digest,
        rule=rule,
        repository=repository or None,
        copying=copying or Copying(),
    )


def reading(images: Sequence[NamedImage | str]) -> Reading:
    """What a file names, a line each."""
    found = [named(each, number) if isinstance(each, str) else each for number, each in enumerate(images, start=1)]
    return Reading("plain", tuple(found))


def made(*images: NamedImage | str) -> Added:
    """The list of what is named; it is valid."""
    return new_list([reading(images)], Allowances())


def into(text: str, folder: Path, *images: NamedImage | str) -> Added:
    """What becomes of a list."""
    loaded = load_text(text, folder)
    assert loaded.is_usable, loaded.problems
    return add_images(loaded, [reading(images)], Allowances())


def reread(added: Added, folder: Path) -> Loaded:
    """The list that was made, as `validate` reads it."""
    loaded = load_text(added.text, folder)
    assert loaded.is_usable, (loaded.problems, added.text)
    return loaded


def entries(added: Added) -> str:
    """The lines of a new list below `images:`."""
    head, _, lines = added.text.partition("images:\n")
    assert head == HEAD
    return lines


def reasons(added: Added) -> list[str]:
    """Each refusal as one line: place, what is written, why."""
    return [f"{each.place} {each.written}: {each.reason}" for each in added.refused]
