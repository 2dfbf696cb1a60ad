"""One wall time on everybody's own clock: when each zone's turn comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.timing import walls

AT_ONCE, TOMORROW, SKIP = "now", "tomorrow", "skip"


@dataclass(frozen=True, slots=True)
class Turn:
    """`past`: the clock there had said that time before the send began; `skipped`: so it gets
    nothing."""

    zone: str
    at: datetime
    past: bool = False
    skipped: bool = False


def turn(wall: datetime, zone: str, begins: datetime, if_past: str, otherwise: str) -> Turn:
    """`otherwise` is the zone of whoever has none, or one that nobody knows."""
    known = zone if zone in walls.ZONES else otherwise
    at = walls.instant(wall, known)
    if at >= begins:
        return Turn(zone, at)
    if if_past == SKIP:
        return Turn(zone, begins, past=True, skipped=True)
    if if_past == AT_ONCE:
        return Turn(zone, begins, past=True)
    day = wall
    while at < begins:
        day += timedelta(days=1)
        at = walls.instant(day, known)
    return Turn(zone, at, past=True)


def turns(
    wall: datetime, zones: Iterable[str], begins: datetime, if_past: str, otherwise: str
) -> list[Turn]:
    """Earliest first."""
    found = [turn(wall, zone, begins, if_past, otherwise) for zone in zones]
    return sorted(found, key=lambda one: (one.at, one.zone))
