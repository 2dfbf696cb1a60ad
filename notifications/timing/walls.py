"""A day and a time on a clock somewhere, as one instant.

The one meaning: a time that the clocks skip is as much later as they jump (02:30 becomes 03:30),
and a time that comes twice is the first of the two.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

ZONES = available_timezones()
FIRST_CLOCK, LAST_CLOCK = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@dataclass(frozen=True, slots=True)
class Moment:
    """`shown` is what the clock there really says at `at`: not `wall` in a gap."""

    wall: datetime
    zone: str
    at: datetime
    shown: datetime
    twice: bool = False

    @property
    def skipped(self) -> bool:
        return self.shown != self.wall


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def resolve(wall: datetime, zone: str) -> Moment:
    """`wall` is naive. Raises OverflowError or ValueError at the ends of the calendar."""
    tz = zone_of(zone)
    local = wall.replace(tzinfo=tz, fold=0)
    at = local.astimezone(UTC)
    shown = at.astimezone(tz).replace(tzinfo=None, fold=0)
    later = local.replace(fold=1)
    twice = shown == wall and local.utcoffset() != later.utcoffset()
    return Moment(wall, zone, at, shown, twice)


def instant(wall: datetime, zone: str) -> datetime:
    return resolve(wall, zone).at


def first_anywhere(wall: datetime) -> datetime:
    """When the first clocks on Earth say `wall`."""
    return wall.replace(tzinfo=FIRST_CLOCK).astimezone(UTC)


def last_anywhere(wall: datetime) -> datetime:
    return wall.replace(tzinfo=LAST_CLOCK).astimezone(UTC)


def text_of(wall: datetime | None) -> str:
    """As it is kept in a row: 2026-11-24T09:00."""
    return wall.isoformat(timespec="minutes") if wall else ""


def of_text(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
