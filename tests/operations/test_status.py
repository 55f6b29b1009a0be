"""What a status says of images that are not as simple as they look."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mirrorgen.commands.options import runtime_for
from mirrorgen.commands.status import status_result
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import Footprint, RegistryDifferences, SettingDifference, StoredImage
from mirrorgen.operations.holding.status import Status, Stray, TagState, read_status
from mirrorgen.outcomes import ExitCode
from mirrorgen.project import load
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.metrics import format_metrics
from mirrorgen.reporting.page import format_page
from mirrorgen.reporting.status import view_status
from mirrorgen.reporting.views import show
from tests.memory_destination import LIST, NOW, REPOSITORY, MemoryDestination, runtime_on, stored


def status(folder: Path, *images: StoredImage) -> Status:
    runtime, _ = runtime_on(folder, LIST, *images)
    return read_status(runtime, upstream=False, now=NOW)


def image_of(found: Status, tag: str) -> StoredImage:
    (image,) = (each.image for each in found.repositories[0].tags if each.tag == tag)
    assert image
    return image


def test_the_size_of_an_index_is_that_of_all_it_names_each_once(tmp_path: Path) -> None:
    found = status(
        tmp_path,
        stored(1, "v1.0.0", contains=[10, 20, 20, 2]),
        stored(2, contains=[20, 40]),
        stored(3, "v1.1.0"),
        *map(stored, (10, 20, 40)),
    )
    assert image_of(found, "v1.0.0").size_bytes == 1 + 2 + 10 + 20 + 40
    assert image_of(found, "v1.1.0").size_bytes == 3
    assert found.repositories[0].size_bytes == 1 + 2 + 3 + 10 + 20 + 40
    assert "each image" not in show(view_status(found), ResultFormat.JSON)
    assert "counts every image that its index names, once" in show(view_status(found), ResultFormat.TEXT)


def test_an_index_that_names_itself_ends(tmp_path: Path) -> None:
    assert (
        image_of(status(tmp_path, stored(1, "v1.0.0", contains=[2]), stored(2, contains=[1])), "v1.0.0").size_bytes == 3
    )


def test_an_index_whose_images_are_not_held_is_a_failure_and_has_no_size(tmp_path: Path) -> None:
    found = status(tmp_path, stored(1, "v1.0.0", contains=[10, 20]), stored(10), stored(3, "v1.1.0"))
    assert image_of(found, "v1.0.0").size_bytes is None
    (failure,) = found.failures
    assert (str(failure.ref), failure.kind) == (f"{REPOSITORY}:v1.0.0", "corrupted")
    assert "names 1 images that are not held" in failure.reason
    assert not found.is_in_sync


def test_an_index_that_the_registry_does_not_show_is_a_failure(tmp_path: Path) -> None:
    found = status(tmp_path, stored(1, "v1.0.0", trouble="KmsError: no"), stored(3, "v1.1.0"))
    assert [failure.reason for failure in found.failures] == ["KmsError: no"]


def test_an_archived_image_is_neither_missing_nor_there(tmp_path: Path) -> None:
    found = status(tmp_path, stored(1, "v1.0.0", is_archived=True), stored(3, "v1.1.0"))
    assert [found.count(state) for state in (TagState.ARCHIVED, TagState.MISSING, TagState.PRESENT)] == [1, 0, 1]
    assert not found.is_in_sync
    assert "tag archived" in show(view_status(found), ResultFormat.TEXT)


def test_what_was_found_in_an_index_is_the_worst_of_its_platforms(tmp_path: Path) -> None:
    platforms = [stored(10, findings={"HIGH": 2, "LOW": 1}), stored(20, findings={"HIGH": 1, "LOW": 3})]
    found = status(tmp_path, stored(1, "v1.0.0", contains=[10, 20]), *platforms, stored(3, "v1.1.0"))
    assert image_of(found, "v1.0.0").findings == {"HIGH": 2, "LOW": 3}


def test_findings_are_unknown_while_those_of_one_platform_are(tmp_path: Path) -> None:
    platforms = [stored(10, findings={}), stored(20, scan="not scanned")]
    index = image_of(status(tmp_path, stored(1, "v1.0.0", contains=[10, 20]), *platforms), "v1.0.0")
    assert (index.findings, index.scan) == (None, "not scanned")


def test_repositories_that_may_not_be_listed_are_said_to_be_unknown(tmp_path: Path) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "v1.0.0"), stored(2, "v1.1.0"))
    destination.other_repositories = ("mirror/left",)
    assert "Not in the list: 1." in show(view_status(read_status(runtime, upstream=False, now=NOW)), ResultFormat.TEXT)
    destination.footprint_of["mirror/left"] = Footprint(2, 2048, NOW)
    shown = show(view_status(read_status(runtime, upstream=False, now=NOW)), ResultFormat.TEXT)
    assert "Not in the list: 1, with 2.0 KiB." in shown
    assert re.search(r"^mirror/left +2 +2\.0 KiB +2026-01-31$", shown, re.MULTILINE)
    assert "`mirrorgen adopt --prefix mirror` shows list entries for them" in shown
    assert isinstance(destination.target, EcrTarget)
    destination.target = replace(destination.target, list_name="eu")
    page = format_page(read_status(runtime, upstream=False, now=NOW))
    assert "`mirrorgen adopt --prefix mirror --target eu` shows list entries for them" in page
    destination.other_repositories = None
    assert "not known" in show(view_status(read_status(runtime, upstream=False, now=NOW)), ResultFormat.TEXT)


def test_what_only_leaves_alone_is_no_stray(tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text(LIST + '  - {source: quay.io/org/other, tags: ["v1.0.0"]}\n')
    runtime = runtime_for(load(tmp_path / "images.yaml"), only=["*/app"])
    runtime.destination = MemoryDestination(
        runtime.desired.target, {REPOSITORY: []}, other_repositories=("mirror/quay/org/gone", "mirror/quay/org/other")
    )
    found = read_status(runtime, upstream=False, now=NOW)
    assert [repository.repository.name for repository in found.repositories] == [REPOSITORY]
    assert found.strays == (Stray("mirror/quay/org/gone", Footprint()),)


def test_a_setting_of_the_registry_that_may_not_be_looked_at_leaves_all_else_proven(tmp_path: Path) -> None:
    runtime, destination = runtime_on(tmp_path, LIST, stored(1, "v1.0.0"), stored(2, "v1.1.0"))
    other = SettingDifference("scanning", "ENHANCED", "BASIC")
    destination.registry = RegistryDifferences((other,), ("the right ecr:DescribeRegistry is missing",))
    found = read_status(runtime, upstream=False, now=NOW)
    assert (found.count(TagState.PRESENT), found.registry, found.is_in_sync) == (2, (other,), False)
    result = status_result(found)
    assert result.exit_code is ExitCode.FAILED
    first = show(result.view, ResultFormat.TEXT).splitlines()[1]
    assert re.split("  +", first) == [
        "not looked at",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        "the right ecr:DescribeRegistry is missing",
    ]


def test_strays_are_counted_for_alerts_and_what_nobody_knows_has_no_sample(tmp_path: Path) -> None:
    found = status(tmp_path, stored(1, "v1.0.0"))
    assert "\nmirrorgen_strays 0.0\n" in format_metrics(found)
    assert "\nmirrorgen_strays_size_bytes 0.0\n" in format_metrics(found)
    left = (Stray("mirror/a", Footprint(1, 1000)), Stray("mirror/b", Footprint(2, 24)))
    metrics = format_metrics(replace(found, strays=left))
    assert "\nmirrorgen_strays 2.0\n" in metrics
    assert "\nmirrorgen_strays_size_bytes 1024.0\n" in metrics
    metrics = format_metrics(replace(found, strays=(*left, Stray("mirror/c", Footprint()))))
    assert "\nmirrorgen_strays 3.0\n" in metrics
    assert "\nmirrorgen_strays_size_bytes " not in metrics
    assert "\nmirrorgen_strays" not in format_metrics(replace(found, strays=None))


def test_a_setting_of_the_registry_that_differs_is_a_problem_in_every_format(tmp_path: Path) -> None:
    found = replace(status(tmp_path, stored(1, "v1.0.0"), stored(2, "v1.1.0")), registry=())
    assert found.is_in_sync
    found = replace(found, registry=(SettingDifference("scanning", "ENHANCED", "BASIC"),))
    assert not found.is_in_sync
    text = show(view_status(found), ResultFormat.TEXT)
    assert text.startswith("problem ")
    assert "scanning: BASIC, wanted ENHANCED" in text.splitlines()[1]
    assert "Other settings of the registry: 1." in text
    assert "mirrorgen_registry_settings_differing 1.0" in format_metrics(found)
    assert "scanning: BASIC, wanted ENHANCED" in format_page(found, stand_in=None)
