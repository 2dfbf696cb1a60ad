"""Header blocks (HPACK, RFC 7541), cached whole.

Requests: one block per connection puts path, host, content type and access token into the far
side's dynamic table; from then on they are one byte each, and only content-length is spelled out.
The table is ours alone to fill, so its four newest entries are always these.

Answers: we announce a table of size 0, so a block means the same at any time: it need not be
decoded where its first byte says it all, and equal blocks are decoded once.
"""

from dataclasses import dataclass

from hpack import Decoder, HPACKError

from notifications.fcm.multiplexer.frames import (
    COMPRESSION_ERROR,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEAD,
    HEADERS,
    PROTOCOL_ERROR,
    Violation,
)

TABLE_BYTES = 4096  # what a far side has unless its SETTINGS say less
BLOCK_MAX_BYTES = 64 * 1024
_LENGTHS_MAX = 4096
_BLOCKS_MAX = 1024

# RFC 7541, appendix A: the static table's numbers.
_AUTHORITY, _METHOD_POST, _PATH, _SCHEME_HTTP, _SCHEME_HTTPS = 1, 3, 4, 6, 7
_AUTHORIZATION, _CONTENT_LENGTH, _CONTENT_TYPE = 23, 28, 31
_FIRST_DYNAMIC = 62
_ENTRY_BYTES = 32  # 4.1: what an entry costs beside its name and value

Framing = tuple[bytes, bytes]


class RequestHeaders:
    """One connection's side of the header compression."""

    def __init__(self, scheme: str, authority: str, path: str) -> None:
        self._scheme = _indexed(_SCHEME_HTTPS if scheme == "https" else _SCHEME_HTTP)
        self._fixed = [
            (_PATH, ":path", path),
            (_AUTHORITY, ":authority", authority),
            (_CONTENT_TYPE, "content-type", "application/json"),
        ]
        self._token = ""
        self._before_next = b""
        self._indexing = True
        self._known = False
        self._framings: dict[int, Framing] = {}

    def limit_table(self, size: int | None) -> None:
        """The far side's SETTINGS_HEADER_TABLE_SIZE. Less than usual: we stop using the table,
        and say so at the start of the next block (RFC 7541, 4.2)."""
        if size is not None and size < TABLE_BYTES and self._indexing:
            self._indexing = False
            self._before_next = b"\x20"
            self._forget()

    def authorize(self, token: str) -> None:
        if token != self._token:
            self._token = token
            self._forget()

    def framing(self, body_bytes: int) -> Framing:
        """All but stream id and body of a request's two frames: HEADERS' head up to the stream
        id, and from behind it to DATA's stream id. To be used in the order it is asked for."""
        cached = self._framings.get(body_bytes)
        if cached is not None:
            return cached
        block = self._block(body_bytes)
        size = len(block)
        framed = (
            HEAD.pack(size >> 8, size & 0xFF, HEADERS, END_HEADERS, 0)[:5],
            block + HEAD.pack(body_bytes >> 8, body_bytes & 0xFF, DATA, END_STREAM, 0)[:5],
        )
        if not self._known:  # this block teaches; only those behind it may be used again
            self._known = True
            self._before_next = b""
        elif len(self._framings) < _LENGTHS_MAX:
            self._framings[body_bytes] = framed
        return framed

    def _forget(self) -> None:
        self._known = False
        self._framings.clear()

    def _block(self, body_bytes: int) -> bytes:
        fields = list(self._fixed)
        if self._token:
            fields.append((_AUTHORIZATION, "authorization", f"Bearer {self._token}"))
        indexing = self._indexing and sum(map(_entry_bytes, fields)) <= TABLE_BYTES
        if indexing and self._known:
            newest = _FIRST_DYNAMIC + len(fields) - 1
            said = b"".join(_indexed(newest - place) for place in range(len(fields)))
        else:
            said = b"".join(_literal(name, value, indexing) for name, _, value in fields)
        length = _literal(_CONTENT_LENGTH, str(body_bytes), False)
        return self._before_next + _indexed(_METHOD_POST) + self._scheme + said + length


def _entry_bytes(field: tuple[int, str, str]) -> int:
    return len(field[1]) + len(field[2].encode()) + _ENTRY_BYTES


def _indexed(index: int) -> bytes:
    return _integer(index, 7, 0x80)


def _literal(name_index: int, value: str, indexing: bool) -> bytes:
    octets = value.encode()
    name = _integer(name_index, 6, 0x40) if indexing else _integer(name_index, 4, 0x00)
    return name + _integer(len(octets), 7, 0x00) + octets


def _integer(value: int, prefix_bits: int, pattern: int) -> bytes:
    """RFC 7541, 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes((pattern | value,))
    octets = bytearray((pattern | most,))
    value -= most
    while value >= 128:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """`status` is 0 when there is none (trailers), or none that makes sense."""

    status: int
    headers: dict[str, str]


# Of these nothing but the status is looked at, and it comes first, as one byte: the rest (a new
# date every second, a timing each time) is not even decoded.
_PLAIN = {0x88: AnswerHead(200, {}), 0x8C: AnswerHead(400, {}), 0x8D: AnswerHead(404, {})}
_heads: dict[bytes, AnswerHead] = {}


def answer_head(block: bytes) -> AnswerHead:
    """Raises Violation for what is no header block."""
    head = (_PLAIN.get(block[0]) if block else None) or _heads.get(block)
    if head is None:
        head = _read(block)
        if len(_heads) >= _BLOCKS_MAX:
            _heads.clear()
        _heads[block] = head
    return head


def _read(block: bytes) -> AnswerHead:
    decoder = Decoder(max_header_list_size=BLOCK_MAX_BYTES)
    decoder.max_allowed_table_size = decoder.header_table_size = 0
    try:
        fields = [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]
    except HPACKError as error:
        raise Violation(COMPRESSION_ERROR, f"A header block can't be read: {error}") from error
    except (IndexError, ValueError) as error:  # hpack on what is cut short
        raise Violation(PROTOCOL_ERROR, f"A header block can't be read: {error}") from error
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    status = headers.get(":status", "")
    known = len(status) == 3 and status.isascii() and status.isdigit()
    return AnswerHead(int(status) if known else 0, headers)
