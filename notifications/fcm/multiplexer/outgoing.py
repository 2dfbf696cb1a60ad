"""What one connection says: requests as frames, within the far side's windows."""

import time
from collections import deque
from math import inf

from notifications.fcm.multiplexer import frames
from notifications.fcm.multiplexer.exchange import Exchange
from notifications.fcm.multiplexer.frames import (
    FRAME_MAX_BYTES,
    HEAD_BYTES,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    Violation,
)
from notifications.fcm.multiplexer.headers import RequestHeaders
from notifications.fcm.multiplexer.transport import Transport

# Large bodies are cut into frames only as fast as the network takes them.
UNSENT_BYTES = 256 * 1024
PART_MAX_BYTES = 64 * 1024


class Outgoing:
    """`unsent` waits for the network; `sent` of the `queued` bytes were handed to it, which is
    what `Exchange.end` is held against. `mute`: cut in the middle of a frame, so nothing more may
    follow. `kept_back` are requests of which flow control holds a part."""

    def __init__(self, greeting: bytes, headers: RequestHeaders) -> None:
        self.headers = headers
        self.unsent = greeting
        self.queued = len(greeting)
        self.sent = 0
        self.mute = False
        self.next_stream = 1
        self.window = WINDOW_DEFAULT
        self.kept_back: dict[int, Exchange] = {}
        self._stream_window = WINDOW_DEFAULT
        self._frame_max = FRAME_MAX_BYTES

    @property
    def free(self) -> bool:
        """Whether another request may begin."""
        return not (self.unsent or self.kept_back or self.mute) and self.window > 0

    def put(self, octets: bytes) -> None:
        if not self.mute:
            self.unsent += octets
            self.queued += len(octets)

    def begin(
        self,
        waiting: deque[Exchange],
        most: int,
        patience_s: float,
        token: str,
        streams: dict[int, Exchange],
    ) -> None:
        """Frame ≤ `most` of those waiting and enter them in `streams`; fewer where the far side's
        windows say so. The hot loop: five pieces of bytes a request, joined once."""
        self.headers.authorize(token)
        pieces: list[bytes] = []
        stream, queued, window = self.next_stream, self.queued, self.window
        at_once = min(self._stream_window, self._frame_max)
        framing, next_waiting = self.headers.framing, waiting.popleft
        now = time.monotonic()
        give_up_at = now + patience_s
        too_large: Exchange | None = None
        while most and waiting:
            most -= 1
            exchange = next_waiting()
            exchange.began_at, exchange.give_up_at, exchange.token = now, give_up_at, token
            body = exchange.body
            size = len(body)
            if size > at_once or size > window:
                too_large = exchange
                break
            head, middle = framing(size)
            number = stream.to_bytes(4, "big")
            pieces += (head, number, middle, number, body)
            queued += len(head) + 8 + len(middle) + size
            exchange.end = queued
            streams[stream] = exchange
            stream += 2
            window -= size
        self.next_stream, self.queued, self.window = stream, queued, window
        self.unsent += b"".join(pieces)
        if too_large:
            self._begin_in_parts(too_large, streams)

    def flush(self, transport: Transport) -> None:
        """Hand to the network what it takes. Raises OSError."""
        while self.unsent:
            sent = transport.send(self.unsent)
            if not sent:
                return
            self.sent += sent
            self.unsent = self.unsent[sent:]
            if self.kept_back and len(self.unsent) < UNSENT_BYTES:
                self.go_on()

    def cut(self) -> None:
        """Drop what is unsent; where something is, in the middle of a frame: nothing follows."""
        if self.unsent:
            self.unsent, self.mute = b"", True

    def limit(self, window: int, frame_max: int | None) -> None:
        """The far side's SETTINGS: a stream's window, and the longest frame."""
        for exchange in self.kept_back.values():  # 6.9.2: windows in use move along
            exchange.window += window - self._stream_window
        self._stream_window = window
        if frame_max is not None:
            self._frame_max = min(frame_max, PART_MAX_BYTES)

    @property
    def stream_window(self) -> int:
        return self._stream_window

    def widen(self, stream: int, increment: int) -> None:
        """WINDOW_UPDATE; stream 0 is the connection's."""
        exchange = self.kept_back.get(stream)
        if stream == 0:
            self.window += increment
        elif exchange is not None:
            exchange.window += increment
        if self.window > WINDOW_MAX or (exchange and exchange.window > WINDOW_MAX):
            raise Violation(frames.FLOW_CONTROL_ERROR, "A window is over 2^31-1.")

    def go_on(self) -> None:
        """Send of what was kept back as much as the windows allow now."""
        for stream, exchange in list(self.kept_back.items()):
            while exchange.rest and len(self.unsent) < UNSENT_BYTES:
                most = min(self._frame_max, exchange.window, self.window)
                if most <= 0:
                    break
                part, exchange.rest = exchange.rest[:most], exchange.rest[most:]
                flags = 0 if exchange.rest else frames.END_STREAM
                self.put(frames.frame(frames.DATA, flags, stream, part))
                exchange.window -= len(part)
                self.window -= len(part)
            if not exchange.rest:
                exchange.end = self.queued
                del self.kept_back[stream]

    def _begin_in_parts(self, exchange: Exchange, streams: dict[int, Exchange]) -> None:
        """A body that the far side's windows or frames don't take at once."""
        stream = self.next_stream
        self.next_stream += 2
        head, middle = self.headers.framing(len(exchange.body))
        exchange.end = inf
        exchange.rest, exchange.window = exchange.body, self._stream_window
        # `middle` ends with the head of one DATA frame for the whole body: not here.
        self.put(head + stream.to_bytes(4, "big") + middle[: -(HEAD_BYTES - 4)])
        streams[stream] = self.kept_back[stream] = exchange
        self.go_on()
