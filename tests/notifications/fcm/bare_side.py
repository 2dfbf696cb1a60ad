"""A far side of bare bytes, in the test's own thread, at one connection of the multiplexer."""

import socket
import time
from collections import deque
from contextlib import suppress

from notifications.fcm.multiplexer import frames
from notifications.fcm.multiplexer.connection import Connection, State
from notifications.fcm.multiplexer.exchange import Exchange
from notifications.fcm.multiplexer.headers import RequestHeaders

GREETING = frames.settings({frames.MAX_CONCURRENT_STREAMS: 100})
OK_HEAD = b"\x88"  # :status 200, from the static table
OK_BODY = b'{"name":"projects/demo/messages/1"}'


class BareSide:
    """`ours` is the connection under test, `theirs` the socket it talks to."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(True)

    def __enter__(self) -> "BareSide":
        address = (socket.AF_INET, self._listener.getsockname())
        headers = RequestHeaders("http", "localhost", "/send")
        self.ours = Connection(address, None, "localhost", headers, time.monotonic() + 5)
        self.theirs, _ = self._listener.accept()
        return self

    def __exit__(self, *exc: object) -> None:
        self.theirs.close()
        self.ours.transport.close()
        self._listener.close()

    def greet(self) -> None:
        self.says(GREETING)
        assert self.ours.state is State.OPEN

    def says(self, octets: bytes) -> None:
        """Let the connection read this, and write what it then has to say."""
        with suppress(BrokenPipeError, ConnectionResetError):  # it had enough
            self.theirs.sendall(octets)
        self.settle(within_s=5)

    def ends(self) -> None:
        with suppress(OSError):
            self.theirs.shutdown(socket.SHUT_WR)
        self.settle(within_s=5)

    def settle(self, within_s: float = 0.05) -> None:
        until = time.monotonic() + within_s
        while self.ours.state is not State.CLOSED and time.monotonic() < until:
            before = self.ours.last_read
            self.ours.read()
            self.ours.write()
            if self.ours.last_read != before:
                return

    def begin(self, count: int = 1, body: bytes = b"{}") -> list[Exchange]:
        """Requests on streams 1, 3, 5, …"""
        exchanges = [Exchange(number, body) for number in range(count)]
        self.ours.begin(deque(exchanges), count, 60, "")
        self.ours.write()
        return exchanges

    def heard(self) -> bytes:
        """All that was written to the far side until now."""
        self.theirs.setblocking(False)
        octets = b""
        try:
            while more := self.theirs.recv(1 << 20):
                octets += more
        except (BlockingIOError, ConnectionResetError):
            pass
        return octets


def answer_frames(stream: int) -> bytes:
    return frames.frame(frames.HEADERS, frames.END_HEADERS, stream, OK_HEAD) + frames.frame(
        frames.DATA, frames.END_STREAM, stream, OK_BODY
    )
