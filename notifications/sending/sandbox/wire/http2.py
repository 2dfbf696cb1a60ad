"""One HTTP/2 connection from the server's side."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from hpack import Decoder, HPACKError

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.http import Reply, Request, Wire, body_limit
from notifications.sending.sandbox.wire import frames as f

MAX_STREAMS = 100  # FCM's own limit, by the SDKs' account
STREAM_WINDOW = 1 << 20
CONNECTION_WINDOW = 1 << 24
HEAD_MAX_BYTES = 1 << 16
DRIP_SECONDS = 1.0
KEPT_BLOCKS = 10_000

# Header blocks already read. Only blocks that depend on no dynamic table get in here.
_blocks: dict[bytes, "Head"] = {}


class Host(Protocol):
    """What a connection needs from the server that holds it."""

    peer: str

    def answer(self, request: Request) -> Reply: ...
    def flush(self) -> None: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class Broken(Exception):
    """The client broke the protocol; the connection ends with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, frozen=True)
class Head:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    length: int  # -1: not said
    limit: int


@dataclass(slots=True)
class Stream:
    head: Head
    window: int
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    unread: int = 0  # received since the last window update
    answered: bool = False
    timer: asyncio.TimerHandle | None = None
    unsent: bytes = b""
    flood: int = 0  # bytes of filling that follow `unsent`


