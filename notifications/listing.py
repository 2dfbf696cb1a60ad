"""Notifications in a row: by tab, those that run, those to come, and the last seven days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from devices.paging import cut
from notifications.models import Batch, Notification
from notifications.states import LIVE, Kind, Outcome
from notifications.states import NotificationStatus as S

TABS = {
    "": None,
    "drafts": {S.DRAFT},
    "scheduled": {S.SCHEDULED, S.HELD},
    "live": set(LIVE),
    "sent": {S.SENT},
    "stopped": {S.STOPPED, S.CANCELLED},
}


def page(
    *,
    tab: str = "",
    kind: str = "",
    search: str = "",
    author: int | None = None,
    cursor: int | None = None,
    limit: int = 25,
) -> tuple[list[Notification], int | None]:
    """Newest first, after `cursor`. Triggers and tests only when `kind` names or "all" asks."""
    rows = Notification.objects.select_related("author", "audience", "confirmed_by")
    if statuses := TABS.get(tab):
        rows = rows.filter(status__in=statuses)
    if kind != "all":
        rows = rows.filter(kind=kind if kind in Kind.values else Kind.BROADCAST)
    if search:
        rows = rows.filter(title__icontains=search)
    if author:
        rows = rows.filter(author=author)
    if cursor:
        rows = rows.filter(pk__lt=cursor)
    return cut(rows.order_by("-pk"), limit)


def live(limit: int = 5) -> list[Notification]:
    return list(Notification.objects.live().exclude(kind=Kind.TEST).order_by("-pk")[:limit])


def next_scheduled(limit: int = 5) -> list[Notification]:
    rows = Notification.objects.filter(status__in=(S.SCHEDULED, S.HELD))
    return list(rows.select_related("author", "audience").order_by("due_at", "pk")[:limit])


@dataclass(frozen=True, slots=True)
class Day:
    day: Any
    accepted: int
    opened: int
    sent: int


def week(now: datetime) -> list[Day]:
    """Seven days up to today in the reader's zone: messages accepted and opened of what started
    that day. Adds up batches' counters, never rows."""
    today = timezone.localtime(now).date()
    first = today - timedelta(days=6)
    begin = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    days = {first + timedelta(days=n): [0, 0, 0] for n in range(7)}
    since = Q(notification__started_at__gte=begin)
    rows = Batch.objects.filter(since).values_list(
        "notification__started_at", "counters", "opened_ios", "opened_android"
    )
    for started_at, found, opened_ios, opened_android in rows.iterator(chunk_size=1_000):
        mine = days.get(timezone.localtime(started_at).date())
        if mine is not None:
            mine[0] += sum(one.get(Outcome.ACCEPTED, 0) for one in found.values())
            mine[1] += opened_ios + opened_android
    starts = Notification.objects.filter(started_at__gte=begin).values_list("started_at", flat=True)
    for started_at in starts.iterator(chunk_size=1_000):
        assert started_at is not None  # noqa: S101  filtered
        day = timezone.localtime(started_at).date()
        if day in days:
            days[day][2] += 1
    return [Day(day, *numbers) for day, numbers in days.items()]
