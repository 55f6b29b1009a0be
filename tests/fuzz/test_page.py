"""The status page: whatever text holds, a parser of HTML finds the same elements, and the text in its cells."""

from __future__ import annotations

from functools import cache

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.port import Footprint, StoredImage
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.model.targets import Settings
from mirrorgen.operations.holding.status import RepositoryStatus, Status, Stray, TagState, TagStatus
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.reporting.page import format_page
from tests.fuzz.hostile import batches, hold
from tests.fuzz.readers import Page, visible
from tests.statuses import NOW

# What HTML, a browser before it, and jinja after it read.
PIECES = (
    *("<", ">", "&", '"', "'", "`", "=", "/", "<b>", "</td>", "</table>", "</script>", "<script>", "<style>", "<!--"),
    *("-->", "<![CDATA[", "]]>", "<?", "<!doctype", "&lt;", "&#60;", "&#x3c;", "&amp;lt;", "&lt", "&quot;"),
    *('" onload="x', "' x='", "javascript:", "<img src=x>", "<svg/onload=x>", "{{ x }}", "{%", "#}", "\n", "\r", "\t"),
)  # fmt: skip

REASON, STRAY, NAME, TAG, SOURCE, OWNER, SCAN = range(7)
"""The places of texts from outside; each group of so many texts is a failure, a stray, and a row of the page."""

HOST, DIGEST = "harbor.example.com", f"sha256:{0:064}"


def page_of(groups: list[tuple[str, ...]]) -> Page:
    failures = tuple(Failure(TagRef(group[NAME], group[TAG]), Kind.OTHER, group[REASON]) for group in groups)
    found = tuple(map(repository, groups))
    strays = tuple(Stray(group[STRAY], Footprint()) for group in groups)
    return Page(format_page(Status(NOW, RegistryTarget(HOST), found, strays, failures, ())))


@cache
def structure_of(groups: int) -> list[tuple[str, ...]]:
    """What a page of so many groups has where nobody is hostile."""
    return page_of([("x",) * 7] * groups).structure


def repository(group: tuple[str, ...]) -> RepositoryStatus:
    image = StoredImage(DIGEST, (group[TAG],), NOW, size_bytes=1, scan=group[SCAN])
    tag = TagStatus(group[TAG], TagState.PRESENT, f"quay.io/{group[SOURCE]}", group[OWNER], image)
    return RepositoryStatus(Repository(group[NAME], (), Settings()), True, (), (tag,), 0, 1)


def check(texts: list[str]) -> None:
    texts = texts + ["x"] * (-len(texts) % 7)
    groups = [tuple(texts[at : at + 7]) for at in range(0, len(texts), 7)]
    page = page_of(groups)
    assert page.structure == structure_of(len(groups))
    shown = [tuple(map(visible, group)) for group in groups]
    # A head of three and one of four, then that of the images.
    problems, rest = page.cells[3 : 3 + 3 * len(groups)], page.cells[3 + 3 * len(groups) + 4 :]
    strays, rows = rest[: 4 * len(groups)], rest[4 * len(groups) + 12 :]
    assert strays[0::4] == [group[STRAY] for group in shown]
    assert problems[2::3] == [group[REASON] for group in shown]
    assert problems[1::3] == [visible(str(TagRef(group[NAME], group[TAG]))) for group in groups]
    for column, place in ((0, NAME), (1, TAG), (8, SCAN), (10, OWNER)):
        assert rows[column::12] == [group[place] for group in shown]
    assert rows[3::12] == [f"quay.io/{group[SOURCE]}" for group in shown]
    copied = [
        text
        for group in shown
        for text in (
            f"quay.io/{group[SOURCE]}:{group[TAG]}",
            f"{HOST}/{group[NAME]}:{group[TAG]}",
            f"{HOST}/{group[NAME]}@{DIGEST}",
        )
    ]
    assert page.values == copied


def test_texts_in_the_page() -> None:
    for texts in batches("page", PIECES):
        hold(check, texts)
