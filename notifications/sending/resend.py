"""Resend to the unknown: their rows wait in new list batches; `targeted` does not move."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from notifications.models import Batch, Delivery, Notification
from notifications.sending import counters, plan
from notifications.states import Outcome


def unknown(notification: Notification, now: datetime) -> int:
    """Inside the transaction of the move. Returns how many devices are sent to again."""
    rows = Delivery.objects.filter(notification=notification, outcome=Outcome.UNKNOWN)
    found = list(
        rows.order_by("device_id").values_list(
            "device_id", "user_id", "batch_id", "platform", "reason"
        )
    )
    for start in range(0, len(found), settings.BATCH_SIZE):
        part = found[start : start + settings.BATCH_SIZE]
        batch = plan.add_list(notification, [(row[0], row[1] or 0) for row in part], now)
        devices = [row[0] for row in part]
        rows.filter(device_id__in=devices).update(
            outcome=Outcome.WAITING, batch=batch, attempts=0, doubtful=False, started_at=now, at=now
        )
    _take_back(found)
    return len(found)


def _take_back(found: Sequence[tuple[int, int | None, int, str, str]]) -> None:
    by_batch: dict[int, counters.Delta] = {}
    for _, _, batch_id, platform, reason in found:
        by_batch.setdefault(batch_id, counters.Delta())[platform, Outcome.UNKNOWN, reason] -= 1
    for batch in Batch.objects.select_for_update().filter(pk__in=by_batch).order_by("pk"):
        Batch.objects.filter(pk=batch.pk).update(
            counters=counters.apply(batch.counters, by_batch[batch.pk])
        )
