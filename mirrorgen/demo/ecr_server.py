"""What the emulator's own interpreter serves: ministack, with AWS API calls answered after a moment.

On loopback an answer can arrive while the AWS SDK of Terraform's provider still looks at the end of its request. It
then drops the connection and sends the request again, and creating a repository a second time fails. A network is
never that fast; neither is this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ministack.app import app as ministack

API_DELAY_S = 0.02

Message = MutableMapping[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Serve one request, or the server's start and end (ASGI)."""
    if scope["type"] == "http" and any(name == b"x-amz-target" for name, _ in scope["headers"]):
        await asyncio.sleep(API_DELAY_S)
    await ministack(scope, receive, send)
