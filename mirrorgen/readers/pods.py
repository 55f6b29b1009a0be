"""Pods as a cluster gives them, `kubectl get pods -A -o json`: what they ask for, and the digest of what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mirrorgen.readers.taking import parse

_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_LIST = re.compile(r"""^[ \t]*(?:[{,][ \t]*)?["']?kind["']?\s*:\s*["']?(?:List|PodList)\b""", re.MULTILINE)
_POD = re.compile(r"""["']?kind["']?\s*:\s*["']?Pod\b""")
_STATUS = re.compile(r"""["']?(?:containerStatuses|podIP|hostIP|qosClass)["']?\s*:""")
_LOOKED_AT = 200_000
"""Characters in which the marks of the format are looked for: a Pod may bring long annotations."""


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it is a list of Pods with their status, or one such Pod."""
    # kubectl writes `kind: List` at the end.
    start, end = text[:_LOOKED_AT], text[-1_000:]
    has_kind = bool(_POD.search(start)) or "PodList" in end or "PodList" in start[:1_000]
    return has_kind and bool(_STATUS.search(start)) and bool(_LIST.search(start) or _LIST.search(end))


def running_digests(pod: Mapping[str, Any]) -> dict[str, str]:
    """Return, by the name of the container, the digest of the image that it runs.

    A runtime may give the digest with the name of another repository that has the same image, or with `docker-pullable://`
    before it: the digest is the same. The id of an image alone, `sha256:...`, is none that a registry knows.
    """
    status = pod.get("status")
    digests = {}
    for key in _STATUSES:
        statuses = status.get(key) if isinstance(status, dict) else None
        for each in statuses if isinstance(statuses, list) else []:
            name, image = (each.get("name"), each.get("imageID")) if isinstance(each, dict) else (None, None)
            reference = parse(image) if isinstance(image, str) else None
            if isinstance(name, str) and reference and reference.digest:
                digests[name] = reference.digest
    return digests
