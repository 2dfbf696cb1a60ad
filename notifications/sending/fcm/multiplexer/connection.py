"""One HTTP/2 connection (RFC 9113), without waiting: the caller says when to read and write.

What may and may not be sent again rests on two facts: `Exchange.end` against the number of bytes
handed to the network, and the far side's word that it processed no stream above the one in its
GOAWAY, or that it refused a stream (8.7).
"""

import os
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from math import inf

from notifications.sending.fcm.multiplexer import frames
from notifications.sending.fcm.multiplexer.exchange import Exchange
from notifications.sending.fcm.multiplexer.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_MAX_BYTES,
    HEAD_BYTES,
    HEADERS,
    STREAM_MAX,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    Violation,
)
from notifications.sending.fcm.multiplexer.headers import (
    BLOCK_MAX_BYTES,
    RequestHeaders,
    answer_head,
)
from notifications.sending.fcm.outcomes import Failure

# Google's Node SDK keeps to 100 "to respect backend limit".
STREAMS = 100
BODY_MAX_BYTES = 64 * 1024
# Received bytes that the far side may send before we say more: ours are read at once.
OUR_WINDOW = 16 * 1024 * 1024
READ_BYTES = 256 * 1024
# Frames that bring no answer forward, since the last that did: a flood is no conversation. It
# also bounds what is kept for a far side that asks (PING, SETTINGS) and does not listen.
IDLE_FRAMES_MAX = 10_000
# Large bodies are cut into frames only as fast as the network takes them.
UNSENT_BYTES = 256 * 1024
# Streams are numbered up to 2^31-1; a connection is replaced long before.
LAST_STREAM = 2**30

_OUR_SETTINGS = {
    frames.HEADER_TABLE_SIZE: 0,  # so that a header block means the same at any time
    frames.ENABLE_PUSH: 0,
    # A frame more than we want: what is too much must be able to show itself.
    frames.INITIAL_WINDOW_SIZE: BODY_MAX_BYTES + FRAME_MAX_BYTES,
    frames.MAX_HEADER_LIST_SIZE: BLOCK_MAX_BYTES,
}


class State(Enum):
    CONNECTING = "connecting"
    SHAKING_HANDS = "TLS handshake"
    GREETING = "waiting for SETTINGS"
    OPEN = "open"
    LEAVING = "finishing what was begun"
    CLOSED = "closed"


# How an exchange ended: None with an answer, else why not.
Ended = tuple[Exchange, tuple[Failure, str] | None]


