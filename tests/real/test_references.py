"""What a source means is what the real regclient makes of it: the same host and path, for names drawn at random."""

from __future__ import annotations

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from mirrorgen.model.references import DOCKER_HUB, Source, parse_source
from mirrorgen.tools.built import bin_dir

HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
HOSTS = (
    *HUB_NAMES,
    *(
        "Docker.io",
        "quay.io",
        "Quay.IO",
        "Nexus",
        "nexus",
        "NEXUS:8443",
        "nexus:8443",
        "a.b-c.example",
        "ex--ample.com",
    ),
    *("ex--ample.com", "localhost", "LocalHost", "localhost:5000", "[::1]", "[::1]:5000", "[2001:DB8::1]:443"),
    *("[::]:1", "[:1:]:1"),
    *("[a:b:::c]:1", "[1:2:3:4:5:6:7:8:9]:1", "127.0.0.1", "10.1:80", "quay.io.", ".quay.io", "qu_ay.io", "-quay.io"),
    *(
        "quay-.io",
        "quay..io",
        "quay.io:",
        "quay.io:99999",
        "quay.io:123456",
        "quay.io:80a",
        "A-",
        "aB",
        "1",
        "xn--p1ai",
    ),
)
PARTS = (
    "nginx",
    "library",
    "localhost",
    "a",
    "A",
    "a.b",
    "a..b",
    "a_b",
    "a__b",
    "a___b",
    "a-b",
    "a---b",
    "-a",
    "a-",
    "0",
)
ENDS = ("", "", "", "", "", ":1", ":latest", ":", "@", "@sha256:" + "a" * 64, "@sha256:b", "/", "\n", " ", ":1@", "@:")
LETTERS = "aA0.-_:/@[] \té%{}\\'\"$\u202e\u0130\u212a"


def drawn(draw: random.Random) -> str:
    if draw.random() < 0.15:
        return "".join(draw.choices(LETTERS, k=draw.randint(1, 12)))
    host = [draw.choice(HOSTS)] if draw.random() < 0.7 else []
    text = "/".join([*host, *draw.choices(PARTS, k=draw.choice((0, 1, 1, 2, 2, 3)))])
    if draw.random() < 0.1:
        text = draw.choice(("https://", "ocidir://", "/", "user:pass@")) + text
    if draw.random() < 0.05:
        text = text.replace("a", "ab0" * draw.randint(1, 100))
    if draw.random() < 0.1:
        place = draw.randint(0, len(text))
        text = text[:place] + draw.choice(LETTERS) + text[place:]
    return (text or "nginx") + draw.choice(ENDS)


@pytest.fixture
def regctl(base_env: dict[str, str]) -> Path:
    return bin_dir(base_env) / "regctl"


def read_by_regctl(regctl: Path, text: str) -> tuple[str, str, str] | None:
    """Host, path and tag as regctl reads them, or None where it refuses."""
    answer = subprocess.run(
        [regctl, "ref", "--format", "{{.Registry}} {{.Repository}} {{.Tag}}", "--", text],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        return None
    host, path, tag = answer.stdout.split(" ")
    return host, path, tag


def disagreement(regctl: Path, text: str) -> str:
    source = parse_source(text, ())
    if not isinstance(source, Source):
        return ""
    written = read_by_regctl(regctl, f"{source}:1.0")
    if written != (source.host, source.path, "1.0"):
        return f"{text!r} is written as {source}, which regctl reads as {written}"
    read = read_by_regctl(regctl, text)
    if read is None:
        return f"{text!r} is taken for {source}, and regctl refuses it"
    host = read[0].lower()
    same_host = source.host == (DOCKER_HUB if host in HUB_NAMES else host)
    same_path = source.path == read[1] or (source.host == DOCKER_HUB and source.path == f"library/{read[1]}")
    return "" if same_host and same_path else f"{text!r} is taken for {source}, and regctl reads {read}"


def test_a_source_is_read_as_regctl_reads_it(regctl: Path, request: pytest.FixtureRequest) -> None:
    examples = 5_000 if request.config.getoption("--soak") else 500
    draw = random.Random(20)  # noqa: S311 - the same references on every run
    texts = [drawn(draw) for _ in range(examples)]
    assert len({text for text in texts if isinstance(parse_source(text, ()), Source)}) > examples / 20
    with ThreadPoolExecutor(4) as pool:
        assert [said for said in pool.map(partial(disagreement, regctl), texts) if said] == []
