"""JSON, taken strictly: UTF-8, no NaN, nothing twice, at most ten deep, 256 kB, and no character
that a database or a phone cannot hold."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from devices.api.problems import Problem

BODY_MAX_BYTES = 256 * 1024
LINES_MAX_BYTES = 32 * 1024 * 1024
LINE_MAX_BYTES = 64 * 1024
DEPTH_MAX = 10
DIGITS_MAX = 40


class StrictJSONParser(BaseParser):
    media_type = "application/json"
    most: ClassVar[int] = BODY_MAX_BYTES

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return strict(read(stream, self.most))


class LongJSONParser(StrictJSONParser):
    """For lists of up to a thousand people."""

    most = 10 * 1024 * 1024 - 1


class JSONLinesParser(BaseParser):
    """One JSON value a line, read while it comes in: the parsed body is an iterator of bytes."""

    media_type = "application/x-ndjson"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        refuse_if_announced(stream, LINES_MAX_BYTES)
        return lines(stream)


def refuse_if_announced(stream: Any, most: int) -> None:
    announced = str(getattr(stream, "META", {}).get("CONTENT_LENGTH") or "")
    if announced.isdigit() and int(announced) > most:
        raise too_large(most)


def read(stream: Any, most: int) -> bytes:
    refuse_if_announced(stream, most)
    received = stream.read(most + 1)
    if len(received) > most:
        raise too_large(most)
    return bytes(received)


def too_large(most: int) -> Problem:
    return Problem(413, "too_large", f"The body is larger than {most:,} bytes.")


def lines(stream: Any) -> Iterator[bytes]:
    total = 0
    while line := stream.readline(LINE_MAX_BYTES + 1):
        total += len(line)
        if len(line) > LINE_MAX_BYTES:
            raise Problem(413, "too_large", f"A line is larger than {LINE_MAX_BYTES:,} bytes.")
        if total > LINES_MAX_BYTES:
            raise too_large(LINES_MAX_BYTES)
        if stripped := line.strip():
            yield stripped


def strict(body: bytes) -> Any:
    """Raises `ParseError` with what is wrong and where."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=without_twins,
            parse_constant=refuse_constant,
            parse_float=finite,
            parse_int=short_int,
        )
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 at byte {error.start}.") from None
    except RecursionError:
        raise ParseError(too_deep()) from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON: {error}.") from None
    check(value, 1)
    return value


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twin = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ParseError(f"{twin!r} stands twice in one object.")
    return found


def refuse_constant(name: str) -> Any:
    raise ParseError(f"{name} is not JSON.")


def finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ParseError(f"{text[:DIGITS_MAX]} is too large a number.")
    return number


def short_int(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ParseError(f"A number has more than {DIGITS_MAX} digits.")
    return int(text)


def too_deep() -> str:
    return f"The body is nested deeper than {DEPTH_MAX} levels."


def check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict | list):
        if depth > DEPTH_MAX:
            raise ParseError(too_deep())
        for inner in value:
            check(inner, depth + 1)
        if isinstance(value, dict):
            for inner in value.values():
                check(inner, depth + 1)


def check_text(value: str) -> None:
    if "\x00" in value:
        raise ParseError("A text holds the character NUL.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParseError("A text holds half of a surrogate pair.")
