"""How a plan is cut: parts of the audience, each with its own time.

Together they are the audience, and none shares a phone with another. `of` answers the same portions
in the same order however often it is asked: a plan that was killed goes on at its place among them.
"""

from datetime import datetime
from typing import NamedTuple

from devices.models import BUCKETS
from devices.querysets import DeviceQuerySet
from notifications.models import Batch, Notification


class Portion(NamedTuple):
    """Phones whose stable bucket is in `bucket_from` … `bucket_to` - 1, sent to at `due_at`."""

    due_at: datetime
    timezone: str = ""
    bucket_from: int = 0
    bucket_to: int = BUCKETS


def of(notification: Notification, now: datetime) -> list[Portion]:
    return [Portion(now)]


def within(devices: DeviceQuerySet, part: Portion | Batch) -> DeviceQuerySet:
    """Those of `devices` that are in the portion, or in the portion that the batch is of."""
    if part.bucket_from > 0:
        devices = devices.filter(bucket__gte=part.bucket_from)
    if part.bucket_to < BUCKETS:
        devices = devices.filter(bucket__lt=part.bucket_to)
    return devices
