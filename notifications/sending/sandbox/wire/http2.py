"""One HTTP/2 connection from the server's side: frames in, requests out of them."""

import asyncio

from hpack import Decoder

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.http import Request
from notifications.sending.sandbox.wire import frames as f
from notifications.sending.sandbox.wire.answers import Answers, Host
from notifications.sending.sandbox.wire.streams import Broken, Head, Stream, decoded, unpadded

MAX_STREAMS = 100  # FCM's own limit, by the SDKs' account
STREAM_WINDOW = 1 << 20
CONNECTION_WINDOW = 1 << 24
HEAD_MAX_BYTES = 1 << 16
HEAD_SIZE = 9


class Http2:
    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._answers = Answers(host, loop)
        self._streams = self._answers.streams
        self._decoder = Decoder()
        self._buffer = b""
        self._greeted = False
        self._headers_of = 0  # the stream whose header block is not complete yet
        self._block = b""
        self._block_ends_stream = False
        self._highest = 0  # the highest stream that was opened
        self._unread = 0  # received since the connection's last window update
        self._answers.add(
            f.settings(
                {
                    f.SETTING_TABLE_SIZE: 0,  # so that equal requests have equal header blocks
                    f.SETTING_MAX_STREAMS: MAX_STREAMS,
                    f.SETTING_WINDOW: STREAM_WINDOW,
                }
            )
        )
        self._answers.add(f.window_update(0, CONNECTION_WINDOW - f.WINDOW_DEFAULT))

    def received(self, data: bytes) -> None:
        """All that arrived together is answered in one write, after one flush of the inbox."""
        if self._answers.gone:
            return
        buffer = self._buffer + data if self._buffer else data
        at = 0
        if not self._greeted:
            at, self._greeted = len(f.PREFACE), True
        try:
            at = self._frames(buffer, at)
        except Broken as broken:
            self._answers.add(f.goaway(self._highest, broken.code))
            self._answers.gone = True
        self._buffer = buffer[at:]
        self._answers.send_out()

    def _frames(self, buffer: bytes, at: int) -> int:
        end = len(buffer)
        while end - at >= HEAD_SIZE and not self._answers.gone:
            high, low, kind, flags, stream = f.HEAD.unpack_from(buffer, at)
            size = high << 16 | low
            if size > f.FRAME_MAX:
                raise Broken(f.FRAME_SIZE_ERROR)
            if end - at - HEAD_SIZE < size:
                break
            payload = buffer[at + HEAD_SIZE : at + HEAD_SIZE + size]
            at += HEAD_SIZE + size
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

    # ------------------------------------------------------------------ requests

    def _headers(self, flags: int, number: int, payload: bytes) -> None:
        if number % 2 == 0:
            raise Broken(f.PROTOCOL_ERROR)
        block = unpadded(flags, payload)
        if flags & f.HAS_PRIORITY:
            if len(block) < 5:
                raise Broken(f.FRAME_SIZE_ERROR)
            block = block[5:]
        self._block_ends_stream = bool(flags & f.END_STREAM)
        if flags & f.END_HEADERS:
            self._head(number, decoded(self._decoder, block))
        else:
            self._headers_of, self._block = number, block

    def _continuation(self, flags: int, number: int, payload: bytes) -> None:
        if number != self._headers_of or not number:
            raise Broken(f.PROTOCOL_ERROR)
        self._block += payload
        if len(self._block) > HEAD_MAX_BYTES:
            raise Broken(f.ENHANCE_YOUR_CALM)
        if flags & f.END_HEADERS:
            self._headers_of = 0
            self._head(number, decoded(self._decoder, self._block))

    def _head(self, number: int, head: Head) -> None:
        if number in self._streams:
            self._trailers(number)
            return
        if number <= self._highest:
            raise Broken(f.STREAM_CLOSED)
        self._highest = number
        if self._answers.last is not None:
            return
        if len(self._streams) >= MAX_STREAMS:
            self._answers.add(f.reset(number, f.REFUSED_STREAM))
            return
        stream = self._streams[number] = Stream(head, self._answers.stream_window)
        if head.length > head.limit:
            self._too_much(number, stream)
        elif self._block_ends_stream:
            self._complete(number, stream)

    def _trailers(self, number: int) -> None:
        if not self._block_ends_stream:
            raise Broken(f.PROTOCOL_ERROR)
        self._complete(number, self._streams[number])

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        self._unread += len(payload)
        if self._unread > CONNECTION_WINDOW // 2:
            self._answers.add(f.window_update(0, self._unread))
            self._unread = 0
        stream = self._streams.get(number)
        if stream is None or stream.answered:
            if number > self._highest or not number:
                raise Broken(f.PROTOCOL_ERROR)
            return
        body = unpadded(flags, payload)
        stream.parts.append(body)
        stream.size += len(body)
        if flags & f.END_STREAM:
            self._complete(number, stream)
        elif stream.size > stream.head.limit:
            self._too_much(number, stream)
        else:
            self._widen(number, stream, len(payload))

    def _widen(self, number: int, stream: Stream, size: int) -> None:
        stream.unread += size
        if stream.unread > STREAM_WINDOW // 2:
            self._answers.add(f.window_update(number, stream.unread))
            stream.unread = 0

    def _complete(self, number: int, stream: Stream) -> None:
        if stream.answered:
            return
        if 0 <= stream.head.length != stream.size:
            self._answers.end(number, f.PROTOCOL_ERROR)
            return
        stream.answered = True
        head = stream.head
        body = stream.parts[0] if len(stream.parts) == 1 else b"".join(stream.parts)
        stream.parts.clear()
        request = Request(head.method, head.path, head.query, head.headers, body, self._host.peer)
        self._answers.reply(number, stream, self._host.answer(request))

    def _too_much(self, number: int, stream: Stream) -> None:
        """413 before the body has come, and no more of it, please."""
        stream.answered = True
        self._answers.plain(number, stream, envelopes.too_much())
        self._answers.add(f.reset(number, f.NO_ERROR))

    # ------------------------------------------------------------------ the connection

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) % 6:
            raise Broken(f.FRAME_SIZE_ERROR if len(payload) % 6 else f.PROTOCOL_ERROR)
        if flags & f.ACK:
            self._decoder.max_allowed_table_size = 0
            return
        for name, value in f.SETTING.iter_unpack(payload):
            if name == f.SETTING_WINDOW:
                self._answers.set_stream_window(value)
        self._answers.add(f.frame(f.SETTINGS, f.ACK, 0))

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        if number or len(payload) != 8:
            raise Broken(f.PROTOCOL_ERROR if number else f.FRAME_SIZE_ERROR)
        if not flags & f.ACK:
            self._answers.add(f.frame(f.PING, f.ACK, 0, payload))

    def _window_update(self, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Broken(f.FRAME_SIZE_ERROR)
        self._answers.widen(number, int.from_bytes(payload, "big") & 0x7FFFFFFF)

    def _reset(self, number: int, payload: bytes) -> None:
        if len(payload) != 4 or not number:
            raise Broken(f.FRAME_SIZE_ERROR if number else f.PROTOCOL_ERROR)
        if number > self._highest:
            raise Broken(f.PROTOCOL_ERROR)
        self._answers.forget(number)

    def paused(self) -> None:
        self._answers.pause()

    def resumed(self) -> None:
        self._answers.resume()

    def leave(self) -> None:
        """The server stops: say so."""
        self._answers.add(f.goaway(self._highest, f.NO_ERROR))
        self._answers.send_out()

    def lost(self) -> None:
        self._answers.gone = True
        for number in list(self._streams):
            self._answers.forget(number)