class Http2:
    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._loop = loop
        self._buffer = b""
        self._out: list[bytes] = [
            f.settings(
                {
                    f.SETTING_TABLE_SIZE: 0,  # so that equal requests have equal header blocks
                    f.SETTING_MAX_STREAMS: MAX_STREAMS,
                    f.SETTING_WINDOW: STREAM_WINDOW,
                }
            ),
            f.window_update(0, CONNECTION_WINDOW - f.WINDOW_DEFAULT),
        ]
        self._decoder = Decoder()
        self._streams: dict[int, Stream] = {}
        self._headers_of = 0  # the stream whose header block is not complete yet
        self._block = b""
        self._block_ends_stream = False
        self._highest = 0  # the highest stream that was opened
        self._answered = 0  # the highest stream whose request was looked at
        self._last: int | None = None  # a GOAWAY was sent: streams above this are ignored
        self._window = f.WINDOW_DEFAULT
        self._stream_window = f.WINDOW_DEFAULT
        self._unread = 0
        self._paused = False
        self._greeted = False
        self._gone = False

    # ------------------------------------------------------------------ in

    def received(self, data: bytes) -> None:
        """All that arrived together is answered in one write, after one flush of the inbox."""
        if self._gone:
            return
        buffer = self._buffer + data if self._buffer else data
        at = 0
        if not self._greeted:
            if len(buffer) < len(f.PREFACE):
                self._buffer = buffer
                return
            at, self._greeted = len(f.PREFACE), True
        try:
            at = self._frames(buffer, at)
        except Broken as broken:
            self._out.append(f.goaway(self._highest, broken.code))
            self._gone = True
        self._buffer = buffer[at:]
        self._send_out()
        if self._gone or (self._last is not None and not self._streams):
            self._host.close()

    def _frames(self, buffer: bytes, at: int) -> int:
        end = len(buffer)
        while end - at >= 9 and not self._gone:
            high, low, kind, flags, stream = f.HEAD.unpack_from(buffer, at)
            size = high << 16 | low
            if size > f.FRAME_MAX:
                raise Broken(f.FRAME_SIZE_ERROR)
            if end - at - 9 < size:
                break
            payload = buffer[at + 9 : at + 9 + size]
            at += 9 + size
            self._frame(kind, flags, stream & 0x7FFFFFFF, payload)
        return at

    def _frame(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._headers_of and (kind != f.CONTINUATION or number != self._headers_of):
            raise Broken(f.PROTOCOL_ERROR)
        if kind == f.DATA:
            self._data(flags, number, payload)
        elif kind == f.HEADERS:
            self._headers(flags, number, payload)
        elif kind == f.CONTINUATION:
            self._continuation(flags, number, payload)
        elif kind == f.WINDOW_UPDATE:
            self._window_update(number, payload)
        elif kind == f.SETTINGS:
            self._settings(flags, number, payload)
        elif kind == f.PING:
            self._ping(flags, number, payload)
        elif kind == f.RST_STREAM:
            self._reset(number, payload)
        elif kind == f.PUSH_PROMISE:
            raise Broken(f.PROTOCOL_ERROR)

    def _headers(self, flags: int, number: int, payload: bytes) -> None:
        if number % 2 == 0:
            raise Broken(f.PROTOCOL_ERROR)
        payload = _unpadded(flags, payload)
        if flags & f.HAS_PRIORITY:
            if len(payload) < 5:
                raise Broken(f.FRAME_SIZE_ERROR)
            payload = payload[5:]
        self._block_ends_stream = bool(flags & f.END_STREAM)
        if flags & f.END_HEADERS:
            self._head(number, payload)
        else:
            self._headers_of, self._block = number, payload

    def _continuation(self, flags: int, number: int, payload: bytes) -> None:
        if number != self._headers_of or not number:
            raise Broken(f.PROTOCOL_ERROR)
        self._block += payload
        if len(self._block) > HEAD_MAX_BYTES:
            raise Broken(f.ENHANCE_YOUR_CALM)
        if flags & f.END_HEADERS:
            self._headers_of = 0
            self._head(number, self._block)

    def _head(self, number: int, block: bytes) -> None:
        head = self._decoded(block)
        if number in self._streams:  # trailers
            if not self._block_ends_stream:
                raise Broken(f.PROTOCOL_ERROR)
            self._complete(number, self._streams[number])
            return
        if number <= self._highest:
            raise Broken(f.STREAM_CLOSED)
        self._highest = number
        if self._last is not None and number > self._last:
            return
        if len(self._streams) >= MAX_STREAMS:
            self._out.append(f.reset(number, f.REFUSED_STREAM))
            return
        stream = self._streams[number] = Stream(head, self._stream_window)
        if head.length > head.limit:
            self._too_much(number, stream)
        elif self._block_ends_stream:
            self._complete(number, stream)

    def _decoded(self, block: bytes) -> Head:
        known = _blocks.get(block)
        if known is not None and self._decoder.header_table_size == 0:
            return known
        try:
            fields = self._decoder.decode(block)
        except HPACKError:
            raise Broken(f.COMPRESSION_ERROR) from None
        head = _head([(str(name), str(value)) for name, value in fields])
        if self._decoder.header_table_size == 0:
            if len(_blocks) >= KEPT_BLOCKS:
                _blocks.clear()
            _blocks[block] = head
        return head

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        self._unread += len(payload)
        if self._unread > CONNECTION_WINDOW // 2:
            self._out.append(f.window_update(0, self._unread))
            self._unread = 0
        stream = self._streams.get(number)
        if stream is None or stream.answered:
            if number > self._highest or not number:
                raise Broken(f.PROTOCOL_ERROR)
            return
        body = _unpadded(flags, payload)
        stream.parts.append(body)
        stream.size += len(body)
        if flags & f.END_STREAM:
            self._complete(number, stream)
            return
        if stream.size > stream.head.limit:
            self._too_much(number, stream)
            return
        stream.unread += len(payload)
        if stream.unread > STREAM_WINDOW // 2:
            self._out.append(f.window_update(number, stream.unread))
            stream.unread = 0

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) % 6:
            raise Broken(f.FRAME_SIZE_ERROR if len(payload) % 6 else f.PROTOCOL_ERROR)
        if flags & f.ACK:
            self._decoder.max_allowed_table_size = 0
            return
        for name, value in f.SETTING.iter_unpack(payload):
            if name == f.SETTING_WINDOW:
                if value > f.WINDOW_MAX:
                    raise Broken(f.FLOW_CONTROL_ERROR)
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._out.append(f.frame(f.SETTINGS, f.ACK, 0))
        self._pump_all()

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) != 8:
            raise Broken(f.PROTOCOL_ERROR if number else f.FRAME_SIZE_ERROR)
        if not flags & f.ACK:
            self._out.append(f.frame(f.PING, f.ACK, 0, payload))

    def _window_update(self, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Broken(f.FRAME_SIZE_ERROR)
        more = int.from_bytes(payload, "big") & 0x7FFFFFFF
        if number == 0:
            self._window += more
            if not more or self._window > f.WINDOW_MAX:
                raise Broken(f.FLOW_CONTROL_ERROR if more else f.PROTOCOL_ERROR)
            self._pump_all()
        elif (stream := self._streams.get(number)) is not None:
            stream.window += more
            self._pump(number, stream)

    def _reset(self, number: int, payload: bytes) -> None:
        if len(payload) != 4 or not number:
            raise Broken(f.FRAME_SIZE_ERROR if number else f.PROTOCOL_ERROR)
        if number > self._highest:
            raise Broken(f.PROTOCOL_ERROR)
        self._forget(number)

    # ------------------------------------------------------------------ requests

    def _complete(self, number: int, stream: Stream) -> None:
        if stream.answered:
            return
        if 0 <= stream.head.length != stream.size:
            self._end(number, f.PROTOCOL_ERROR)
            return
        stream.answered = True
        head = stream.head
        body = stream.parts[0] if len(stream.parts) == 1 else b"".join(stream.parts)
        stream.parts.clear()
        reply = self._host.answer(
            Request(head.method, head.path, head.query, head.headers, body, self._host.peer)
        )
        if reply.wire is Wire.PLAIN and not reply.delay:
            self._plain(number, stream, reply)
        else:
            self._faulty(number, stream, reply)
        if reply.wire not in (Wire.REFUSE, Wire.GOAWAY):
            self._answered = max(self._answered, number)

    def _too_much(self, number: int, stream: Stream) -> None:
        """413 before the body has come, and no more of it, please."""
        stream.answered = True
        self._plain(number, stream, envelopes.too_much())
        self._out.append(f.reset(number, f.NO_ERROR))

    def _plain(self, number: int, stream: Stream, reply: Reply) -> None:
        self._reply_head(number, reply, len(reply.body))
        size = len(reply.body)
        if size <= self._window and size <= stream.window and size <= f.FRAME_MAX:
            self._window -= size
            self._out.append(f.frame(f.DATA, f.END_STREAM, number, reply.body))
            del self._streams[number]
        else:
            stream.unsent = reply.body
            self._pump(number, stream)

    def _reply_head(self, number: int, reply: Reply, size: int) -> None:
        headers = (
            ("content-type", reply.content_type),
            ("content-length", str(size)),
            *reply.headers,
        )
        block = f.header_block(reply.status, headers)
        self._out.append(f.frame(f.HEADERS, f.END_HEADERS, number, block))

    # ------------------------------------------------------------------ faults

    def _faulty(self, number: int, stream: Stream, reply: Reply) -> None:
        if reply.delay:
            delay, reply.delay = reply.delay, 0.0
            stream.timer = self._loop.call_later(delay, self._late, number, stream, reply)
        elif reply.wire is Wire.PLAIN:
            self._plain(number, stream, reply)
        elif reply.wire is Wire.RESET:
            self._end(number, f.INTERNAL_ERROR)
            if reply.whole_connection:
                self._cut()
        elif reply.wire is Wire.REFUSE:
            self._end(number, f.REFUSED_STREAM)
        elif reply.wire is Wire.GOAWAY:
            self._go_away(number, at_once=reply.whole_connection)
        elif reply.wire is Wire.DRIP:
            self._reply_head(number, reply, len(reply.body))
            self._drip(number, stream, reply.body)
        elif reply.wire is Wire.FLOOD:
            self._reply_head(number, reply, len(reply.body) + reply.flood_bytes)
            stream.unsent, stream.flood = reply.body, reply.flood_bytes
            self._pump(number, stream)
        # HANG: the stream stays open and nothing is ever said.

    def _late(self, number: int, stream: Stream, reply: Reply) -> None:
        self._faulty(number, stream, reply)
        self._send_out()
        self._close_if_done()

    def _drip(self, number: int, stream: Stream, rest: bytes) -> None:
        end = f.END_STREAM if len(rest) <= 1 else 0
        if self._window and stream.window:
            self._window -= 1
            stream.window -= 1
            self._out.append(f.frame(f.DATA, end, number, rest[:1]))
            rest = rest[1:]
        if rest:
            stream.timer = self._loop.call_later(DRIP_SECONDS, self._drip_on, number, stream, rest)
        else:
            self._forget(number)

    def _drip_on(self, number: int, stream: Stream, rest: bytes) -> None:
        self._drip(number, stream, rest)
        self._send_out()
        self._close_if_done()

    def _go_away(self, number: int, *, at_once: bool) -> None:
        """Nothing above the last stream that was looked at will be answered."""
        self._last = self._answered
        self._out.append(f.goaway(self._last, f.NO_ERROR))
        if number < self._last:  # a later stream was quicker: say it of this one by name
            self._out.append(f.reset(number, f.REFUSED_STREAM))
        for each in [each for each in self._streams if each > self._last or each == number]:
            self._forget(each)
        self._gone = at_once

    def _cut(self) -> None:
        self._gone = True
        self._out.clear()
        self._host.flush()
        self._host.abort()

    # ------------------------------------------------------------------ out

    def _pump_all(self) -> None:
        for number, stream in list(self._streams.items()):
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
                self._forget(number)
            elif len(self._out) > 32:
                self._send_out()

    def paused(self) -> None:
        self._paused = True

    def resumed(self) -> None:
        self._paused = False
        self._pump_all()
        self._send_out()
        self._close_if_done()

    def _send_out(self) -> None:
        self._host.flush()
        if self._out:
            out, self._out = b"".join(self._out), []
            self._host.write(out)

    def _close_if_done(self) -> None:
        if self._last is not None and not self._streams:
            self._host.close()

    def _end(self, number: int, code: int) -> None:
        self._forget(number)
        self._out.append(f.reset(number, code))

    def _forget(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None and stream.timer is not None:
            stream.timer.cancel()

    def leave(self) -> None:
        """The server stops: say so."""
        self._out.append(f.goaway(self._highest, f.NO_ERROR))
        self._send_out()

    def lost(self) -> None:
        self._gone = True
        for number in list(self._streams):
            self._forget(number)


def _head(fields: list[tuple[str, str]]) -> Head:
    headers: dict[str, str] = {}
    for name, value in fields:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path, _, query = headers.get(":path", "/").partition("?")
    if "host" not in headers:
        headers["host"] = headers.get(":authority", "")
    length = headers.get("content-length", "")
    known = int(length) if length.isascii() and length.isdigit() else -1
    return Head(headers.get(":method", ""), path, query, headers, known, body_limit(path))


def _unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & f.PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise Broken(f.PROTOCOL_ERROR)
    return payload[1 : len(payload) - payload[0]]
