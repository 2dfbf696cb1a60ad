"""A day and a time on a clock somewhere, as one moment; and the two days a year when that fails."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError

from console.clock import date_words, full_time, offset, zone_of
from console.middleware import ZONES
from notifications.timing import walls

FAR = timedelta(days=2 * 366)
BUSY = (0, 15, 30, 45)  # the minutes at which everybody sends


@dataclass(frozen=True, slots=True)
class Moment:
    """`note` names what is odd about it: that night the clock skips this time, or shows it twice.
    `wall` is what was chosen."""

    at: datetime
    zone: str
    note: str = ""
    wall: datetime | None = None

    @property
    def text(self) -> str:
        return full_time(self.at, self.zone)

    @property
    def busy(self) -> str:
        """A quieter minute near it, where it is one of those that everybody chooses."""
        minute = self.at.astimezone(zone_of(self.zone))
        return f"{minute + timedelta(minutes=7):%H:%M}" if minute.minute in BUSY else ""


def moment(day: date, clock: time, zone: str, *, now: datetime) -> Moment:
    """Raises ValidationError: the past, years away."""
    wall = datetime.combine(day, clock.replace(second=0, microsecond=0))
    try:
        found = walls.resolve(wall, zone)
    except (OverflowError, ValueError):
        raise ValidationError(f"{day} is too far away.") from None
    if found.at <= now:
        raise ValidationError(
            f"{full_time(found.at, zone)} has passed. Choose a later time, or Now."
        )
    if found.at > now + FAR:
        raise ValidationError(f"{full_time(found.at, zone)} is more than two years away.")
    return Moment(found.at, zone, note_of(found), wall)


def kept(at: datetime, zone: str, wall: str = "") -> Moment:
    """A moment that is already kept, with the same note."""
    if zone not in ZONES:
        return Moment(at, zone)
    chosen = walls.of_text(wall) or at.astimezone(zone_of(zone)).replace(tzinfo=None)
    return Moment(at, zone, note_of(walls.resolve(chosen, zone)), chosen)


def note_of(found: walls.Moment) -> str:
    """What is odd about it, or ""."""
    if found.skipped:
        day = "" if found.shown.date() == found.wall.date() else f" on {date_words(found.shown)}"
        return (
            f"{found.wall:%H:%M} does not exist in {found.zone} on {date_words(found.wall)}: the "
            f"clocks go forward over it. It will be sent at {found.shown:%H:%M}{day}."
        )
    if found.twice:
        local = found.at.astimezone(zone_of(found.zone))
        return (
            f"The clocks go back that night, so {found.wall:%H:%M} comes twice. It goes out the "
            f"first time, at {offset(local)}."
        )
    return ""


def zone_choices(*first: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """All zones by continent, with the likely ones on top."""
    likely = list(dict.fromkeys([*(zone for zone in first if zone in ZONES), "UTC"]))
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(ZONES):
        region, _, place = zone.partition("/")
        if place and region not in ("Etc", "SystemV", "US", "posix", "right"):
            groups.setdefault(region, []).append((zone, zone))
    return [("Likely", [(zone, zone) for zone in likely]), *groups.items()]
