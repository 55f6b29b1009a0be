"""What the emulator's own interpreter serves where it asks everybody for rights, as AWS does.

ministack then holds each call against the policies of who signed it, and each token of an identity provider against
the trust of the role. Not asked is whoever speaks to the registry itself (`/v2/`): tests/real/guarded.py does that.
"""

from __future__ import annotations

import json
import os
from typing import Any

os.environ["AUTH"] = "true"

from ministack.app import app as ministack
from ministack.core import iam_actions

_resource_arn = iam_actions.extract_resource_arn


def _resource_of(service: str, *request: Any) -> str:
    """Return what a request is about; of ECR's, ministack knows only those that name one repository."""
    *_, body, _, region, account = request
    asked = json.loads(body) if service == "ecr" and body else {}
    if "resourceArn" in asked:
        return str(asked["resourceArn"])
    if asked.get("repositoryNames"):
        return f"arn:aws:ecr:{region}:{account}:repository/{asked['repositoryNames'][0]}"
    return str(_resource_arn(service, *request))


iam_actions.extract_resource_arn = _resource_of


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve one request, or the server's start and end (ASGI)."""
    # The bucket of the state turns away what does not come over TLS, for which one would need a certificate.
    await ministack({**scope, "scheme": "https"} if scope["type"] == "http" else scope, receive, send)
