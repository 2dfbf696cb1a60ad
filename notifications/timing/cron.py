"""Five fields of cron: minute, hour, day of month, month, day of week, read on the wall clock.

As everywhere, where both days are restricted either one is enough. Days of the week are 0 to 7
(Sunday twice) or their names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[str, int, int, Sequence[str]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, DAYS),
)


class BadCron(ValueError):
    """The text says which field is wrong, and how."""


@dataclass(frozen=True, slots=True)
class Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    any_day: bool
    any_weekday: bool

    def on(self, day: date) -> list[time]:
        """The times of that day, in order."""
        if day.month not in self.months or not self._is_day(day):
            return []
        return [time(hour, minute) for hour in self.hours for minute in self.minutes]

    def _is_day(self, day: date) -> bool:
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_month and by_week
        return by_month or by_week


def parse(text: str) -> Cron:
    """Raises BadCron."""
    parts = text.lower().split()
    if len(parts) != len(FIELDS):
        raise BadCron(
            f"A cron line has five fields (minute hour day month weekday); this has {len(parts)}."
        )
    minutes, hours, days, months, weekdays = (
        _field(part, *field) for part, field in zip(parts, FIELDS, strict=True)
    )
    return Cron(
        tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months),
        frozenset(day % 7 for day in weekdays),
        any_day=parts[2].startswith("*"), any_weekday=parts[4].startswith("*"),
    )  # fmt: skip


def _field(text: str, name: str, least: int, most: int, names: Sequence[str]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        found |= _part(part, name, least, most, names)
    return found


def _part(text: str, name: str, least: int, most: int, names: Sequence[str]) -> set[int]:
    span, slash, step = text.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 0 < int(step) <= most):
        raise BadCron(f"“{text}” is no {name}: after / stands a number from 1 to {most}.")
    first, dash, last = span.partition("-")
    if span == "*":
        low, high = least, most
    else:
        low = _number(first, name, least, most, names)
        high = _number(last, name, least, most, names) if dash else (most if slash else low)
    if high < low:
        raise BadCron(f"“{text}” is no {name}: {low} comes after {high}.")
    return set(range(low, high + 1, int(step) if slash else 1))


def _number(text: str, name: str, least: int, most: int, names: Sequence[str]) -> int:
    if text in names:
        return names.index(text) + least
    if text.isascii() and text.isdigit() and len(text) <= 2 and least <= int(text) <= most:
        return int(text)
    raise BadCron(f"“{text or ' '}” is no {name}: it goes from {least} to {most}.")
