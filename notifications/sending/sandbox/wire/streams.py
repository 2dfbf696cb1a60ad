"""What a connection remembers of one request, and how its head is read."""

import asyncio
from dataclasses import dataclass, field

from hpack import Decoder, HPACKError

from notifications.sending.sandbox.http import body_limit
from notifications.sending.sandbox.wire import frames as f

KEPT_BLOCKS = 10_000

# Header blocks already read. Only blocks that depend on no dynamic table get in here.
_blocks: dict[bytes, "Head"] = {}


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


def decoded(decoder: Decoder, block: bytes) -> Head:
    """Equal blocks are read once, when they stand for themselves."""
    stateless = decoder.header_table_size == 0
    if stateless and (known := _blocks.get(block)) is not None:
        return known
    try:
        fields = decoder.decode(block)
    except HPACKError:
        raise Broken(f.COMPRESSION_ERROR) from None
    head = _head([(str(name), str(value)) for name, value in fields])
    if stateless:
        if len(_blocks) >= KEPT_BLOCKS:
            _blocks.clear()
        _blocks[block] = head
    return head


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


def unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & f.PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise Broken(f.PROTOCOL_ERROR)
    return payload[1 : len(payload) - payload[0]]
