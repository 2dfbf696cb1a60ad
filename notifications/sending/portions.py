"""How a plan is cut: parts of the audience, each with its own time.

Together they are the audience, and none shares a phone with another. `of` answers the same portions
in the same order however often it is asked: a plan that was killed goes on at its place among them.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from devices.models import BUCKETS
from devices.querysets import DeviceQuerySet
from notifications import waves
from notifications.models import Batch, Notification
from notifications.sending import zoning

# When a later wave is due while it is held back: never by itself, only once `waving` says so.
HELD_BACK = datetime(9999, 1, 1, tzinfo=UTC)


class Portion(NamedTuple):
    """Phones whose stable bucket is in `bucket_from` … `bucket_to` - 1, sent to at `due_at`."""

    due_at: datetime
    timezone: str = ""
    bucket_from: int = 0
    bucket_to: int = BUCKETS


def of(notification: Notification, now: datetime) -> list[Portion]:
    if notification.each_clock:
        return [Portion(one.at, one.zone) for one in zoning.turns(notification)]
    return [
        Portion(HELD_BACK if first else now, bucket_from=first, bucket_to=after)
        for first, after in waves.cuts(notification.waves)
    ]


def within(
    devices: DeviceQuerySet, part: Portion | Batch, notification: Notification
) -> DeviceQuerySet:
    """Those of `devices` that are in the portion, or in the portion that the batch is of."""
    if part.timezone:
        devices = zoning.within(devices, part.timezone, notification)
    if part.bucket_from > 0:
        devices = devices.filter(bucket__gte=part.bucket_from)
    if part.bucket_to < BUCKETS:
        devices = devices.filter(bucket__lt=part.bucket_to)
    return devices
