"""Three clocks: the viewer's, the app's, and that of most phones which are on neither."""

from dataclasses import dataclass
from datetime import datetime
from math import cos, pi, sin

from django.db.models import Count
from django.utils import timezone

from console.clock import NARROW, zone_of
from console.context import kept
from devices import preferences
from devices.models import Device

NIGHT = range(7)  # hours at which most people sleep
COUNTED_S = 300


@dataclass(frozen=True, slots=True)
class Clock:
    zone: str
    place: str
    whose: str
    local: datetime
    hour: str  # the hands, as ends of SVG lines
    minute: str

    @property
    def night(self) -> bool:
        return self.local.hour in NIGHT


def clocks(now: datetime) -> list[Clock]:
    """Mine, the app's, and that of most phones which are on neither."""
    mine, app = timezone.get_current_timezone_name(), str(preferences.get("app_timezone"))
    zone, phones = most_phones((mine, app))
    theirs = f"{phones:,} phones".replace(",", NARROW) if phones else "for reference"
    return [
        _clock(mine, "your clock", now),
        _clock(app, "the app’s", now),
        _clock(zone, theirs, now),
    ]


def most_phones(but: tuple[str, ...]) -> tuple[str, int]:
    found = kept("zones", _phones_by_zone, COUNTED_S)
    for zone, phones in found:
        if zone and zone not in but:
            return zone, phones
    return ("UTC" if "UTC" not in but else "America/New_York"), 0


def _phones_by_zone() -> list[tuple[str, int]]:
    rows = Device.objects.active().order_by().values_list("timezone").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: -row[1])[:5]


def _clock(zone: str, whose: str, now: datetime) -> Clock:
    local = now.astimezone(zone_of(zone))
    hours = (local.hour % 12 + local.minute / 60) / 12
    return Clock(zone, place(zone), whose, local, _hand(hours, 8.5), _hand(local.minute / 60, 12.5))


def _hand(turn: float, length: float) -> str:
    angle = 2 * pi * turn
    return f"{19 + length * sin(angle):.1f} {19 - length * cos(angle):.1f}"


def place(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")
