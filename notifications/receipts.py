"""What phones tell of a notification: it was received, it was opened.

A receipt is inserted first, always: a phone can open a message before the row of its delivery
exists. If the row is there it is applied in the same transaction; otherwise by the transaction
that records the row (`apply_waiting`), with the tick as net (`sweep`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from devices.locking import serialized
from devices.models import Device
from notifications.models import Batch, Delivery, Notification, Receipt
from notifications.states import Outcome, ReceiptType

SEEN = (ReceiptType.RECEIVED, ReceiptType.OPENED)  # the two that a delivery keeps
# Where the message may have reached the phone; of the others nothing was ever accepted.
MAY_HAVE_IT = (Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.WAITING)
OLDEST = timedelta(days=366)  # a phone's clock may say any year; calendars end at year 1
GIVE_UP_AFTER = timedelta(hours=1)
GIVEN_UP = "given_up"  # the `name` of a receipt whose row never came
SLICE = 1_000
SLICES_A_TICK = 20


@dataclass(frozen=True, slots=True)
class Event:
    """What one phone told. `notification_id` is what it found in the message's data."""

    event_id: str
    type: str
    device_id: str
    notification_id: UUID | None = None
    name: str = ""
    props: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    accepted: int
    duplicates: int
    rejected: list[tuple[str, str]]  # (event_id, code)


@serialized
def take(events: Sequence[Event], now: datetime) -> Taken:
    """Keep each event once, and apply what can be applied. Tried again when somebody else sends
    the same event at the same moment."""
    ids = [event.event_id for event in events]
    known = set(Receipt.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    devices = _devices({event.device_id for event in events})
    notifications = _notifications({event.notification_id for event in events})
    fresh: list[Receipt] = []
    duplicates, rejected = 0, []
    for event in events:
        if event.event_id in known:
            duplicates += 1
            continue
        known.add(event.event_id)
        device = devices.get(event.device_id)
        notification = notifications.get(event.notification_id)
        if code := _wrong(event, device, notification):
            rejected.append((event.event_id, code))
            known.discard(event.event_id)
            continue
        fresh.append(_receipt(event, devices[event.device_id], notification, now))
    Receipt.objects.bulk_create(fresh)
    touched = {receipt.device_id for receipt in fresh}
    Device.objects.filter(pk__in=touched, last_seen_at__lt=now).update(last_seen_at=now)
    _apply([receipt for receipt in fresh if receipt.applied_at is None], now)
    return Taken(len(fresh), duplicates, rejected)


def _devices(device_ids: set[str]) -> dict[str, int]:
    rows = Device.objects.filter(device_id__in=device_ids)
    return dict(rows.values_list("device_id", "pk"))


def _notifications(uuids: set[UUID | None]) -> dict[UUID | None, Notification]:
    rows = Notification.objects.filter(uuid__in=[one for one in uuids if one])
    return {one.uuid: one for one in rows.only("pk", "uuid", "started_at")}


def _wrong(event: Event, device: int | None, notification: Notification | None) -> str:
    if device is None:
        return "unknown_device"
    if event.notification_id and notification is None:
        return "unknown_notification"
    return ""


def _receipt(
    event: Event, device: int, notification: Notification | None, now: datetime
) -> Receipt:
    """The phone's clock counts, but never for later than now or before the sending began."""
    at = max(min(event.at or now, now), now - OLDEST)
    if notification is not None and notification.started_at:
        at = max(at, notification.started_at)
    waits = event.type in SEEN
    return Receipt(
        event_id=event.event_id,
        notification=notification,
        device_id=device,
        type=event.type,
        name=event.name,
        props=event.props,
        at=at,
        created_at=now,
        applied_at=None if waits else now,
    )


# ---------------------------------------------------------------- applying


# The engine asks it once a window, so it is put into words once.
_WAITING = (
    "SELECT 1 FROM notifications_receipt WHERE notification_id = %s AND applied_at IS NULL LIMIT 1"
)


def apply_waiting(notification_id: int, device_pks: Sequence[int], now: datetime) -> int:
    """Apply what these phones told before their rows existed; how many receipts that settled.
    Runs in the transaction that wrote the rows, and costs one small query when nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [notification_id])
        if cursor.fetchone() is None:
            return 0
    waiting = Receipt.objects.filter(notification=notification_id, applied_at=None)
    return _apply(list(waiting.filter(device__in=device_pks)), now)


def sweep(now: datetime) -> int:
    """The net: what fell between two transactions, and the end of what never finds its row."""
    settled, last = 0, 0
    waiting = Receipt.objects.filter(applied_at=None)
    for _ in range(SLICES_A_TICK):
        found = list(waiting.filter(pk__gt=last).order_by("pk")[:SLICE])
        if not found:
            break
        last = found[-1].pk
        with transaction.atomic():
            settled += _apply(found, now)
    waiting.filter(created_at__lt=now - GIVE_UP_AFTER).update(applied_at=now, name=GIVEN_UP)
    return settled


def _apply(receipts: list[Receipt], now: datetime) -> int:
    """Set received_at and opened_at where they are empty, and count each once for its batch.

    Batches are locked before the rows, as the engine does: the other way round two transactions
    could wait for each other.
    """
    settled: list[int] = []
    for notification_id, mine in _by_notification(receipts):
        rows = _rows(notification_id, {one.device_id for one in mine})
        found = [one for one in mine if one.device_id in rows]
        if not found:
            continue
        _lock({rows[one.device_id][0] for one in found})
        added: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for one in found:
            batch, platform = rows[one.device_id]
            if _set_once(one):
                added[batch][f"{one.type}_{platform}"] += 1
            settled.append(one.pk)
        for batch, counts in added.items():
            raised = {name: F(name) + n for name, n in counts.items()}
            Batch.objects.filter(pk=batch).update(**raised)
    if settled:
        Receipt.objects.filter(pk__in=settled).update(applied_at=now)
    return len(settled)


def _by_notification(receipts: Iterable[Receipt]) -> Iterator[tuple[int, list[Receipt]]]:
    grouped: dict[int, list[Receipt]] = defaultdict(list)
    for one in receipts:
        if one.notification_id is not None:
            grouped[one.notification_id].append(one)
    yield from sorted(grouped.items())


def _rows(notification_id: int, device_pks: set[int]) -> dict[int, tuple[int, str]]:
    """device → (batch, platform) of the rows that may have reached their phone."""
    rows = Delivery.objects.filter(
        notification=notification_id, device__in=device_pks, outcome__in=MAY_HAVE_IT
    )
    return {
        device: (batch, platform)
        for device, batch, platform in rows.values_list("device_id", "batch_id", "platform")
    }


def _lock(batches: set[int]) -> None:
    list(Batch.objects.select_for_update().filter(pk__in=batches).order_by("pk").values_list("pk"))


def _set_once(receipt: Receipt) -> bool:
    column = f"{receipt.type}_at"
    rows = Delivery.objects.filter(
        notification=receipt.notification_id,
        device=receipt.device_id,
        **{f"{column}__isnull": True},
    )
    return rows.update(**{column: receipt.at}) == 1
