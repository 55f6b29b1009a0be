"""Files of regsync drawn at random: every type of step, filters, defaults, anchors, templates, names in the target."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.real.paper_registry import digest_of
from tests.real.test_rules import PATTERNS, WORDS, some, version, version_range

HOSTS = ("docker.io", "quay.io", "registry.example.com:5000")
PATHS = ("library/nginx", "org/app", "team/tools/cli", "grafana/grafana")
TARGET = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
OTHER_TARGET = "999999999999.dkr.ecr.eu-west-1.amazonaws.com"
VARIABLES = {"TEAM": "blue"}
_MORE_PATTERNS = (
    "1\\.2|1\\.3",
    "^1.*|.*-alpine$",
    "v.*|latest|",
    "(1|2)\\..*",
    "[|]1|2",
    "1.2",
    "\\d+",
    "latest",
    "edge",
)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.]*")


@dataclass
class Upstream:
    """What the registries have: tags by host and path."""

    tags: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)


@dataclass
class Configuration:
    """A file of regsync.

    Attributes:
        head: what stands above the steps.
        steps: each on one line.
    """

    head: str
    steps: list[str]

    def text(self, *, without: frozenset[int] = frozenset()) -> str:
        """The file, or what is left of it without some of its steps."""
        kept = [step for index, step in enumerate(self.steps) if index not in without]
        return self.head + ("sync:\n" + "".join(f"  - {step}\n" for step in kept) if kept else "sync: []\n")


def upstream(draw: random.Random) -> Upstream:
    tags: dict[tuple[str, str], Sequence[str]] = {}
    for host in HOSTS:
        for path in PATHS:
            drawn = {version(draw) if draw.random() < 0.75 else draw.choice(WORDS) for _ in range(14)}
            tags[host, path] = sorted({*drawn, "latest", "1.2", "1.3"})
    return Upstream(tags)


def configuration(draw: random.Random, has: Upstream, creds: Sequence[Mapping[str, Any]]) -> Configuration:
    """Draw a file.

    Args:
        draw: decides.
        has: what upstream has.
        creds: how the registries are reached.
    """
    parts: dict[str, Any] = {"version": 1, "creds": creds}
    defaults = _defaults(draw)
    head = "".join(f"{key}: {_flow(value, draw)}\n" for key, value in parts.items())
    head += f"x-base: &base {_flow(_base(draw), draw)}\nx-tags: &tags {_flow(_tags(draw, has), draw)}\n"
    head += f"defaults: {_flow(defaults, draw)}\n" if defaults else ""
    return Configuration(head, [_step(draw, has) for _ in range(draw.randint(1, 4))])


def _defaults(draw: random.Random) -> dict[str, Any]:
    choices = {
        "interval": "60m",
        "referrers": draw.random() < 0.5,
        "digestTags": True,
        "ratelimit": {"min": 5, "retry": "15m"},
        "parallel": 2,
        "mediaTypes": ["application/vnd.oci.image.index.v1+json"],
        "backup": "old-{{.Ref.Tag}}",
    }
    odds = {"mediaTypes": 0.01, "backup": 0.02}
    return {key: value for key, value in choices.items() if draw.random() < odds.get(key, 0.25)}


def _base(draw: random.Random) -> dict[str, Any]:
    return draw.choice(
        [{"type": "repository"}, {"type": "repository", "digestTags": True}, {"type": "repository", "x": 1}]
    )


def _step(draw: random.Random, has: Upstream) -> str:
    host, path = draw.choice(sorted(has.tags))
    kind = draw.choices(["repository", "image", "registry", "imge"], [60, 36, 2, 2])[0]
    name = path if host == "docker.io" and draw.random() < 0.5 else f"{host}/{path}"
    source = name.removeprefix("library/") if draw.random() < 0.3 else name
    target = _target(draw, path)
    step: dict[str, Any] = {"source": source, "target": target}
    if kind == "image":
        step |= _image(draw, has.tags[host, path], f"{host}/{path}", source, target)
    step |= _rare(draw)
    if kind != "repository":
        return _flow({**step, "type": kind}, draw)
    text = _flow({**step, **_filters(draw, has)}, draw)[1:-1]
    merged = draw.choice(["<<: *base, ", "", ""])
    # An anchor's value may stand behind a key as well.
    tags = ", tags: *tags" if "tags:" not in text.replace("tagSets:", "") and draw.random() < 0.3 else ""
    return "{" + merged + text + ("" if merged else ", type: repository") + tags + "}"


def _target(draw: random.Random, path: str) -> str:
    host = OTHER_TARGET if draw.random() < 0.03 else TARGET
    names = (
        f"mirror/{path}",
        "{{ .Sync.Source }}",
        "mirror/shared",
        f'{{{{ env "TEAM" }}}}/{path}',
        '{{ index (split .Sync.Source "/") 0 | lower }}/app',
        '{{ file "/etc/team" }}x/app',
    )
    return f"{host}/{draw.choices(names, [12, 3, 1, 2, 1, 0.2])[0]}"


def _image(draw: random.Random, tags: Sequence[str], repository: str, source: str, target: str) -> dict[str, str]:
    tag = draw.choice([*tags, "gone"])
    if "{{" in target:
        target = target.replace(".Sync.Source", f'"{repository}"')
        return {"source": f"{source}:{tag}", "target": f"{target}:{tag}"}
    if draw.random() < 0.25:
        digest = digest_of(f"{repository}@{draw.randint(0, 2)}")
        return {"source": f"{source}@{digest}", "target": f"{target}:{draw.choice(('reviewed', tag))}"}
    other = draw.choices([tag, "other", None], [18, 1, 1])[0]
    return {"source": f"{source}:{tag}", "target": f"{target}:{other}" if other else target}


def _rare(draw: random.Random) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "digestTags": False,
        "schedule": "15 3 * * *",
        "platforms": ["linux/amd64"],
        "includeExternal": True,
        "fastCheck": True,
        "tag": ["a"],
    }
    odds = {"platforms": 0.02, "includeExternal": 0.02}
    return {key: value for key, value in choices.items() if draw.random() < odds.get(key, 0.06)}


def _filters(draw: random.Random, has: Upstream) -> dict[str, Any]:
    if draw.random() < 0.25:
        return {"tagSets": [_tags(draw, has) for _ in range(draw.randint(1, 3))]}
    return {"tags": _tags(draw, has)} if draw.random() < 0.95 else {}


def _tags(draw: random.Random, has: Upstream) -> dict[str, list[str]]:
    tags = sorted({tag for each in has.tags.values() for tag in each})
    named = [draw.choice((tag, tag.replace(".", "\\."))) for tag in some(draw, tags, 3)]
    patterns = [*PATTERNS, *_MORE_PATTERNS]
    drawn = {
        "allow": named + some(draw, patterns, 2) if draw.random() < 0.8 else [],
        "deny": some(draw, patterns, 1) if draw.random() < 0.4 else [],
        "semverRange": some(draw, lambda: _range(draw), 2) if draw.random() < 0.4 else [],
    }
    return {key: value for key, value in drawn.items() if value or draw.random() < 0.05}


def _range(draw: random.Random) -> str:
    """Ranges that are of use, and some of any kind."""
    return (
        version_range(draw)
        if draw.random() < 0.15
        else draw.choice((">=1", "<10", ">=1 <3", "^1.2", "~18", ">2-0", ""))
    )


def _flow(value: Any, draw: random.Random) -> str:
    """A value on one line; plain where it needs no quotes, so that some numbers are none that regsync writes alike."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner, draw)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner, draw) for inner in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and draw.random() < 0.15:
        return value
    return json.dumps(value)
