"""Waves while they go: the next one is let go when the former is done and its wait has passed, and
none after a guard was pulled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from devices.models import BUCKETS
from notifications import waves
from notifications.models import Batch, Notification
from notifications.sending import counters, guards
from notifications.sending.portions import HELD_BACK
from notifications.states import BatchKind
from notifications.states import NotificationStatus as S


def advance(notification_id: int, now: datetime) -> bool:
    """For the tick: pull a guard, or give the next wave its time. Returns whether it moved."""
    with transaction.atomic():
        notification = _locked(notification_id)
        if notification is None:
            return False
        if facts := guards.of_waves(notification, counters.Delta()):
            return guards.pause(notification, guards.GUARD, facts, now)
        return _release_next(notification, now)


def _locked(notification_id: int) -> Notification | None:
    """The plan's row is what two ticks meet at: it is locked before the notification, as workers
    lock their batches. None while it still plans, or is not sending."""
    plans = Batch.objects.select_for_update().filter(kind=BatchKind.PLAN)
    mine = plans.filter(notification=notification_id).exclude(finished_at=None)
    if not list(mine.values_list("pk")):
        return None
    return Notification.objects.filter(pk=notification_id, status=S.SENDING).first()


def _release_next(notification: Notification, now: datetime) -> bool:
    batches = Batch.objects.filter(notification=notification)
    unfinished = batches.filter(finished_at=None)
    if unfinished.exclude(due_at=HELD_BACK).exists():
        return False
    held = unfinished.filter(due_at=HELD_BACK)
    first = held.order_by("bucket_from").values_list("bucket_from", flat=True).first()
    if first is None:
        return False
    former = batches.primary().filter(bucket_from__lt=first)
    wait = timedelta(seconds=waves.wait_s(notification.waves) if former.exists() else 0)
    return bool(held.filter(bucket_from=first).update(due_at=now + wait))


# ---------------------------------------------------------------- how they stand


@dataclass(frozen=True, slots=True)
class Wave:
    """`state`: done, now, soon (its time is set), later (held back), halted, stopped, empty (no
    phone falls into it). `percent` is the share that it goes up to."""

    number: int
    percent: float
    state: str
    due_at: datetime | None
    targeted: int
    batches: int
    batches_done: int


def standing(notification: Notification, now: datetime) -> list[Wave]:
    """One query; [] for a notification without waves."""
    if not notification.waves:
        return []
    rows = notification.batches.primary().order_by("pk")
    fields = ("bucket_from", "due_at", "started_at", "finished_at", "counters")
    by_wave: dict[int, list[tuple[Any, ...]]] = {}
    for first, *row in rows.values_list(*fields):
        by_wave.setdefault(first, []).append(tuple(row))
    return [
        _wave(notification, number, after, by_wave.get(first, []), now)
        for number, (first, after) in enumerate(waves.cuts(notification.waves), 1)
    ]


def _wave(
    notification: Notification, number: int, after: int, rows: list[tuple[Any, ...]], now: datetime
) -> Wave:
    due_at = min((row[0] for row in rows), default=None)
    done = sum(1 for row in rows if row[2] is not None)
    targeted = counters.total([row[3] for row in rows])
    return Wave(
        number=number,
        percent=100 * after / BUCKETS,
        state=_state(notification, rows, done, due_at, now),
        due_at=None if due_at == HELD_BACK else due_at,
        targeted=sum(one["targeted"] for one in targeted.values()),
        batches=len(rows),
        batches_done=done,
    )


def _state(
    notification: Notification,
    rows: list[tuple[Any, ...]],
    done: int,
    due_at: datetime | None,
    now: datetime,
) -> str:
    has_begun = any(row[1] is not None for row in rows)
    if due_at is None:
        return "empty" if notification.planned is not None else "later"
    if notification.status == S.STOPPED:
        return "done" if has_begun and done == len(rows) else "stopped"
    if done == len(rows):
        return "done"
    if notification.status == S.PAUSED and due_at <= now:
        return "halted"
    if due_at == HELD_BACK:
        return "later"
    return "soon" if due_at > now else "now"
