"""A week of sends on the viewer's clock, by three hours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from console.clock import zone_of
from console.schedule.clocks import place
from devices import preferences
from notifications import occurrences
from notifications.models import Notification, Series
from notifications.states import Kind, SeriesStatus
from notifications.states import NotificationStatus as S

SLOTS = ((0, 6), (6, 9), (9, 12), (12, 15), (15, 18), (18, 21), (21, 24))
SHOWN = (S.SCHEDULED, S.HELD, S.SENDING, S.PAUSED, S.SENT, S.STOPPED)
LOOKS = {  # status: (class of its box, icon)
    S.SCHEDULED: ("", "clock"), S.HELD: ("held", "hand-stop"), S.SENDING: ("live", "broadcast"),
    S.PAUSED: ("held", "player-pause"), S.SENT: ("sent", "circle-check"),
    S.STOPPED: ("sent", "player-stop"),
}  # fmt: skip
IN_A_CELL = 4
ROWS_MOST = 400
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """A send in the week: a row, or a time of a series that has none yet."""

    title: str
    url: str
    at: datetime
    look: str
    icon: str
    word: str
    phones: int = 0
    spread_min: int = 0
    clock: str = ""  # what it says on its own clocks, where that is not the viewer's


@dataclass(slots=True)
class Cell:
    day: date
    looks: str
    events: list[Event] = field(default_factory=list)

    @property
    def first(self) -> list[Event]:
        return self.events[:IN_A_CELL]

    @property
    def more(self) -> int:
        return max(0, len(self.events) - IN_A_CELL)


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    others: list[str]  # the same hours on the other clocks
    cells: list[Cell]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def bounds(monday: date) -> tuple[datetime, datetime]:
    tz = timezone.get_current_timezone()
    first, last = datetime.combine(monday, time()), datetime.combine(monday + 7 * DAY, time())
    return first.replace(tzinfo=tz), last.replace(tzinfo=tz)


def events(monday: date) -> list[Event]:
    first, last = bounds(monday)
    rows = Notification.objects.filter(due_at__gte=first, due_at__lt=last, status__in=SHOWN)
    rows = rows.exclude(kind=Kind.TEST).exclude(kind=Kind.TRIGGER, send_at=None)
    found = [of_row(one) for one in rows.order_by("due_at", "pk")[:ROWS_MOST]]
    return sorted([*found, *to_come(first, last)], key=lambda one: one.at)


def of_row(one: Notification) -> Event:
    look, icon = LOOKS[S(one.status)]
    own = ""
    word = "" if one.status == S.SCHEDULED else one.get_status_display()
    if one.each_clock and one.status == S.SCHEDULED:
        icon, word = "user-pin", "each clock"
        own = one.wall[-5:]
    if one.kind == Kind.TRIGGER:
        look, icon = "api", "bolt"
    at = one.due_at or one.created_at
    phones = one.reviewed_phones or one.planned or 0
    return Event(
        str(one), one.get_absolute_url(), at, look, icon, word, phones, one.spread_min, own
    )


def to_come(first: datetime, last: datetime) -> Iterator[Event]:
    for series in Series.objects.filter(status=SeriesStatus.ACTIVE, next_at__lt=last):
        for one in occurrences.to_come(series, ROWS_MOST):
            if one.at >= last:
                break
            if one.at >= first:
                yield Event(
                    str(series), series.get_absolute_url(), one.at, "later", "refresh", "",
                    series.reviewed_phones or 0, series.fields.get("spread_min", 0),
                )  # fmt: skip


def week(monday: date, found: list[Event], others: list[str], now: datetime) -> list[Row]:
    today = timezone.localtime(now).date()
    days = [monday + n * DAY for n in range(7)]
    quiet = quiet_slots(monday)
    rows = []
    for first, last in SLOTS:
        cells = [Cell(day, _looks(day, today, (first, last) in quiet)) for day in days]
        rows.append(Row(f"{first:02}–{last:02}", _others(monday, first, last, others), cells))
    for one in found:
        local = timezone.localtime(one.at)
        slot = next(n for n, (_, last) in enumerate(SLOTS) if local.hour < last)
        rows[slot].cells[(local.date() - monday).days].events.append(one)
    return rows


def _looks(day: date, today: date, quiet: bool) -> str:
    when = "today" if day == today else "past" if day < today else ""
    return " ".join(filter(None, ["quiet" if quiet else "", when]))


def _others(monday: date, first: int, last: int, zones: list[str]) -> list[str]:
    found = []
    for zone in zones:
        start, end = (_elsewhere(monday, hour, zone) for hour in (first, last % 24))
        found.append(f"{start}–{end} {place(zone)}")
    return found


def _elsewhere(monday: date, hour: int, zone: str) -> str:
    here = datetime.combine(monday, time(hour), timezone.get_current_timezone())
    there = here.astimezone(zone_of(zone))
    return f"{there:%H}" if not there.minute else f"{there:%H:%M}"


def quiet_slots(monday: date) -> set[tuple[int, int]]:
    """Bands that lie wholly in the quiet hours of the app's clock."""
    known = preferences.read("quiet_on", "quiet_from", "quiet_to", "app_timezone")
    if not known["quiet_on"]:
        return set()
    begin, end = str(known["quiet_from"]), str(known["quiet_to"])
    found = set()
    for slot in SLOTS:
        hours = [
            datetime.combine(monday, time(hour), timezone.get_current_timezone())
            .astimezone(zone_of(str(known["app_timezone"])))
            .strftime("%H:%M")
            for hour in range(*slot)
        ]
        if all(_is_quiet(clock, begin, end) for clock in hours):
            found.add(slot)
    return found


def _is_quiet(clock: str, begin: str, end: str) -> bool:
    return begin <= clock < end if begin <= end else clock >= begin or clock < end
