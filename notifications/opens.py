"""When a notification was opened, hour by hour, and how many put it away."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast, Substr

from notifications.models import Delivery, Notification, Receipt
from notifications.states import ReceiptType

HOURS = 48


def by_hour(notification: Notification) -> list[tuple[datetime, int]]:
    """First opens in each hour of the clock, from the one it started in, HOURS at most; hours
    without any are left out. Asks one index that holds opened rows only."""
    if notification.started_at is None:
        return []
    hour = Substr(Cast("opened_at", TextField()), 1, 13)  # 2026-11-24 09
    rows = in_time(notification).order_by().annotate(hour=hour)
    found = rows.values_list("hour").annotate(n=Count("*"))
    return sorted((datetime.fromisoformat(f"{text}:00:00+00:00"), n) for text, n in found)


def in_time(notification: Notification) -> QuerySet[Delivery]:
    assert notification.started_at is not None  # noqa: S101  asked before
    first = hour_of(notification.started_at)
    return Delivery.objects.filter(
        notification=notification,
        opened_at__gte=first,
        opened_at__lt=first + timedelta(hours=HOURS),
    )


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def dismissed(notification: Notification) -> int:
    return dismissed_of([notification])[notification.pk]


def dismissed_of(notifications: list[Notification]) -> dict[int, int]:
    """Phones that told of putting it away, each once; apps seldom can. One query."""
    pks = [one.pk for one in notifications]
    told = Receipt.objects.filter(notification__in=pks, type=ReceiptType.DISMISSED).order_by()
    counted = told.values_list("notification").annotate(n=Count("device", distinct=True))
    return dict.fromkeys(pks, 0) | dict(counted)
