"""HTTP/2 frames as bytes (RFC 9113, sections 4 and 6)."""

from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD = Struct(">HBBBL")  # length (16 + 8 bits), type, flags, stream
HEAD_BYTES = 9
# We never announce more, so a longer frame is an error (4.2).
FRAME_MAX_BYTES = 16_384
STREAM_MAX = 2**31 - 1
WINDOW_MAX = 2**31 - 1
WINDOW_DEFAULT = 65_535

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE = range(6)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(6, 10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = 1, 2, 3
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 4, 5, 6

NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR = 0x0, 0x1, 0x3
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = 0x6, 0x7, 0x8, 0x9
ENHANCE_YOUR_CALM = 0xB

_PAIR = Struct(">HL")
_LONG = Struct(">L")
_TWO_LONGS = Struct(">LL")


class Violation(Exception):
    """The far side broke the protocol: the connection is lost (RFC 9113, 5.4.1)."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def settings(values: dict[int, int]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(_PAIR.pack(*pair) for pair in values.items()))


def window_update(stream: int, increment: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, _LONG.pack(increment))


def rst_stream(stream: int, code: int) -> bytes:
    return frame(RST_STREAM, 0, stream, _LONG.pack(code))


def goaway(code: int) -> bytes:
    """We accept no streams of the far side, so the last one is 0."""
    return frame(GOAWAY, 0, 0, _TWO_LONGS.pack(0, code))


def read_settings(payload: bytes) -> dict[int, int]:
    """The limits of 6.5.2 are checked; unknown settings are passed on."""
    if len(payload) % 6:
        raise Violation(FRAME_SIZE_ERROR, "SETTINGS is not a list of pairs.")
    values = dict(_PAIR.iter_unpack(payload))
    if values.get(INITIAL_WINDOW_SIZE, 0) > WINDOW_MAX:
        raise Violation(FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE is over 2^31-1.")
    if not FRAME_MAX_BYTES <= values.get(MAX_FRAME_SIZE, FRAME_MAX_BYTES) < 2**24:
        raise Violation(PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE is out of range.")
    return values


def read_long(payload: bytes, name: str) -> int:
    if len(payload) != 4:
        raise Violation(FRAME_SIZE_ERROR, f"{name} must have 4 bytes.")
    return int(_LONG.unpack(payload)[0])


def read_goaway(payload: bytes) -> tuple[int, int]:
    """The last stream that was or might be processed, and the error code (6.8)."""
    if len(payload) < 8:
        raise Violation(FRAME_SIZE_ERROR, "GOAWAY must have 8 bytes.")
    last, code = _TWO_LONGS.unpack_from(payload)
    return last & STREAM_MAX, code


def unpadded(flags: int, payload: bytes) -> bytes:
    """Without the padding (6.1, 6.2) and, in HEADERS, what is said of priority."""
    if flags & PADDED:
        if not payload or payload[0] >= len(payload):
            raise Violation(PROTOCOL_ERROR, "The padding is longer than its frame.")
        payload = payload[1 : len(payload) - payload[0]]
    if flags & WITH_PRIORITY:
        if len(payload) < 5:
            raise Violation(FRAME_SIZE_ERROR, "HEADERS is cut inside its priority.")
        payload = payload[5:]
    return payload
