"""What the emulator's own interpreter serves: ministack, with AWS API calls answered after a moment.

On loopback an answer can arrive while the AWS SDK of Terraform's provider still looks at the end of its request. It
then drops the connection and sends the request again, and creating a repository a second time fails. A network is
never that fast; neither is this.

ministack does not keep what is set for a registry as a whole, which is added here, as AWS has it:
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ministack.app import app as ministack

API_DELAY_S = 0.02

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_OPERATIONS = {
    "GetRegistryScanningConfiguration",
    "PutRegistryScanningConfiguration",
    "DescribeRegistry",
    "PutReplicationConfiguration",
}
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/")


class Registry:
    """What is set for all repositories of an account in a region."""

    def __init__(self) -> None:
        self.scanning: dict[str, Any] = {"scanType": "BASIC", "rules": []}
        self.replication: dict[str, Any] = {"rules": []}

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer one of `_OPERATIONS`."""
        match operation:
            case "GetRegistryScanningConfiguration":
                return {"scanningConfiguration": self.scanning}
            case "PutRegistryScanningConfiguration":
                # What is left out stays as it is.
                self.scanning = {**self.scanning, **asked}
                return {"registryScanningConfiguration": self.scanning}
            case "PutReplicationConfiguration":
                self.replication = asked["replicationConfiguration"]
        return {"replicationConfiguration": self.replication}


_registries: defaultdict[tuple[str, str], Registry] = defaultdict(Registry)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one request, or the server's start and end (ASGI)."""
    headers = dict(scope["headers"]) if scope["type"] == "http" else {}
    operation = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
    if operation:
        await asyncio.sleep(API_DELAY_S)
    signed = _CREDENTIAL.search(headers.get(b"authorization", b"").decode())
    if operation not in _OPERATIONS or not signed:
        await ministack(scope, receive, send)
        return
    # As with ministack, an access key of twelve digits is the account.
    account, region = signed.groups()
    answer = _registries[account, region].answer(operation, json.loads(await _body(receive) or b"{}"))
    await _send(send, {"registryId": account, **answer})


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send: Send, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
