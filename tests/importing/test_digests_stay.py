"""An image that is named by its digest alone gets a tag, and with it ECR keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.port import StoredImage
from mirrorgen.model.tags import SIGNATURES, is_moving
from mirrorgen.operations.holding.expiring import rules_of
from tests.importing.lists import made, reread

START = datetime(2026, 1, 1, tzinfo=UTC)
DIGESTS = [f"sha256:{number:064x}" for number in range(25)]


def test_in_no_year_does_the_usual_lifecycle_take_it_and_without_the_tag_it_would(tmp_path: Path) -> None:
    loaded = reread(made("nginx:latest", *(f"nginx@{digest}" for digest in DIGESTS)), tmp_path)
    assert loaded.desired
    (repository,) = loaded.desired.repositories
    (entry,) = repository.entries
    tag_of = {digest: tag for tag, digest in entry.rule.digests.items()}
    # A day apart, the oldest first, and each with a part that no tag names.
    pushed = {digest: START + timedelta(days=number) for number, digest in enumerate(DIGESTS)}
    tagged = [StoredImage(digest, (tag_of[digest],), at, contains=(f"{digest}x",)) for digest, at in pushed.items()]
    parts = [StoredImage(f"{digest}x", (), at) for digest, at in pushed.items()]
    latest = StoredImage("sha256:l", ("latest",), START)
    untagged = [StoredImage(f"{digest}u", (), at) for digest, at in pushed.items()]
    for days in (1, 10, 100, 1_000, 10_000):
        now = START + timedelta(days=days)
        there = [image for image in (*tagged, *parts, latest, *untagged) if image.pushed_at and image.pushed_at <= now]
        gone = {expiry.image.digest for expiry in expire(rules_of(repository), there, now=now)}
        assert gone <= {image.digest for image in untagged}
    assert gone == {image.digest for image in untagged}


def test_the_tag_is_no_name_under_which_registries_keep_what_refers_to_an_image(tmp_path: Path) -> None:
    loaded = reread(made(f"nginx@{DIGESTS[7]}"), tmp_path)
    assert loaded.desired
    (repository,) = loaded.desired.repositories
    (tag,) = repository.tags
    assert tag == "digest-000000000000"
    assert not tag.startswith(SIGNATURES)
    assert not is_moving(repository.entries[0].rule, tag)
