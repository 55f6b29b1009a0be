"""What a sync says of each tag, with regsync and ECR replaced by what they answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.destinations.ecr.api import Holdings
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.copying import syncing
from mirrorgen.operations.copying.syncing import SyncResult, plan_sync, sync_images
from mirrorgen.operations.copying.work import Failure, TagRef
from mirrorgen.operations.runtime import Runtime
from mirrorgen.project import load
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.versions import Tool, tool_specs

TARGET = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror/quay/org/app"
LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - source: quay.io/org/app
    tags: ["v1.0.0", "v1.1.0"]
"""


def line(message: str, tag: str, **more: str) -> str:
    return json.dumps({"msg": message, "source": f"quay.io/org/app:{tag}", "target": f"{TARGET}:{tag}", **more})


class AnsweringRunner:
    """Runs nothing; regsync answers with these lines and this exit code."""

    def __init__(self, code: int, lines: list[str]) -> None:
        self.code, self.lines = code, lines

    def run(self, argv: Any, *, on_stderr_line: Callable[[str], None] | None = None, **_: Any) -> Completed:
        for text in self.lines:
            if on_stderr_line:
                on_stderr_line(text)
        return Completed(tuple(argv), self.code, "", "\n".join(self.lines))


@pytest.fixture
def sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SyncResult]:
    def run(*lines: str, code: int = 0, before: Holdings = NOTHING, held: Holdings) -> SyncResult:
        path = tmp_path / "images.yaml"
        path.write_text(LIST)
        desired = load(path).desired
        assert desired
        runtime = Runtime(tmp_path, desired)
        monkeypatch.setattr(Runtime, "runner", AnsweringRunner(code, list(lines)))
        monkeypatch.setattr(Runtime, "regsync", lambda _: Tool(tool_specs()["regsync"], Path("regsync"), "0.11.5"))
        monkeypatch.setattr(Runtime, "ecr", lambda _: None)
        answers = iter([before, held])
        monkeypatch.setattr(Runtime, "held_tags", lambda *_: next(answers))
        return sync_images(runtime, plan_sync(runtime))

    return run


NOTHING: Holdings = {"mirror/quay/org/app": {}}
BOTH = {"mirror/quay/org/app": {"v1.0.0": "sha256:a", "v1.1.0": "sha256:b"}}
ONE = {"mirror/quay/org/app": {"v1.0.0": "sha256:a"}}


def test_a_tag_regsync_copied_is_copied_and_one_it_left_alone_is_unchanged(sync: Callable[..., SyncResult]) -> None:
    result = sync(line("Image sync needed", "v1.1.0"), line("Image matches", "v1.0.0"), held=BOTH)
    assert result == SyncResult((TagRef("mirror/quay/org/app", "v1.1.0"),), 1, ())


def test_a_copy_that_ecr_does_not_show_is_not_reported_as_copied(sync: Callable[..., SyncResult]) -> None:
    result = sync(line("Image sync needed", "v1.1.0"), held=ONE)
    assert result.copied == ()
    assert result.failures == (Failure("mirror/quay/org/app", "v1.1.0", syncing.NOT_IN_ECR),)


def test_a_tag_regsync_passed_over_in_silence_is_not_upstream(sync: Callable[..., SyncResult]) -> None:
    result = sync(held=ONE)
    assert result.failures == (Failure("mirror/quay/org/app", "v1.1.0", syncing.NOT_UPSTREAM),)


def test_a_tag_that_failed_keeps_the_reason_of_regsync_even_if_an_old_image_is_there(
    sync: Callable[..., SyncResult],
) -> None:
    result = sync(line("Failed to sync", "v1.1.0", error="tag v1.1.0 is immutable"), code=1, held=BOTH)
    assert result.failures == (Failure("mirror/quay/org/app", "v1.1.0", "tag v1.1.0 is immutable"),)


def test_after_a_crash_a_missing_tag_is_not_blamed_on_upstream(sync: Callable[..., SyncResult]) -> None:
    result = sync(line("Failed to sync", "v1.0.0", error="cut off"), code=-9, held={"mirror/quay/org/app": {}})
    assert "exit code -9" in result.failures[1].reason


def test_a_missing_repository_says_what_to_run(sync: Callable[..., SyncResult]) -> None:
    result = sync(before={"mirror/quay/org/app": None}, held={"mirror/quay/org/app": None})
    assert {failure.reason for failure in result.failures} == {syncing.NO_REPOSITORY}


def test_regsync_failing_without_naming_an_image_is_an_error(sync: Callable[..., SyncResult]) -> None:
    with pytest.raises(ToolFailed, match="exit code: 1"):
        sync(json.dumps({"msg": "something new"}), code=1, held=BOTH)
