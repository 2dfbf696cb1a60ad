"""Quiet hours: whether it is night where a phone is, and when the night ends. By the wall clock
of each zone, so a range may span midnight, and days when clocks change need no rule of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from devices import zones

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` until just before `end`, where `app_zone` stands in for a zone not known."""

    start: time
    end: time
    app_zone: str

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> "Hours | None":
        """From the policy's preferences; None while they are off."""
        if not known["quiet_on"]:
            return None
        start, end = time.fromisoformat(known["quiet_from"]), time.fromisoformat(known["quiet_to"])
        return cls(start, end, str(known["app_timezone"]))

    def hold(self, clock: time) -> bool:
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def until(self, zone: str, at: datetime) -> datetime | None:
        """The first moment after `at` that is no longer quiet there; None when `at` is not."""
        there = _place(zone)
        local = at.astimezone(there)
        if not self.hold(local.time()):
            return None
        day = local.date()
        if self.start > self.end and local.time() >= self.start:
            day += timedelta(days=1)
        end = datetime.combine(day, self.end, there)
        moment = min(end.replace(fold=fold).astimezone(at.tzinfo) for fold in (0, 1))
        if moment <= at:
            moment = at.replace(second=0, microsecond=0) + MINUTE
        # Where clocks leap over the end, it comes with the leap; where they show it twice, twice.
        while self.hold(moment.astimezone(there).time()):
            moment += MINUTE
        return moment

    def zones_at(self, at: Callable[[str], datetime]) -> list[str]:
        """Every zone where it is quiet at that zone's moment."""
        return [name for name in sorted(zones.ZONES) if self.hold(_clock(name, at(name)))]


def _clock(zone: str, at: datetime) -> time:
    return at.astimezone(_place(zone)).time()


@cache
def _place(zone: str) -> ZoneInfo:
    """Python keeps a few of them only, and would read hundreds of files at each count."""
    return ZoneInfo(zone)
