"""A send spread over some minutes: more and smaller batches, due one after the other."""

from datetime import timedelta

from notifications.models import Notification
from notifications.sending.portions import Portion
from notifications.states import BatchKind

NOW = timedelta()


def size(notification: Notification, planned: int, usual: int) -> int:
    """Phones a batch: a batch a minute at least, where it is spread."""
    minutes = notification.spread_min
    return min(usual, max(1, -(-planned // minutes))) if minutes else usual


def later(notification: Notification, number: int, planned: int, each: int) -> timedelta:
    """How long after its portion's time the batch of that number (from 0) starts."""
    if not notification.spread_min:
        return NOW
    batches = max(1, -(-planned // each))
    return timedelta(minutes=notification.spread_min) * min(number, batches) / batches


def written(notification: Notification, portion: Portion) -> int:
    """Ranges of the portion that are there already: a plan that was killed counts on."""
    if not notification.spread_min:
        return 0
    return notification.batches.filter(kind=BatchKind.RANGE, timezone=portion.timezone).count()
