"""Three clocks that differ: the viewer's, the app's, and those of most phones beside them."""

from dataclasses import dataclass
from datetime import datetime
from math import cos, pi, sin

from django.db.models import Count
from django.utils import timezone

from console.clock import zone_of
from console.context import kept
from console.templatetags.beckon import plural
from devices import preferences
from devices.models import Device

NIGHT = range(7)  # hours at which most people sleep
COUNTED_S = 300
CLOCKS = 3
OTHERS = ("UTC", "America/New_York", "Asia/Tokyo")  # where no phones keep another


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
    mine, app = timezone.get_current_timezone_name(), str(preferences.get("app_timezone"))
    shown = {mine: "your clock", app: "the app’s"}
    if mine == app:
        shown = {mine: "your clock and the app’s"}
    counted = kept("zones", _phones_by_zone, COUNTED_S)
    for zone, phones in [*counted, *((other, 0) for other in OTHERS)]:
        if zone and len(shown) < CLOCKS:
            theirs = plural(phones, "phone,phones") if phones else "for reference"
            shown.setdefault(zone, theirs)
    return [_clock(zone, whose, now) for zone, whose in shown.items()]


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