class Connection:
    """`ended` collects exchanges that are over, `again` those the far side certainly did not
    process, with the reason; the caller empties both."""

    def __init__(
        self,
        address: tuple[int, tuple[object, ...]],
        tls: ssl.SSLContext | None,
        host: str,
        headers: RequestHeaders,
        connect_by: float,
    ) -> None:
        self.ended: list[Ended] = []
        self.again: list[tuple[Exchange, tuple[Failure, str]]] = []
        self.state = State.CONNECTING
        self.why_closed: tuple[Failure, str] | None = None
        self.connect_by = connect_by
        self.last_read = time.monotonic()
        self.more_to_read = False
        self.was_open = False
        self.streams: dict[int, Exchange] = {}
        self._headers = headers
        self._tls, self._host = tls, host
        self._handshake_writes = False
        self._next_stream = 1
        self._unsent = frames.PREFACE + frames.settings(_OUR_SETTINGS)
        self._unsent += frames.window_update(0, OUR_WINDOW - WINDOW_DEFAULT)
        self._mute = False  # cut in the middle of a frame: nothing more may follow
        self._queued = len(self._unsent)  # bytes ever put into _unsent
        self._sent = 0  # of these, handed to the network
        self._tail = b""
        self._block: tuple[int, int, bytes] | None = None  # stream, flags, so far: CONTINUATION
        self._received = 0
        self._idle_frames = 0
        self._window = WINDOW_DEFAULT
        self._stream_window = WINDOW_DEFAULT
        self._frame_max = FRAME_MAX_BYTES
        self._max_streams = STREAMS
        self._kept_back: dict[int, Exchange] = {}
        family, target = address
        self.sock: socket.socket = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self._connect(target)

    # ------------------------------------------------------------ for the caller

    def fileno(self) -> int:
        return self.sock.fileno()

    @property
    def wants_to_write(self) -> bool:
        if self.state is State.SHAKING_HANDS:
            return self._handshake_writes
        return self.state is State.CONNECTING or bool(self._unsent)

    @property
    def due_at(self) -> float:
        """When `expire` next has something to do."""
        if not self.was_open:
            return self.connect_by
        return next((exchange.give_up_at for exchange in self.streams.values()), inf)

    @property
    def room(self) -> int:
        """How many requests may begin now."""
        if self.state is not State.OPEN or self._unsent or self._kept_back or self._window <= 0:
            return 0
        return min(self._max_streams, STREAMS) - len(self.streams)

    def begin(self, waiting: deque[Exchange], most: int, patience_s: float, token: str) -> None:
        """Put ≤ `most` of those waiting on the wire; fewer where flow control says so."""
        self._headers.authorize(token)
        pieces: list[bytes] = []
        stream, queued, window = self._next_stream, self._queued, self._window
        at_once = min(self._stream_window, self._frame_max)
        framing, streams, next_waiting = self._headers.framing, self.streams, waiting.popleft
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
        self._next_stream, self._queued, self._window = stream, queued, window
        self._unsent += b"".join(pieces)
        if too_large:
            self._begin_in_parts(too_large)
        if self._next_stream > LAST_STREAM:
            self.state = State.LEAVING

    def read(self) -> None:
        """Take in what has arrived, and answer what must be answered at once."""
        try:
            if self.state is State.CONNECTING:
                self._connected()
            if self.state is State.SHAKING_HANDS:
                self._shake_hands()
            if self.state in (State.GREETING, State.OPEN, State.LEAVING):
                self._receive()
        except Violation as violation:
            with suppress(OSError):
                if not self._unsent and not self._mute:  # never into the middle of a frame
                    self.sock.send(frames.goaway(violation.code))
            failure = self._failure(Failure.CONNECT)
            self.close(failure, f"The far side broke HTTP/2: {violation}")
        except ssl.SSLError as error:
            self.close(self._failure(Failure.TLS), str(error))
        except OSError as error:
            self.close(self._failure(Failure.CONNECT), str(error))

    def write(self) -> None:
        """Hand to the network what it takes."""
        if self.state not in (State.GREETING, State.OPEN, State.LEAVING):
            return
        while self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                # What was sent may have been answered; that is read before all is given up.
                self._unsent = b""
                self.read()
                self.close(self._failure(Failure.CONNECT), str(error))
                return
            self._sent += sent
            self._unsent = self._unsent[sent:]
            if self._kept_back and len(self._unsent) < UNSENT_BYTES:
                self._send_kept_back()

    def expire(self, now: float) -> None:
        """End what took too long. Streams are in the order of their beginnings."""
        if not self.was_open:
            if now >= self.connect_by:
                self.close(self._failure(Failure.CONNECT), f"Timed out: {self.state.value}.")
            return
        late = []
        for stream, exchange in self.streams.items():
            if exchange.give_up_at > now:
                break
            late.append(stream)
        for stream in late:
            if self.state is not State.CLOSED:
                self._give_up(stream)

    def stop_writing(self) -> None:
        """Hand nothing more to the network: what it does not have whole can be sent elsewhere."""
        if self.state not in (State.OPEN, State.LEAVING):
            return
        if self._unsent:
            self._unsent, self._mute, self.state = b"", True, State.LEAVING
        cut = [number for number, exchange in self.streams.items() if exchange.end > self._sent]
        for number in cut:
            self.again.append((self._forget(number), (Failure.CONNECT, "Not sent in time.")))
            self._queue(frames.rst_stream(number, frames.CANCEL))

    def close(self, failure: Failure, why: str) -> None:
        """Over. What was whole on the network is ambiguous, the rest is not."""
        if self.state is State.CLOSED:
            return
        self.why_closed = failure, why
        self.state = State.CLOSED
        self._unsent = b""
        self.sock.close()
        for exchange in self.streams.values():
            if exchange.end > self._sent:
                self.again.append((exchange, (Failure.CONNECT, why)))
            else:
                self.ended.append((exchange, (Failure.RESET, why)))
        self.streams.clear()
        self._kept_back.clear()

    # ------------------------------------------------------------ beginnings

    def _connect(self, target: tuple[object, ...]) -> None:
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        try:
            self.sock.connect(target)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(Failure.CONNECT, str(error))

    def _connected(self) -> None:
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        try:
            self.sock.getpeername()
        except OSError:
            return  # not yet
        if self._tls is None:
            self.state = State.GREETING
            return
        self.state = State.SHAKING_HANDS
        self.sock = self._tls.wrap_socket(
            self.sock, server_hostname=self._host, do_handshake_on_connect=False
        )

    def _shake_hands(self) -> None:
        if not isinstance(self.sock, ssl.SSLSocket):
            return
        try:
            self.sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wants:
            self._handshake_writes = isinstance(wants, ssl.SSLWantWriteError)
            return
        if self.sock.selected_alpn_protocol() != "h2":
            raise ssl.SSLError("The far side does not speak HTTP/2.")
        self.state = State.GREETING

    def _failure(self, otherwise: Failure) -> Failure:
        """Why a connection ended: before the first request, that is no attempt."""
        if self.state is State.SHAKING_HANDS:
            return Failure.TLS
        return otherwise if self.state in (State.CONNECTING, State.GREETING) else Failure.RESET

    # ------------------------------------------------------------ sending in parts

    def _begin_in_parts(self, exchange: Exchange) -> None:
        """A body that the far side's windows or frames don't take at once."""
        stream = self._next_stream
        self._next_stream += 2
        head, middle = self._headers.framing(len(exchange.body))
        exchange.rest, exchange.window = exchange.body, self._stream_window
        self.streams[stream] = exchange
        # `middle` ends with the head of one DATA frame for the whole body: not here.
        self._queue(head + stream.to_bytes(4, "big") + middle[: -(HEAD_BYTES - 4)])
        self._kept_back[stream] = exchange
        self._send_kept_back()

    def _send_kept_back(self) -> None:
        for stream, exchange in list(self._kept_back.items()):
            while exchange.rest and len(self._unsent) < UNSENT_BYTES:
                most = min(self._frame_max, exchange.window, self._window)
                if most <= 0:
                    break
                part, exchange.rest = exchange.rest[:most], exchange.rest[most:]
                flags = 0 if exchange.rest else frames.END_STREAM
                self._queue(frames.frame(frames.DATA, flags, stream, part))
                exchange.window -= len(part)
                self._window -= len(part)
            if not exchange.rest:
                exchange.end = self._queued
                del self._kept_back[stream]

    def _queue(self, octets: bytes) -> None:
        if self._mute:
            return
        self._unsent += octets
        self._queued += len(octets)

    # ------------------------------------------------------------ endings

    def _give_up(self, stream: int) -> None:
        exchange = self.streams[stream]
        if exchange.end > self._sent:
            self._end(stream, Failure.CONNECT, "Not sent in time.")
            self.stop_writing()  # or the rest of it would go out after we said that it did not
            self.state = State.LEAVING  # who takes so little gets nothing new
            return
        self._end(stream, Failure.TIMEOUT, "No answer in time.", cancel=True)
        if self.last_read < exchange.began_at:
            self.state = State.LEAVING  # not a byte since it was asked: nothing new goes there

    def _end(self, stream: int, failure: Failure, why: str, *, cancel: bool = False) -> None:
        exchange = self._forget(stream)
        self.ended.append((exchange, (failure, why)))
        if cancel:
            self._queue(frames.rst_stream(stream, frames.CANCEL))

    def _finish(self, stream: int) -> None:
        """An answer is whole. It may come before the request is: the rest need not go."""
        exchange = self.streams.pop(stream)
        if exchange.rest:
            del self._kept_back[stream]
            self._queue(frames.rst_stream(stream, frames.CANCEL))
        self.ended.append((exchange, None))
        self._idle_frames = 0

    def _forget(self, stream: int) -> Exchange:
        self._kept_back.pop(stream, None)
        return self.streams.pop(stream)

    # ------------------------------------------------------------ receiving

    def _receive(self) -> None:
        self.more_to_read = False
        for _ in range(64):
            try:
                received = self.sock.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not received:
                failure = self._failure(Failure.CONNECT)
                self.close(failure, "The far side ended the connection.")
                return
            self.last_read = time.monotonic()
            self._take(received)
            if self._tls is None and len(received) < READ_BYTES:
                return
        self.more_to_read = True

    def _take(self, received: bytes) -> None:
        """Frames, the two that make an ordinary answer first."""
        octets = self._tail + received if self._tail else received
        at, end = 0, len(octets)
        unpack, streams = frames.HEAD.unpack_from, self.streams
        plain = self.was_open and not self._block
        while end - at >= HEAD_BYTES:
            high, low, kind, flags, stream = unpack(octets, at)
            begin = at + HEAD_BYTES
            at = begin + (high << 8 | low)
            if at - begin > FRAME_MAX_BYTES:
                raise Violation(frames.FRAME_SIZE_ERROR, "A frame is longer than we allow.")
            if at > end:
                at = begin - HEAD_BYTES
                break
            payload = octets[begin:at]
            exchange = streams.get(stream) if plain else None
            if exchange is not None:
                head = exchange.head
                if kind == HEADERS and flags == END_HEADERS and head is None:
                    head = answer_head(payload)
                    if head.status >= 200:
                        exchange.head = head
                        continue
                elif kind == DATA and flags == END_STREAM and head and not exchange.reply:
                    exchange.reply = payload
                    self._received += at - begin
                    self._finish(stream)
                    continue
            self._on_frame(kind, flags, stream & STREAM_MAX, payload)
            plain = self.was_open and not self._block
        self._tail = octets[at:]
        if self._received > OUR_WINDOW // 2:
            self._queue(frames.window_update(0, self._received))
            self._received = 0

    def _on_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if self._block and kind != frames.CONTINUATION:
            raise Violation(frames.PROTOCOL_ERROR, "A header block was interrupted.")
        if self.state is State.GREETING and (kind != frames.SETTINGS or flags & frames.ACK):
            raise Violation(frames.PROTOCOL_ERROR, "It did not begin with SETTINGS.")
        self._idle_frames += 1
        if self._idle_frames > IDLE_FRAMES_MAX:
            raise Violation(frames.ENHANCE_YOUR_CALM, "Too many frames that answer nothing.")
        handle = _HANDLERS.get(kind)
        if handle is None:
            return  # 5.5: unknown frames are ignored
        if (stream == 0) != (kind in _OF_THE_CONNECTION) and kind != frames.WINDOW_UPDATE:
            raise Violation(frames.PROTOCOL_ERROR, "A frame is on a stream it can't be on.")
        if stream and (stream >= self._next_stream or not stream & 1):
            raise Violation(frames.PROTOCOL_ERROR, "A frame is on a stream that we never opened.")
        handle(self, stream, flags, payload)

    def _on_settings(self, stream: int, flags: int, payload: bytes) -> None:
        if flags & frames.ACK:
            if payload:
                raise Violation(frames.FRAME_SIZE_ERROR, "SETTINGS says ACK and something else.")
            return
        values = frames.read_settings(payload)
        self._max_streams = values.get(frames.MAX_CONCURRENT_STREAMS, self._max_streams)
        self._frame_max = min(values.get(frames.MAX_FRAME_SIZE, self._frame_max), 2**16)
        if frames.HEADER_TABLE_SIZE in values:
            self._headers.limit_table(values[frames.HEADER_TABLE_SIZE])
        window = values.get(frames.INITIAL_WINDOW_SIZE, self._stream_window)
        for exchange in self._kept_back.values():  # 6.9.2: windows in use move along
            exchange.window += window - self._stream_window
        self._stream_window = window
        self._queue(frames.frame(frames.SETTINGS, frames.ACK, 0))
        if self.state is State.GREETING:
            self.state, self.was_open = State.OPEN, True
        self._send_kept_back()

    def _on_head(self, stream: int, flags: int, payload: bytes) -> None:
        block = frames.unpadded(flags, payload)
        if flags & frames.END_HEADERS:
            self._on_block(stream, flags, block)
        else:
            self._block = stream, flags, block

    def _on_continuation(self, stream: int, flags: int, payload: bytes) -> None:
        if self._block is None or self._block[0] != stream:
            raise Violation(frames.PROTOCOL_ERROR, "CONTINUATION continues nothing.")
        stream, first_flags, block = self._block
        block += payload
        if len(block) > BLOCK_MAX_BYTES:
            raise Violation(frames.ENHANCE_YOUR_CALM, "A header block is too long.")
        self._block = None if flags & frames.END_HEADERS else (stream, first_flags, block)
        if self._block is None:
            self._on_block(stream, first_flags, block)

    def _on_block(self, stream: int, flags: int, block: bytes) -> None:
        head = answer_head(block)
        exchange = self.streams.get(stream)
        if exchange is None:
            return  # of a stream that is over
        last = bool(flags & frames.END_STREAM)
        if exchange.head is None and 100 <= head.status < 200 and not last:
            return  # there will be another
        if exchange.head is None and head.status < 200:
            return self._end(stream, Failure.BAD_BODY, "No status.", cancel=not last)
        if exchange.head is not None and not last:
            return self._end(stream, Failure.BAD_BODY, "Two heads.", cancel=True)
        exchange.head = exchange.head or head
        if last:
            self._finish(stream)

    def _on_data(self, stream: int, flags: int, payload: bytes) -> None:
        self._received += len(payload)
        exchange = self.streams.get(stream)
        body = frames.unpadded(flags & ~frames.WITH_PRIORITY, payload)
        if exchange is None:
            return
        last = bool(flags & frames.END_STREAM)
        if exchange.head is None:
            return self._end(stream, Failure.BAD_BODY, "A body without a head.", cancel=not last)
        if len(exchange.reply) + len(body) > BODY_MAX_BYTES:
            return self._end(stream, Failure.BAD_BODY, "The answer is too long.", cancel=not last)
        exchange.reply += body
        if last:
            self._finish(stream)

    def _on_rst_stream(self, stream: int, flags: int, payload: bytes) -> None:
        """8.7: REFUSED_STREAM was not processed. Any other code says nothing about that."""
        code = frames.read_long(payload, "RST_STREAM")
        exchange = self.streams.get(stream)
        if exchange is None:
            return
        if code == frames.REFUSED_STREAM and exchange.head is None:
            return self._end(stream, Failure.REFUSED_STREAM, "The far side refused the stream.")
        if exchange.rest:  # it never had the whole request, and won't
            self.again.append((self._forget(stream), (Failure.CONNECT, f"Reset, code {code}.")))
            return
        self._end(stream, Failure.RESET, f"The far side reset the stream, code {code}.")

    def _on_goaway(self, stream: int, flags: int, payload: bytes) -> None:
        """6.8: nothing above the last stream was processed; an idle close names no error.

        Sent twice, as when draining: the second names a lower one."""
        last, code = frames.read_goaway(payload)
        self.state = State.LEAVING
        said = f"GOAWAY, code {code}, last stream {last}."
        for number in [number for number in self.streams if number > last]:
            if code == frames.NO_ERROR:
                refused = Failure.REFUSED_STREAM, said
                self.again.append((self._forget(number), refused))
            else:  # it has a complaint: not at once again
                self._end(number, Failure.REFUSED_STREAM, said)

    def _on_ping(self, stream: int, flags: int, payload: bytes) -> None:
        if len(payload) != 8:
            raise Violation(frames.FRAME_SIZE_ERROR, "PING must have 8 bytes.")
        if not flags & frames.ACK:
            self._queue(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _on_window_update(self, stream: int, flags: int, payload: bytes) -> None:
        increment = frames.read_long(payload, "WINDOW_UPDATE") & WINDOW_MAX
        if not increment:
            raise Violation(frames.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing.")
        exchange = self._kept_back.get(stream)
        if stream == 0:
            self._window += increment
        elif exchange is not None:
            exchange.window += increment
        if self._window > WINDOW_MAX or (exchange and exchange.window > WINDOW_MAX):
            raise Violation(frames.FLOW_CONTROL_ERROR, "A window is over 2^31-1.")
        self._send_kept_back()

    def _on_push_promise(self, stream: int, flags: int, payload: bytes) -> None:
        raise Violation(frames.PROTOCOL_ERROR, "PUSH_PROMISE, though we said no.")

    def _on_priority(self, stream: int, flags: int, payload: bytes) -> None:
        """5.3.2: says nothing any more."""


_HANDLERS: dict[int, Callable[[Connection, int, int, bytes], None]] = {
    frames.DATA: Connection._on_data,
    frames.HEADERS: Connection._on_head,
    frames.PRIORITY: Connection._on_priority,
    frames.RST_STREAM: Connection._on_rst_stream,
    frames.SETTINGS: Connection._on_settings,
    frames.PUSH_PROMISE: Connection._on_push_promise,
    frames.PING: Connection._on_ping,
    frames.GOAWAY: Connection._on_goaway,
    frames.WINDOW_UPDATE: Connection._on_window_update,
    frames.CONTINUATION: Connection._on_continuation,
}
_OF_THE_CONNECTION = {frames.SETTINGS, frames.PING, frames.GOAWAY}
