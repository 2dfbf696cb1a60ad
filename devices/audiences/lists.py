"""People named one by one, pasted or in a CSV: read line by line, in memory that does not grow
with the file. The same file again changes nothing."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from devices.audiences import keeping
from devices.models import ID_MAX, Audience

CHUNK = 1_000
LINE_MAX = 2_000
HEADINGS = ("user_id", "user", "userid", "id", "users")

Told = Callable[[int, str], None]  # (number of the line, what is wrong with it)


@dataclass(slots=True)
class Report:
    """Lines read = matched + unknown + doubled + unreadable. `added` of the matched were not on
    the list before."""

    lines: int = 0
    matched: int = 0
    unknown: int = 0
    doubled: int = 0
    unreadable: int = 0
    added: int = 0


class Seen:
    """Numbers met before: one bit each, whatever their count."""

    def __init__(self) -> None:
        self.bits = bytearray()

    def again(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        if place >= len(self.bits):
            self.bits.extend(bytes(place + 1 - len(self.bits)))
        met = bool(self.bits[place] & 1 << bit)
        self.bits[place] |= 1 << bit
        return met


def run(audience: Audience, lines: Iterable[bytes], told: Told | None = None) -> Report:
    """Add to the list whom the lines name. Raises Archived."""
    report, seen = Report(), Seen()
    say = told or (lambda number, sentence: None)
    chunk: list[tuple[int, str]] = []
    for one in read(lines, report, say):
        chunk.append(one)
        if len(chunk) == CHUNK:
            _keep(audience, chunk, report, seen, say)
            chunk = []
    _keep(audience, chunk, report, seen, say)
    return report


def _keep(
    audience: Audience, chunk: list[tuple[int, str]], report: Report, seen: Seen, say: Told
) -> None:
    known = keeping.known({user_id for _, user_id in chunk})
    fresh = []
    for number, user_id in chunk:
        pk = known.get(user_id)
        if pk is None:
            report.unknown += 1
            say(number, f"We don’t know {user_id}. Ids are case-sensitive.")
        elif seen.again(pk):
            report.doubled += 1
        else:
            report.matched += 1
            fresh.append(pk)
    if fresh:
        report.added += keeping.add(audience, fresh)


def read(lines: Iterable[bytes], report: Report, say: Told) -> Iterator[tuple[int, str]]:
    """(number, user id) of each line that names somebody. A quote that is not closed ends with
    its line: it never swallows the rest of the file."""
    column = 0
    for number, raw in enumerate(lines, start=1):
        raw = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if not raw.strip():
            continue
        cells = _cells(raw)
        if number == 1 and isinstance(cells, list) and (heading := _heading(cells)) is not None:
            column = heading
            continue
        report.lines += 1
        if isinstance(cells, str):
            report.unreadable += 1
            say(number, cells)
            continue
        user_id = cells[column].strip().removeprefix("users/") if column < len(cells) else ""
        if not user_id or len(user_id) > ID_MAX or "\x00" in user_id:
            report.unreadable += 1
            say(number, "There is no user id in this line.")
        else:
            yield number, user_id


def _cells(raw: bytes) -> list[str] | str:
    """The cells, or what is wrong as a sentence."""
    if len(raw) > LINE_MAX:
        return f"Longer than {LINE_MAX:,} bytes."
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "Not UTF-8."
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return "A quote in this line is not closed."


def _heading(cells: list[str]) -> int | None:
    names = [cell.strip().lower() for cell in cells]
    return next((names.index(one) for one in HEADINGS if one in names), None)
