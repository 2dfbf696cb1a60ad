"""(device pk, user pk) pairs, packed 16 bytes each: lists of recipients and write-ahead manifests.

User pk 0 stands for a phone that nobody owns.
"""

from array import array
from collections.abc import Iterable
from sys import byteorder

Pair = tuple[int, int]
PAIR_BYTES = 16


def pack(pairs: Iterable[Pair]) -> bytes:
    flat = array("q", [number for pair in pairs for number in pair])
    if byteorder == "big":
        flat.byteswap()
    return flat.tobytes()


def unpack(packed: bytes | memoryview, start: int = 0, most: int | None = None) -> list[Pair]:
    """Pairs from index `start` on, at most `most` of them."""
    raw = bytes(packed)[start * PAIR_BYTES :]
    if most is not None:
        raw = raw[: most * PAIR_BYTES]
    flat = array("q", raw)
    if byteorder == "big":
        flat.byteswap()
    return list(zip(flat[::2], flat[1::2], strict=True))


def count(packed: bytes | memoryview) -> int:
    return len(packed) // PAIR_BYTES
