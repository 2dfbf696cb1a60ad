"""HTTP/2 frames and header blocks (RFC 9113, RFC 7541)."""

from functools import lru_cache
from struct import Struct

from hpack import Encoder

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL = 5, 6, 7, 8
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11

SETTING_TABLE_SIZE, SETTING_MAX_STREAMS, SETTING_WINDOW, SETTING_FRAME_SIZE = 1, 3, 4, 5

FRAME_MAX = 16_384
WINDOW_DEFAULT = 65_535
WINDOW_MAX = 2**31 - 1

HEAD = Struct(">BHBBL")  # length (three bytes), type, flags, stream
SETTING = Struct(">HL")


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def settings(values: dict[int, int]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(SETTING.pack(*item) for item in values.items()))


def reset(stream: int, code: int) -> bytes:
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def goaway(last_stream: int, code: int) -> bytes:
    return frame(GOAWAY, 0, 0, last_stream.to_bytes(4, "big") + code.to_bytes(4, "big"))


def window_update(stream: int, more: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, more.to_bytes(4, "big"))


@lru_cache(maxsize=4096)
def header_block(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Never indexed, so that the block means the same on every connection and may be kept."""
    fields = [(":status", str(status), True), *((name, value, True) for name, value in headers)]
    return bytes(Encoder().encode(fields, huffman=False))
