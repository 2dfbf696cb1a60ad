"""The server's half of an HTTP/2 connection: answers, whole or spoilt, within the client's windows."""

import asyncio
from typing import Protocol

from notifications.sending.sandbox.http import Reply, Request, Wire
from notifications.sending.sandbox.wire import frames as f
from notifications.sending.sandbox.wire.streams import Broken, Stream

DRIP_SECONDS = 1.0


class Host(Protocol):
    """What a connection needs from the server that holds it."""

    peer: str

    def answer(self, request: Request) -> Reply: ...
    def flush(self) -> None: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class Answers:
    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._loop = loop
        self.streams: dict[int, Stream] = {}
        self.stream_window = f.WINDOW_DEFAULT
        self.last: int | None = None  # a GOAWAY was sent: streams above this are ignored
        self.gone = False
        self._out: list[bytes] = []
        self._window = f.WINDOW_DEFAULT
        self._answered = 0  # the highest stream whose request was looked at
        self._paused = False

    def add(self, frame: bytes) -> None:
        self._out.append(frame)

    def send_out(self) -> None:
        """What was accepted is safe before anybody hears of it."""
        self._host.flush()
        if self._out:
            out, self._out = b"".join(self._out), []
            self._host.write(out)
        if self.gone or (self.last is not None and not self.streams):
            self._host.close()

    # ------------------------------------------------------------------ answers

    def reply(self, number: int, stream: Stream, reply: Reply) -> None:
        if reply.wire is Wire.PLAIN and not reply.delay:
            self.plain(number, stream, reply)
        else:
            self._spoilt(number, stream, reply)
        if reply.wire not in (Wire.REFUSE, Wire.GOAWAY):
            self._answered = max(self._answered, number)

    def plain(self, number: int, stream: Stream, reply: Reply) -> None:
        size = len(reply.body)
        self._head(number, reply, size)
        if size <= self._window and size <= stream.window and size <= f.FRAME_MAX:
            self._window -= size
            self._out.append(f.frame(f.DATA, f.END_STREAM, number, reply.body))
            del self.streams[number]
        else:
            stream.unsent = reply.body
            self._pump(number, stream)

    def end(self, number: int, code: int) -> None:
        self.forget(number)
        self._out.append(f.reset(number, code))

    def forget(self, number: int) -> None:
        stream = self.streams.pop(number, None)
        if stream is not None and stream.timer is not None:
            stream.timer.cancel()

    def _head(self, number: int, reply: Reply, size: int) -> None:
        headers = (
            ("content-type", reply.content_type),
            ("content-length", str(size)),
            *reply.headers,
        )
        block = f.header_block(reply.status, headers)
        self._out.append(f.frame(f.HEADERS, f.END_HEADERS, number, block))

    # ------------------------------------------------------------------ faults

    def _spoilt(self, number: int, stream: Stream, reply: Reply) -> None:
        if reply.delay:
            delay, reply.delay = reply.delay, 0.0
            stream.timer = self._loop.call_later(delay, self._late, number, stream, reply)
        elif reply.wire is Wire.PLAIN:
            self.plain(number, stream, reply)
        elif reply.wire is Wire.RESET:
            self.end(number, f.INTERNAL_ERROR)
            if reply.whole_connection:
                self._cut()
        elif reply.wire is Wire.REFUSE:
            self.end(number, f.REFUSED_STREAM)
        elif reply.wire is Wire.GOAWAY:
            self._go_away(number, at_once=reply.whole_connection)
        elif reply.wire is Wire.DRIP:
            self._head(number, reply, len(reply.body))
            self._drip(number, stream, reply.body)
        elif reply.wire is Wire.FLOOD:
            self._head(number, reply, len(reply.body) + reply.flood_bytes)
            stream.unsent, stream.flood = reply.body, reply.flood_bytes
            self._pump(number, stream)
        # HANG: the stream stays open and nothing is ever said.

    def _late(self, number: int, stream: Stream, reply: Reply) -> None:
        self._spoilt(number, stream, reply)
        self.send_out()

    def _drip(self, number: int, stream: Stream, rest: bytes) -> None:
        if self._window and stream.window:
            self._window -= 1
            stream.window -= 1
            end = f.END_STREAM if len(rest) == 1 else 0
            self._out.append(f.frame(f.DATA, end, number, rest[:1]))
            rest = rest[1:]
        if rest:
            stream.timer = self._loop.call_later(DRIP_SECONDS, self._drip_on, number, stream, rest)
        else:
            self.forget(number)

    def _drip_on(self, number: int, stream: Stream, rest: bytes) -> None:
        self._drip(number, stream, rest)
        self.send_out()

    def _go_away(self, number: int, *, at_once: bool) -> None:
        """Nothing above the last stream that was looked at will be answered."""
        self.last = self._answered
        self._out.append(f.goaway(self.last, f.NO_ERROR))
        if number < self.last:  # a later stream was quicker: say it of this one by name
            self._out.append(f.reset(number, f.REFUSED_STREAM))
        for each in [each for each in self.streams if each > self.last or each == number]:
            self.forget(each)
        self.gone = at_once

    def _cut(self) -> None:
        self.gone = True
        self._out.clear()
        self._host.flush()
        self._host.abort()

    # ------------------------------------------------------------------ windows

    def widen(self, number: int, more: int) -> None:
        """The client takes more: on one stream, or (0) on all of the connection."""
        if number == 0:
            self._window += more
            if not more or self._window > f.WINDOW_MAX:
                raise Broken(f.FLOW_CONTROL_ERROR if more else f.PROTOCOL_ERROR)
            self._pump_all()
        elif (stream := self.streams.get(number)) is not None:
            stream.window += more
            self._pump(number, stream)

    def set_stream_window(self, size: int) -> None:
        if size > f.WINDOW_MAX:
            raise Broken(f.FLOW_CONTROL_ERROR)
        for stream in self.streams.values():
            stream.window += size - self.stream_window
        self.stream_window = size
        self._pump_all()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._pump_all()
        self.send_out()

    def _pump_all(self) -> None:
        for number, stream in list(self.streams.items()):
            if stream.unsent or stream.flood:
                self._pump(number, stream)

    def _pump(self, number: int, stream: Stream) -> None:
        """Send as much of a long body as the client's windows and the socket take."""
        while (stream.unsent or stream.flood) and not self._paused:
            if not stream.unsent:
                piece = min(stream.flood, f.FRAME_MAX)
                stream.unsent, stream.flood = b" " * piece, stream.flood - piece
            size = min(len(stream.unsent), f.FRAME_MAX, self._window, stream.window)
            if size <= 0:
                return
            part, stream.unsent = stream.unsent[:size], stream.unsent[size:]
            self._window -= size
            stream.window -= size
            done = not stream.unsent and not stream.flood
            self._out.append(f.frame(f.DATA, f.END_STREAM if done else 0, number, part))
            if done:
                self.forget(number)
            elif len(self._out) > 32:
                self.send_out()
