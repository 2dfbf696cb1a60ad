"""Opens over time and the pace of sending, as columns for the notification's page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from console import charts
from console.templatetags import beckon
from notifications import opens
from notifications.models import Batch, Notification
from notifications.states import FINAL

HEIGHT = 96
LEAST_HOURS = 12
SPARKS, SPARK_HEIGHT = 40, 28
SPARKS_FROM = 4  # batches; fewer say nothing about pace


@dataclass(frozen=True, slots=True)
class Hour:
    at: datetime
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Opens:
    """`hours` are all that are drawn; those with opens also stand in the table. What came after
    is `later`: together they are `total`."""

    hours: list[Hour]
    columns: list[charts.Column]
    column_width: str
    total: int
    later: int
    dismissed: int

    height = HEIGHT

    @property
    def rows(self) -> list[Hour]:
        return [hour for hour in self.hours if hour.count]

    @property
    def highest(self) -> Hour | None:
        return max(self.hours, key=lambda hour: hour.count, default=None) if self.rows else None

    @property
    def sentence(self) -> str:
        top = self.highest
        if top is None:
            return "Nobody opened it in the first 48 hours."
        share = beckon.plural(top.count, "open,opens")
        return f"Opens per hour. Most in the hour from {top.label}: {share}."

    @property
    def ticks(self) -> list[str]:
        """Labels for the axis: the first hour and three on the way."""
        step = max(1, len(self.hours) // 4)
        return [hour.label for hour in self.hours[::step]][:4]


def opens_of(notification: Notification, total: int, now: datetime) -> Opens:
    found = dict(opens.by_hour(notification))
    assert notification.started_at is not None  # noqa: S101  only a started one has a report
    first = opens.hour_of(notification.started_at)
    passed = int((now - first).total_seconds() // 3600) + 1
    moments = [
        first + timedelta(hours=n) for n in range(min(opens.HOURS, max(LEAST_HOURS, passed)))
    ]
    hours = [Hour(at, found.get(at, 0), label(at, first)) for at in moments]
    counted = [(hour.label, hour.count) for hour in hours]
    return Opens(
        hours=hours,
        columns=charts.columns(counted, max(found.values(), default=0), HEIGHT),
        column_width=f"{70 / len(hours):.2f}%",
        total=total,
        later=max(0, total - sum(found.values())),
        dismissed=opens.dismissed(notification),
    )


def label(at: datetime, first: datetime) -> str:
    """14:00, with the day once it is another one than the first."""
    local, begin = timezone.localtime(at), timezone.localtime(first)
    return f"{local:%H:%M}" if local.date() == begin.date() else f"{local:%a %H:%M}"


def pace_of(notification: Notification, now: datetime) -> list[charts.Column]:
    """How many phones were handled in each fortieth of the time so far: a batch's spread evenly
    over the time it took. Nothing while there are too few batches."""
    begin = notification.started_at
    rows = Batch.objects.filter(notification=notification, started_at__isnull=False)
    found = list(rows.primary().values_list("started_at", "finished_at", "counters"))
    if begin is None or len(found) < SPARKS_FROM or now <= begin:
        return []
    slot = (now - begin).total_seconds() / SPARKS
    heights = [0.0] * SPARKS
    for started, finished, counters in found:
        places = (((at or now) - begin).total_seconds() / slot for at in (started, finished))
        spread(heights, handled(counters), *places)
    counted = [("", round(height)) for height in heights]
    return charts.columns(counted, max(count for _, count in counted), SPARK_HEIGHT)


def handled(counters: dict[str, Any]) -> int:
    return sum(max(0, mine.get(outcome, 0)) for mine in counters.values() for outcome in FINAL)


def spread(heights: list[float], count: int, start: float, end: float) -> None:
    """Add `count` evenly to the slots between the two places."""
    first, last = max(0, int(start)), min(len(heights) - 1, int(end))
    for place in range(first, last + 1):
        heights[place] += count / (last - first + 1)
