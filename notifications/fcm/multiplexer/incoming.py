"""What one connection hears: frames, and what each kind of them means (RFC 9113, section 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.fcm.multiplexer import frames
from notifications.fcm.multiplexer.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_MAX_BYTES,
    HEAD_BYTES,
    HEADERS,
    STREAM_MAX,
    Violation,
)
from notifications.fcm.multiplexer.headers import BLOCK_MAX_BYTES, answer_head
from notifications.fcm.outcomes import Failure

if TYPE_CHECKING:
    from notifications.fcm.multiplexer.connection import Connection

BODY_MAX_BYTES = 64 * 1024
# Received bytes that the far side may send before we say more: ours are read at once.
OUR_WINDOW = 16 * 1024 * 1024
# Frames that bring no answer forward, since the last that did: a flood is no conversation. It
# also bounds what is kept for a far side that asks (PING, SETTINGS) and does not listen.
IDLE_FRAMES_MAX = 10_000


@dataclass(slots=True)
class Heard:
    """The state of listening. `block` is a header block that CONTINUATION is to end: its stream,
    its flags, and what there is of it. `received` counts what our window has to be widened by."""

    tail: bytes = b""
    block: tuple[int, int, bytes] | None = None
    received: int = 0
    idle_frames: int = 0


def take(connection: Connection, received: bytes) -> None:
    """All whole frames; the two that make an ordinary answer first. The hot loop."""
    heard = connection.heard
    octets = heard.tail + received if heard.tail else received
    at, end = 0, len(octets)
    unpack, streams = frames.HEAD.unpack_from, connection.streams
    plain = connection.was_open and not heard.block
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
                heard.received += at - begin
                heard.idle_frames = 0
                connection.finish(stream)
                continue
        _take_one(connection, kind, flags, stream & STREAM_MAX, payload)
        plain = connection.was_open and not heard.block
    heard.tail = octets[at:]
    if heard.received > OUR_WINDOW // 2:
        connection.out.put(frames.window_update(0, heard.received))
        heard.received = 0


def _take_one(connection: Connection, kind: int, flags: int, stream: int, payload: bytes) -> None:
    heard = connection.heard
    if heard.block and kind != frames.CONTINUATION:
        raise Violation(frames.PROTOCOL_ERROR, "A header block was interrupted.")
    if not connection.was_open and (kind != frames.SETTINGS or flags & frames.ACK):
        raise Violation(frames.PROTOCOL_ERROR, "It did not begin with SETTINGS.")
    heard.idle_frames += 1
    if heard.idle_frames > IDLE_FRAMES_MAX:
        raise Violation(frames.ENHANCE_YOUR_CALM, "Too many frames that answer nothing.")
    on_this_kind = _ON.get(kind)
    if on_this_kind is None:
        return  # 5.5: unknown frames are ignored
    if kind != frames.WINDOW_UPDATE and (stream == 0) != (kind in _OF_THE_CONNECTION):
        raise Violation(frames.PROTOCOL_ERROR, "A frame is on a stream it can't be on.")
    if stream and (stream >= connection.out.next_stream or not stream & 1):
        raise Violation(frames.PROTOCOL_ERROR, "A frame is on a stream that we never opened.")
    on_this_kind(connection, stream, flags, payload)


def _on_settings(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    if flags & frames.ACK:
        if payload:
            raise Violation(frames.FRAME_SIZE_ERROR, "SETTINGS says ACK and something else.")
        return
    values, out = frames.read_settings(payload), connection.out
    most = values.get(frames.MAX_CONCURRENT_STREAMS)
    connection.max_streams = connection.max_streams if most is None else most
    out.headers.limit_table(values.get(frames.HEADER_TABLE_SIZE))
    window = values.get(frames.INITIAL_WINDOW_SIZE, out.stream_window)
    out.limit(window, values.get(frames.MAX_FRAME_SIZE))
    out.put(frames.frame(frames.SETTINGS, frames.ACK, 0))
    out.go_on()
    connection.opened()


def _on_head(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    block = frames.unpadded(flags, payload)
    if flags & frames.END_HEADERS:
        _on_block(connection, stream, flags, block)
    else:
        connection.heard.block = stream, flags, block


def _on_continuation(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    heard = connection.heard
    if heard.block is None or heard.block[0] != stream:
        raise Violation(frames.PROTOCOL_ERROR, "CONTINUATION continues nothing.")
    stream, first_flags, block = heard.block
    block += payload
    if len(block) > BLOCK_MAX_BYTES:
        raise Violation(frames.ENHANCE_YOUR_CALM, "A header block is too long.")
    heard.block = stream, first_flags, block
    if flags & frames.END_HEADERS:
        heard.block = None
        _on_block(connection, stream, first_flags, block)


def _on_block(connection: Connection, stream: int, flags: int, block: bytes) -> None:
    """A head, an interim one (1xx, another follows), or trailers, which say nothing to us."""
    head = answer_head(block)
    exchange = connection.streams.get(stream)
    if exchange is None:
        return  # of a stream that is over
    last = bool(flags & frames.END_STREAM)
    if exchange.head is None and 100 <= head.status < 200 and not last:
        return
    if exchange.head is None and head.status < 200:
        return connection.fail(stream, Failure.BAD_BODY, "No status.", cancel=not last)
    if exchange.head is not None and not last:
        return connection.fail(stream, Failure.BAD_BODY, "Two heads.", cancel=True)
    exchange.head = exchange.head or head
    if last:
        _finish(connection, stream)


def _on_data(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    connection.heard.received += len(payload)
    body = frames.unpadded(flags & ~frames.WITH_PRIORITY, payload)
    exchange = connection.streams.get(stream)
    if exchange is None:
        return
    last = bool(flags & frames.END_STREAM)
    if exchange.head is None:
        return connection.fail(stream, Failure.BAD_BODY, "A body without a head.", cancel=not last)
    if len(exchange.reply) + len(body) > BODY_MAX_BYTES:
        return connection.fail(stream, Failure.BAD_BODY, "The answer is too long.", cancel=not last)
    exchange.reply += body
    if last:
        _finish(connection, stream)


def _finish(connection: Connection, stream: int) -> None:
    connection.heard.idle_frames = 0
    connection.finish(stream)


def _on_rst_stream(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    """8.7: REFUSED_STREAM was not processed. Any other code says nothing about that."""
    code = frames.read_long(payload, "RST_STREAM")
    exchange = connection.streams.get(stream)
    if exchange is None:
        return
    said = f"The far side reset the stream, code {code}."
    if code == frames.REFUSED_STREAM and exchange.head is None:
        return connection.fail(stream, Failure.REFUSED_STREAM, said)
    if exchange.rest:  # it never had the whole request, and won't
        return connection.not_processed(stream, Failure.CONNECT, said)
    connection.fail(stream, Failure.RESET, said)


def _on_goaway(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    """6.8: nothing above the last stream was processed. Draining says it twice, the second time
    with a lower one. Without an error it may go out elsewhere at once; a complaint is heeded."""
    last, code = frames.read_goaway(payload)
    connection.leave()
    said = f"GOAWAY, code {code}, last stream {last}."
    for number in [number for number in connection.streams if number > last]:
        if connection.streams[number].head is not None:  # though it answers: not to be believed
            connection.fail(number, Failure.RESET, said)
        elif code == frames.NO_ERROR:
            connection.not_processed(number, Failure.REFUSED_STREAM, said)
        else:
            connection.fail(number, Failure.REFUSED_STREAM, said)


def _on_ping(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    if len(payload) != 8:
        raise Violation(frames.FRAME_SIZE_ERROR, "PING must have 8 bytes.")
    if not flags & frames.ACK:
        connection.out.put(frames.frame(frames.PING, frames.ACK, 0, payload))


def _on_window_update(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    increment = frames.read_long(payload, "WINDOW_UPDATE") & frames.WINDOW_MAX
    if not increment:
        raise Violation(frames.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing.")
    connection.out.widen(stream, increment)
    connection.out.go_on()


def _on_push_promise(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    raise Violation(frames.PROTOCOL_ERROR, "PUSH_PROMISE, though we said no.")


def _on_priority(connection: Connection, stream: int, flags: int, payload: bytes) -> None:
    """5.3.2: says nothing any more."""


_ON: dict[int, Callable[[Connection, int, int, bytes], None]] = {
    frames.DATA: _on_data,
    frames.HEADERS: _on_head,
    frames.PRIORITY: _on_priority,
    frames.RST_STREAM: _on_rst_stream,
    frames.SETTINGS: _on_settings,
    frames.PUSH_PROMISE: _on_push_promise,
    frames.PING: _on_ping,
    frames.GOAWAY: _on_goaway,
    frames.WINDOW_UPDATE: _on_window_update,
    frames.CONTINUATION: _on_continuation,
}
_OF_THE_CONNECTION = {frames.SETTINGS, frames.PING, frames.GOAWAY}
