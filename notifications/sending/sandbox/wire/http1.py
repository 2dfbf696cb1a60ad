"""One HTTP/1.1 connection from the server's side: one request at a time, kept alive."""

import asyncio
from http import HTTPStatus

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.http import Reply, Request, Wire, body_limit
from notifications.sending.sandbox.wire.answers import DRIP_SECONDS, Host
from notifications.sending.sandbox.wire.http2 import HEAD_MAX_BYTES

FLOOD_PIECE = 1 << 16


class Unreadable(Exception):
    """Not HTTP/1.1 as we know it."""


class Http1:
    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._loop = loop
        self._buffer = b""
        self._request: Request | None = None  # whose body is still coming
        self._length = 0
        self._limit = 0
        self._chunks: list[bytes] | None = None  # the body comes in chunks
        self._busy = False  # a reply is on its way, later requests wait
        self._last = False  # the connection ends with this reply
        self._timer: asyncio.TimerHandle | None = None
        self._flood = 0
        self._paused = False

    def received(self, data: bytes) -> None:
        self._buffer += data
        try:
            self._read_on()
        except Unreadable:
            self._last = True
            self._plain(envelopes.broken_request())

    def _read_on(self) -> None:
        while not self._busy:
            if self._request is None and not self._read_head():
                return
            body = self._read_body()
            if body is None:
                return
            request, self._request = self._request, None
            assert request is not None  # noqa: S101 - _read_head made it
            request.body = body
            self._reply(self._host.answer(request))

    # ------------------------------------------------------------------ in

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_MAX_BYTES:
                raise Unreadable
            return False
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        self._buffer = self._buffer[end + 4 :]
        parts = first.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise Unreadable
        headers = _headers(lines)
        path, _, query = parts[1].partition("?")
        self._request = Request(parts[0], path, query, headers, b"", self._host.peer)
        connection = headers.get("connection", "").lower()
        self._last = connection == "close" or (
            parts[2] == "HTTP/1.0" and connection != "keep-alive"
        )
        self._expect_body(headers, body_limit(path))
        return True

    def _expect_body(self, headers: dict[str, str], limit: int) -> None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise Unreadable
        self._length = int(length)
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self._chunks = [] if chunked else None
        self._limit = limit
        if self._length > limit:
            self._refuse_body()
        elif headers.get("expect", "").lower() == "100-continue":
            self._host.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refuse_body(self) -> None:
        self._last = True
        self._plain(envelopes.too_much())
        self._busy = True

    def _read_body(self) -> bytes | None:
        """None while it hasn't all come."""
        if self._busy:
            return None
        if self._chunks is not None:
            return self._read_chunks(self._chunks)
        if len(self._buffer) < self._length:
            return None
        body, self._buffer = self._buffer[: self._length], self._buffer[self._length :]
        return body

    def _read_chunks(self, chunks: list[bytes]) -> bytes | None:
        while True:
            line, found, rest = self._buffer.partition(b"\r\n")
            if not found:
                return None
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                raise Unreadable from None
            if size < 0 or sum(map(len, chunks)) + size > self._limit:
                self._refuse_body()
                return None
            if len(rest) < size + 2:
                return None
            if size == 0:
                self._buffer = rest[2:]
                return b"".join(chunks)
            chunks.append(rest[:size])
            self._buffer = rest[size + 2 :]

    # ------------------------------------------------------------------ out

    def _reply(self, reply: Reply) -> None:
        self._host.flush()
        if reply.delay:
            delay, reply.delay = reply.delay, 0.0
            self._busy = True
            self._timer = self._loop.call_later(delay, self._late, reply)
        elif reply.wire is Wire.PLAIN:
            self._plain(reply)
        elif reply.wire is Wire.RESET:
            self._busy = True
            self._host.abort()
        elif reply.wire in (Wire.REFUSE, Wire.GOAWAY):
            self._busy = True
            self._host.close()
        elif reply.wire is Wire.HANG:
            self._busy = True
        else:
            self._long(reply)

    def _late(self, reply: Reply) -> None:
        self._busy = False
        self._reply(reply)
        self._read_on()

    def _plain(self, reply: Reply) -> None:
        self._host.write(self._head(reply, len(reply.body)) + reply.body)
        if self._last:
            self._host.close()

    def _head(self, reply: Reply, size: int) -> bytes:
        lines = [
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            f"content-type: {reply.content_type}",
            f"content-length: {size}",
            *(f"{name}: {value}" for name, value in reply.headers),
        ]
        if self._last:
            lines.append("connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _long(self, reply: Reply) -> None:
        self._busy = True
        self._host.write(self._head(reply, len(reply.body) + reply.flood_bytes))
        if reply.wire is Wire.DRIP:
            self._drip(reply.body)
        else:
            self._host.write(reply.body)
            self._flood = reply.flood_bytes
            self._flood_on()

    def _drip(self, rest: bytes) -> None:
        if not rest:
            self._finished()
            return
        self._host.write(rest[:1])
        self._timer = self._loop.call_later(DRIP_SECONDS, self._drip, rest[1:])

    def _flood_on(self) -> None:
        while self._flood and not self._paused:
            piece = min(self._flood, FLOOD_PIECE)
            self._flood -= piece
            self._host.write(b" " * piece)
        if not self._flood:
            self._finished()

    def _finished(self) -> None:
        self._busy = False
        if self._last:
            self._host.close()
        else:
            self._read_on()

    def paused(self) -> None:
        self._paused = True

    def resumed(self) -> None:
        self._paused = False
        if self._flood:
            self._flood_on()

    def leave(self) -> None:
        """Nothing to say in HTTP/1.1: the connection just ends."""

    def lost(self) -> None:
        self._flood = 0
        self._busy = True
        if self._timer is not None:
            self._timer.cancel()


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Unreadable
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
