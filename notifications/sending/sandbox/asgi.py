"""The sandbox behind an ASGI server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.app import BODY_MAX_BYTES, Sandbox
from notifications.sending.sandbox.http import Reply, Request, Wire

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class CutOff(Exception):
    """Raised to make the server break the stream."""


def application(sandbox: Sandbox) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        reply = envelopes.too_much() if body is None else sandbox.answer(_request(scope, body))
        sandbox.flush()
        await _respond(reply, send)

    return app


async def _body(receive: Receive) -> bytes | None:
    parts, size, more = [], 0, True
    while more:
        event = await receive()
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        more = event.get("more_body", False)
        if size > BODY_MAX_BYTES:
            return None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _request(scope: dict[str, Any], body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    peer = (scope.get("client") or ("127.0.0.1", 0))[0]
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, body, peer)


async def _respond(reply: Reply, send: Send) -> None:
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.wire is Wire.HANG:
        await asyncio.sleep(3600)
    if reply.wire in (Wire.RESET, Wire.REFUSE, Wire.GOAWAY):
        raise CutOff
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
        *((name.encode(), value.encode()) for name, value in reply.headers),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
