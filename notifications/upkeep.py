"""Hourly chores: forget what outlived KEEP_DAYS, in slices, and only of ended notifications;
remove pictures that nothing uses."""

from datetime import datetime, timedelta

from django.conf import settings

from notifications import idempotency, unused_images
from notifications.models import Delivery, Notification, Receipt
from notifications.states import ENDED

SLICE = 5_000


def run(now: datetime) -> None:
    before = now - timedelta(days=settings.KEEP_DAYS)
    old = Notification.objects.filter(status__in=ENDED, finished_at__lt=before)
    idempotency.forget_old(now)
    for pk in old.order_by("pk").values_list("pk", flat=True)[:100]:
        _forget(pk)
    unused_images.remove(now)


def _forget(notification_id: int) -> None:
    """Rows per device go; the notification and its counters stay for the reports."""
    rows = Delivery.objects.filter(notification=notification_id)
    while devices := list(rows.order_by("device_id").values_list("device_id", flat=True)[:SLICE]):
        rows.filter(device_id__lte=devices[-1]).delete()
    Receipt.objects.filter(notification=notification_id).delete()
