"""What is read of Dockerfiles is what BuildKit's own parser finds in them, in all that it takes."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mirrorgen.readers.contract import Around
from mirrorgen.readers.dockerfile import read
from tests.real.programs import Own

COUNT = 4_000
LINES = [
    "FROM alpine:3",
    "FROM  nginx as Web",
    "from web",
    "FROM --platform=linux/amd64 quay.io/a/b:1 AS two",
    "FROM scratch AS empty",
    "FROM Two",
    "COPY --from=web /a /b",
    "COPY --from=0 /a /b",
    "COPY --from=redis:7 /a /b",
    "  copy --link --from=quay.io/c/d a b",
    "COPY --chown=1:1 --from=two a b",
    "COPY a --from=x b",
    "RUN --mount=type=bind,from=busybox,target=/x true",
    "RUN --mount=from=web,target=/x --mount=type=cache,target=/y --mount=from=e/f:1,target=/z x",
    "RUN echo FROM x",
    'RUN --network=none --mount=type=bind,"from=g/h:2",target=/q a',
    "RUN <<EOF\nFROM x\nEOF",
    "RUN <<EOF",
    "RUN <<EOF\n\tEOF\nFROM x\nEOF",
    "EOF",
    "RUN cat <<A <<-B > x\nFROM x\nA\n\tFROM x\n\tB",
    "RUN echo '<<EOF'",
    'RUN echo "<<EOF"',
    "COPY <<x.txt /y\nFROM x\nx.txt",
    "RUN <<'EOF' sh\nEOF",
    "RUN x <<<y",
    "RUN 3<<EOF x\nEOF",
    "RUN echo a<<EOF",
    "# comment",
    "  # comment",
    "",
    "   ",
    "RUN a \\",
    "RUN a \\  ",
    "  b \\",
    "RUN a \\\\",
    "\\",
    "ENV A=b",
    "ENV A=b \\",
    "ARG X=1",
    'LABEL a="<<EOF"',
    "ONBUILD RUN <<EOF\nEOF",
    "# escape=`",
    "# syntax=docker/dockerfile:1",
    'ENTRYPOINT ["a"]',
    "HEALTHCHECK CMD <<EOF",
    "RUN --mount=target=/x \\",
    "--mount=from=k/l:1,target=/k true",
    "FROM alpine \\",
    "AS m",
    "USER a",
    "CMD <<EOF",
]


def made_up(chance: random.Random) -> str:
    """A Dockerfile of lines that mean much to a parser, with others between them."""
    lines = ["FROM base:1 AS first", *chance.choices(LINES, k=chance.randint(1, 9))]
    if chance.random() < 0.2:
        lines.insert(0, chance.choice(["# escape=`", "# syntax=x/y:1", "#!/bin/x", "# check=skip=all"]))
    return chance.choice(["\n", "\n", "\n", "\r\n"]).join("\n".join(lines).split("\n"))


@pytest.fixture(scope="module")
def parser(base_env: dict[str, str]) -> Path:
    return Own("buildkit").built(base_env)


def test_images_are_those_that_buildkit_finds(parser: Path) -> None:
    chance = random.Random(11)  # noqa: S311 - the same on every run
    texts = [made_up(chance) for _ in range(COUNT)]
    done = subprocess.run([parser], input=json.dumps(texts), capture_output=True, text=True, check=True)
    taken = 0
    for text, expected in zip(texts, json.loads(done.stdout), strict=True):
        if expected is None:
            continue
        reading = read(text, Around("Dockerfile"))
        # BuildKit resolves names later, where one with a capital, which is no stage, is refused as it is here.
        named = [*(image.written for image in reading.images), *(refusal.written for refusal in reading.refused)]
        assert Counter(named) == Counter(expected), text
        taken += 1
    assert taken > COUNT / 5
