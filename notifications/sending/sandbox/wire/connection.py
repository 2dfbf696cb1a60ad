"""A TCP or TLS connection: finds out which HTTP is spoken and hands the bytes on."""

import asyncio
import contextlib
import socket
import struct

from notifications.sending.sandbox.app import Sandbox
from notifications.sending.sandbox.wire.frames import PREFACE
from notifications.sending.sandbox.wire.http1 import Http1
from notifications.sending.sandbox.wire.http2 import Http2

LINGER_SECONDS = 1.0
LINGER_TLS_SECONDS = 0.1  # TLS cannot end one direction alone: the client waits for this
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    def __init__(
        self, sandbox: Sandbox, loop: asyncio.AbstractEventLoop, all_of_them: set["Connection"]
    ) -> None:
        self.peer = ""
        self.answer = sandbox.answer
        self.flush = sandbox.flush
        self._loop = loop
        self._all = all_of_them
        self._first = b""
        self._closing = False
        self._speaks: Http1 | Http2 | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self.peer = transport.get_extra_info("peername")[0]
        self._all.add(self)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._speaks is None:
            data = self._first + data
            if PREFACE.startswith(data[: len(PREFACE)]):
                if len(data) < len(PREFACE):
                    self._first = data
                    return
                self._speaks = Http2(self, self._loop)
            else:
                self._speaks = Http1(self, self._loop)
        self._speaks.received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        if self._speaks is not None:
            self._speaks.lost()

    def pause_writing(self) -> None:
        if self._speaks is not None:
            self._speaks.paused()

    def resume_writing(self) -> None:
        if self._speaks is not None:
            self._speaks.resumed()

    # ------------------------------------------------------------------ for the speaker

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        """End what is said, and listen on for a moment.

        Closed while the client is still sending, the connection would be reset, and answers that
        the client has not read yet would be lost.
        """
        if self._closing:
            return
        self._closing = True
        linger = LINGER_TLS_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()
            linger = LINGER_SECONDS
        self._loop.call_later(linger, self._transport.close)

    def abort(self) -> None:
        """A reset that the client can tell from a polite end."""
        with contextlib.suppress(OSError):
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
            )
        self._transport.abort()

    def leave(self) -> None:
        if self._speaks is not None:
            self._speaks.leave()
        self._transport.close()
