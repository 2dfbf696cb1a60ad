"""A Firestore export of `fcm_tokens`, line by line: CSV with a header, or one JSON object a line.

Columns: `user` (`users/<id>`, or the id alone), `fcm_token`, `device_type`, and `created_at`, if
known. Others are ignored. Memory stays flat whatever the file's size; a line that cannot be read
becomes a `Failure` and the next one follows.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from django.utils.dateparse import parse_datetime

from devices.models import ID_MAX, TOKEN_MAX
from devices.states import Platform

LINE_MAX = 64 * 1024
NEEDED = ("user", "fcm_token", "device_type")
TOKEN = re.compile(rf"[A-Za-z0-9:_.-]{{1,{TOKEN_MAX}}}", re.ASCII)
ID = re.compile(r"[^\x00-\x20\x7f/](?:[^\x00-\x1f\x7f/\ud800-\udfff]*[^\x00-\x20\x7f/])?")
SECONDS_MAX = 253_402_300_799  # the last one of the year 9999
EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)  # before there was any push service


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    user_id: str
    token: str
    platform: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """`number` counts lines of the file from 1, the header included."""

    number: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.field}: {self.message}".replace(": :", ":")


class Unreadable(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read(file: IO[bytes], now: datetime) -> Iterator[Line | Failure]:
    """What is in the file; which of the two forms it has is seen from its first character."""
    texts = numbered(file)
    first = next(texts, None)
    if first is None:
        return
    found = json_lines if first[1].lstrip("\ufeff \t").startswith("{") else csv_lines
    for number, values in found(first, texts):
        if isinstance(values, Failure):
            yield values
            continue
        try:
            yield line_of(number, values, now)
        except Unreadable as error:
            yield Failure(number, error.field, str(error))


def numbered(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Lines that are not blank; what is not UTF-8 or too long shows as lone surrogates."""
    number = 0
    while raw := file.readline(LINE_MAX):
        number += 1
        while not raw.endswith(b"\n") and (rest := file.readline(LINE_MAX)):
            raw = b"\xff\n" if rest.endswith(b"\n") else b"\xff"
        if raw.strip():
            yield number, raw.decode("utf-8", "surrogateescape")


Values = dict[str, Any] | Failure
Numbered = tuple[int, str]


def json_lines(first: Numbered, rest: Iterator[Numbered]) -> Iterator[tuple[int, Values]]:
    for number, text in chain(first, rest):
        try:
            values = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            yield number, Failure(number, "", "is not JSON in UTF-8")
            continue
        if isinstance(values, dict):
            yield number, values
        else:
            yield number, Failure(number, "", "is no JSON object")


def csv_lines(first: Numbered, rest: Iterator[Numbered]) -> Iterator[tuple[int, Values]]:
    header = [name.strip().lower() for name in cells(first[1].lstrip("\ufeff")) or []]
    if missing := [name for name in NEEDED if name not in header]:
        told = f"the header lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}"
        yield first[0], Failure(first[0], "", told)
        return
    for number, text in rest:
        found = cells(text)
        if found is None or len(found) != len(header):
            count = "unclosed quotes" if found is None else f"{len(found)} columns"
            yield number, Failure(number, "", f"has {count}, the header {len(header)} columns")
        else:
            yield number, dict(zip(header, found, strict=True))


def chain(first: Numbered, rest: Iterator[Numbered]) -> Iterator[Numbered]:
    yield first
    yield from rest


def cells(text: str) -> list[str] | None:
    """One line is one row: no value of ours has a line break in it."""
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True))
    except (csv.Error, StopIteration):
        return None


def line_of(number: int, values: dict[str, Any], now: datetime) -> Line:
    return Line(
        number,
        user_id_of(values.get("user")),
        token_of(values.get("fcm_token")),
        platform_of(values.get("device_type")),
        moment_of(values.get("created_at"), now),
    )


def user_id_of(value: Any) -> str:
    """`users/<id>`, the document's whole path, or the id alone."""
    if isinstance(value, dict):
        value = value.get("path") or value.get("__ref__") or value.get("_path")
    if not isinstance(value, str) or not value.strip():
        raise Unreadable("user", "is missing")
    user_id = value.strip().rpartition("users/")[2]
    if not ID.fullmatch(user_id) or len(user_id) > ID_MAX:
        raise Unreadable("user", f"{value!r:.80} is no user")
    return user_id


def token_of(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unreadable("fcm_token", "is missing")
    token: str = value.strip()
    if not TOKEN.fullmatch(token):
        raise Unreadable("fcm_token", f"{token!r:.40} is no token")
    return token


def platform_of(value: Any) -> str:
    name = value.strip().lower() if isinstance(value, str) else ""
    if name not in Platform.values:
        raise Unreadable("device_type", f"{value!r:.40} is neither iOS nor Android")
    return name


def moment_of(value: Any, now: datetime) -> datetime:
    """ISO 8601, seconds or milliseconds since 1970, Firestore's {_seconds}; now if unknown, and
    never later than now."""
    if isinstance(value, dict):
        value = value.get("_seconds", value.get("seconds"))
    if value is None or value == "":
        return now
    found = since_1970(value) or iso(value)
    if found is None or found < EARLIEST:
        raise Unreadable("created_at", f"{value!r:.40} is no time, such as 2026-01-31T09:30:00Z")
    return min(found, now)


def since_1970(value: Any) -> datetime | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    seconds = seconds / 1000 if seconds > SECONDS_MAX / 50 else seconds
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= SECONDS_MAX else None


def iso(value: Any) -> datetime | None:
    try:
        found = parse_datetime(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
