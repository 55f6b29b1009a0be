"""A run of regsync that gets no further: what is cut off, and what is done without it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mirrorgen.errors import LimitExceeded
from mirrorgen.operations.copying.evidence import words_of
from mirrorgen.outcomes import Kind, TagRef
from mirrorgen.tools.limits import SyncLimits
from mirrorgen.tools.regsync import EventKind, Outcome, Regsync
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.versions import Tool, tool_specs

STALLED = "made no progress for 300 s"


def image(kind: str, name: str, **more: str) -> str:
    return json.dumps({"msg": kind, "source": f"quay.io/{name}", "target": f"ecr/m/{name}", **more})


def stored(name: str) -> str:
    repository, tag = name.split(":")
    headers = {"Docker-Content-Digest": ["sha256:aa"]}
    url = f"https://ecr/v2/m/{repository}/manifests/{tag}"
    said = {"msg": "reg http request", "req-method": "PUT", "req-url": url, "resp-status": "201 Created"}
    return json.dumps({**said, "resp-headers": headers})


class Stalling:
    """Runs regsync as it is told: lines, and an exit code or why it was cut off, for each configuration."""

    secrets = Secrets()

    def __init__(self, first: Sequence[str], then: Callable[[str], tuple[list[str], int | str]]) -> None:
        self.given: list[dict[str, Any]] = []
        self._first, self._then = first, then

    def run(
        self, argv: Sequence[str], *, stdin: str = "", on_stderr_line: Callable[[str], None] | None = None, **_: Any
    ) -> Completed:
        assert on_stderr_line
        self.given.append(json.loads(stdin))
        entry = self.given[-1]["sync"][0]
        lines, end = (self._first, STALLED) if len(self.given) == 1 else self._then(entry["source"])
        for line in lines:
            on_stderr_line(line)
        if isinstance(end, str):
            raise LimitExceeded(f"regsync {end}\ncommand: regsync")
        return Completed(tuple(argv), end, "", "")

    def again(self) -> list[tuple[str, list[str]]]:
        """What was run alone: sources and tags."""
        return [(entry["source"], entry["tags"]["allow"]) for given in self.given[1:] for entry in given["sync"]]


def entry(name: str, *tags: str, host: str = "quay.io") -> dict[str, Any]:
    patterns = [tag.replace(".", r"\.") for tag in tags]
    return {"source": f"{host}/{name}", "target": f"ecr/m/{name}", "type": "repository", "tags": {"allow": patterns}}


def once(runner: Stalling, *entries: dict[str, Any], command: str = "once", **limits: Any) -> Outcome:
    tool = Tool(tool_specs()["regsync"], Path("/bin/regsync"), "0.11.5")
    regsync = Regsync(tool, runner, {}, SyncLimits(**limits))
    outcome: Outcome = getattr(regsync, command)(json.dumps({"version": 1, "creds": ["kept"], "sync": entries}))
    return outcome


def failed(outcome: Outcome) -> dict[str, str]:
    return {event.target.partition("/")[2]: event.reason for event in outcome.of(EventKind.FAILED)}


def nothing(_source: str) -> tuple[list[str], int | str]:
    return [], 0


def test_what_waited_is_done_alone_and_after_it_each_image_that_was_being_copied() -> None:
    lines = [
        image("Image matches", "a:1.0"),
        *(image(kind, f"a:{tag}") for tag in ("1.1", "1.2") for kind in ("Image sync needed", "Image sync running")),
        image("Image sync needed", "b:1.0"),
        *(image(kind, "c:1.0") for kind in ("Image sync needed", "Image sync running")),
        stored("c:1.0"),
    ]
    runner = Stalling(lines, nothing)
    entries = [entry("a", "1.0", "1.1", "1.2", "1.3"), entry("b", "1.0"), entry("c", "1.0"), entry("d", "v-1")]
    outcome = once(runner, *entries)
    assert failed(outcome) == {}
    assert runner.again() == [
        ("quay.io/a", [r"1\.3"]),
        ("quay.io/b", [r"1\.0"]),
        ("quay.io/d", ["v-1"]),
        ("quay.io/a", [r"1\.1"]),
        ("quay.io/a", [r"1\.2"]),
    ]
    assert all(given["creds"] == ["kept"] for given in runner.given)
    assert (outcome.code, outcome.trouble) == (0, "")


def test_an_image_that_holds_up_a_run_of_its_own_fails() -> None:
    lines = [image(kind, f"{name}:1") for name in "ab" for kind in ("Image sync needed", "Image sync running")]

    def then(source: str) -> tuple[list[str], int | str]:
        return ([], STALLED) if source.endswith("/a") else ([], 0)

    runner = Stalling(lines, then)
    outcome = once(runner, entry("a", "1"), entry("b", "1"))
    assert failed(outcome) == {"m/a:1": f"regsync {STALLED}"}
    assert {event.failure_kind for event in outcome.of(EventKind.FAILED)} == {Kind.UNAVAILABLE}
    assert (outcome.code, outcome.trouble) == (1, "")


def test_a_part_that_finds_nothing_says_nothing_of_the_rest_of_its_entry() -> None:
    lines = [image(kind, "a:1") for kind in ("Image sync needed", "Image sync running")]
    none = json.dumps({"msg": "No matching tags found", "source": "quay.io/a:latest"})
    ends: Iterator[tuple[list[str], int | str]] = iter([([none], 0), (lines, STALLED)])
    runner = Stalling(lines, lambda _source: next(ends))
    assert failed(once(runner, entry("a", "1", "2"))) == {"m/a:1": f"regsync {STALLED}"}


def test_what_is_refreshed_is_done_again_alone() -> None:
    """Nothing in the log says that its referrers have been copied."""
    lines = [image(kind, f"{name}:1") for name in "ab" for kind in ("Image refreshing", "Image sync running")]

    def then(source: str) -> tuple[list[str], int | str]:
        return ([], STALLED) if source.endswith("/a") else ([image("Image refreshing", "b:1")], 0)

    assert failed(once(Stalling(lines, then), entry("a", "1"), entry("b", "1"))) == {"m/a:1": f"regsync {STALLED}"}


def test_that_nothing_matched_is_said_of_one_of_several_entries_of_a_source() -> None:
    none = json.dumps({"msg": "No matching tags found", "source": "quay.io/a:latest"})
    others = {**entry("a", "2"), "target": "ecr/m/other"}
    runner = Stalling([none], nothing)
    once(runner, entry("a", "1"), others)
    assert runner.again() == [("quay.io/a", ["1"]), ("quay.io/a", ["2"])]


def test_what_a_run_that_was_cut_off_began_is_proven_by_nothing_that_it_said() -> None:
    """Alone regsync passes over in silence what upstream does not list any more."""
    lines = [
        image("Image matches", "a:1"),
        *(image(kind, "b:1") for kind in ("Image sync needed", "Image sync running")),
        image("Image refreshing", "c:1"),
        image("Image sync needed", "d:1"),
    ]
    outcome = once(Stalling(lines, nothing), *(entry(name, "1") for name in "abcd"))
    assert words_of(outcome, "ecr").keys() == {TagRef("m/a", "1")}


def test_an_image_by_its_digest_and_a_rule_are_done_alone_too() -> None:
    pinned = {"source": "quay.io/a@sha256:aa", "target": "ecr/m/a:1", "type": "image"}
    rule = {"source": "quay.io/b", "target": "ecr/m/b", "type": "repository", "tagSets": [{"semverRange": [">=1"]}]}
    runner = Stalling([image("Image matches", "c:1")], lambda _source: ([], STALLED))
    outcome = once(runner, pinned, rule, entry("c", "1"))
    assert runner.given[1:] == [{**runner.given[0], "sync": [pinned]}, {**runner.given[0], "sync": [rule]}]
    assert [(event.source, event.target) for event in outcome.of(EventKind.FAILED)] == [
        ("quay.io/a@sha256:aa", "ecr/m/a:1"),
        ("quay.io/b", ""),
    ]


def test_a_source_of_which_all_is_said_is_not_asked_again() -> None:
    lines = [
        json.dumps({"msg": "Failed getting source tags", "source": "quay.io/a:latest", "error": "http 500"}),
        json.dumps({"msg": "No matching tags found", "source": "quay.io/b:latest"}),
        json.dumps({"msg": "Skipping unsupported media type", "ref": "quay.io/c:latest", "mediaType": "x"}),
    ]
    runner = Stalling(lines, nothing)
    once(runner, entry("a", "1"), entry("b", "1"), entry("c", "1", "latest"))
    assert runner.again() == [("quay.io/c", ["1"])]


def test_a_registry_that_goes_on_like_that_is_given_up_and_no_other() -> None:
    def then(source: str) -> tuple[list[str], int | str]:
        return ([], STALLED) if source.startswith("quay.io") else ([], 0)

    runner = Stalling([], then)
    names = [f"n{number}" for number in range(9)]
    outcome = once(runner, *(entry(name, "1") for name in names), entry("z", "1", host="ghcr.io"), stalls=2)
    assert sorted(runner.again()) == [("ghcr.io/z", ["1"]), ("quay.io/n0", ["1"]), ("quay.io/n1", ["1"])]
    reasons = failed(outcome)
    assert reasons.keys() == {f"m/{name}:1" for name in names}
    assert reasons["m/n8:1"] == f"regsync {STALLED}, and so it did for others of quay.io"


def test_what_works_takes_nothing_of_the_patience_with_its_registry() -> None:
    runner = Stalling([], lambda source: ([], STALLED) if source.endswith("/c") else ([], 0))
    outcome = once(runner, *(entry(name, "1") for name in "abcd"), stalls=2)
    assert [source for source, _ in runner.again()] == [f"quay.io/{name}" for name in "abcd"]
    assert failed(outcome) == {"m/c:1": f"regsync {STALLED}"}


def test_a_part_that_does_not_work_at_all_fails_with_its_exit_code() -> None:
    runner = Stalling([], lambda _source: ([], -9))
    assert failed(once(runner, entry("a", "1"))) == {"m/a:1": "regsync ended with exit code -9"}


def test_check_has_said_all_when_it_has_named_a_tag() -> None:
    runner = Stalling([image("Image sync needed", "a:1")], nothing)
    outcome = once(runner, entry("a", "1"), entry("b", "1"), command="check")
    assert (runner.again(), failed(outcome), outcome.code) == ([("quay.io/b", ["1"])], {}, 0)


def test_a_program_that_got_no_more_memory_counts_as_cut_off() -> None:
    lines = ["fatal error: runtime: cannot allocate memory"]

    def then(source: str) -> tuple[list[str], int | str]:
        return (lines, 2) if source.endswith("/a") else ([], 0)

    outcome = once(Stalling(lines, then), entry("a", "1"), entry("b", "1"))
    assert failed(outcome) == {"m/a:1": "regsync ran out of memory"}
