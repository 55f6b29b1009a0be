"""What regclient's programs log of a request for a manifest (internal/reghttp/http.go)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# config/host.go: the one registry that is somewhere else than it is called.
_ADDRESSES = {"docker.io": "registry-1.docker.io"}


def request(method: str, repository: str, reference: str, status: str, found: str = "") -> Mapping[str, Any]:
    """Return the fields of the line; `found` is the digest that the answer names."""
    host, _, path = repository.partition("/")
    url = f"https://{_ADDRESSES.get(host, host)}/v2/{path}/manifests/{reference}"
    headers = {"Docker-Content-Digest": [found]} if found else {}
    return {"req-method": method, "req-url": url, "resp-status": status, "resp-headers": headers}


def request_line(method: str, repository: str, reference: str, status: str) -> str:
    """Return the line."""
    fields = request(method, repository, reference, status)
    return json.dumps({"time": "T", "level": "DEBUG-4", "msg": "reg http request", **fields})
