"""A day and a time on a clock somewhere, as one moment; and the two days a year when that fails."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from console.clock import full_time, offset
from console.middleware import ZONES

FAR = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Moment:
    """`note` names what is odd about it: that night the clock shows this time twice."""

    at: datetime
    zone: str
    note: str = ""

    @property
    def text(self) -> str:
        return full_time(self.at, self.zone)


def moment(day: date, clock: time, zone: str, *, now: datetime) -> Moment:
    """Raises ValidationError: the past, a time that the clock skips, years away."""
    tz = ZoneInfo(zone)
    local = datetime.combine(day, clock, tzinfo=tz)
    try:
        at = local.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValidationError(f"{day} is too far away.") from None
    if at.astimezone(tz).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValidationError(_skipped(local, zone))
    if at <= now:
        raise ValidationError(f"{full_time(at, zone)} has passed. Choose a later time, or Now.")
    if at > now + FAR:
        raise ValidationError(f"{full_time(at, zone)} is more than two years away.")
    return Moment(at, zone, _twice(local))


def fold_note(at: datetime, zone: str) -> str:
    """The same note for a moment that is already kept."""
    return _twice(at.astimezone(ZoneInfo(zone))) if zone in ZONES else ""


def _skipped(local: datetime, zone: str) -> str:
    """In a gap the two folds read the clock before and after the jump."""
    after = local.replace(fold=0).astimezone(UTC).astimezone(local.tzinfo)
    return (
        f"{local:%H:%M} does not exist in {zone} on {local:%a} {local.day} {local:%b %Y}: the "
        f"clocks go forward over it. Choose {after:%H:%M}, or another time."
    )


def _twice(local: datetime) -> str:
    first, second = local.replace(fold=0), local.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return ""
    chosen, which = (second, "second") if local.fold else (first, "first")
    return (
        f"The clocks go back that night, so {local:%H:%M} comes twice. It goes out the {which} "
        f"time, at {offset(chosen)}."
    )


def zone_choices(*first: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """All zones by continent, with the likely ones on top."""
    likely = list(dict.fromkeys([*(zone for zone in first if zone in ZONES), "UTC"]))
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(ZONES):
        region, _, place = zone.partition("/")
        if place and region not in ("Etc", "SystemV", "US", "posix", "right"):
            groups.setdefault(region, []).append((zone, zone))
    return [("Likely", [(zone, zone) for zone in likely]), *groups.items()]
