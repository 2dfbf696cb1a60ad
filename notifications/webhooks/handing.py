"""From the outbox to calls: one for each endpoint that listens, in one transaction a slice."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from devices.models import OutboxEvent
from notifications import mails, reports
from notifications.models import Delivery, Notification, WebhookCall, WebhookEndpoint
from notifications.states import Kind, Outcome
from notifications.webhooks.catalogue import OF_NOTIFICATIONS

SLICE = 200
PHONES = 500  # in one event
FAILED = (Outcome.REJECTED, Outcome.DEAD_TOKEN, Outcome.EXPIRED, Outcome.UNKNOWN)


def has_new() -> bool:
    return OutboxEvent.objects.filter(taken_at=None).exists()


@transaction.atomic
def hand_out(now: datetime) -> int:
    """The oldest events that nobody took yet; how many they were."""
    rows = OutboxEvent.objects.filter(taken_at=None).order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    events = list(rows[:SLICE])
    if not events:
        return 0
    endpoints = list(WebhookEndpoint.objects.exclude(paused_reason="failing"))
    for event in events:
        _hand(event, endpoints, now)
    return len(events)


def _hand(event: OutboxEvent, endpoints: list[WebhookEndpoint], now: datetime) -> None:
    if event.type in OF_NOTIFICATIONS:
        _fill(event)
    elif event.type == "delivery.failed":
        _unfold(event)
    kind = event.facts.get("kind", Kind.BROADCAST)
    listeners = [
        one
        for one in endpoints
        if event.type in one.events and kind != Kind.TEST and (one.triggers or kind != Kind.TRIGGER)
    ]
    event.taken_at = now
    event.save(update_fields=["facts", "taken_at", "type"])
    transaction.on_commit(partial(mails.tell, event, now))
    WebhookCall.objects.bulk_create(
        WebhookCall(endpoint=one, event=event, due_at=now) for one in listeners
    )


def _fill(event: OutboxEvent) -> None:
    """The notification's numbers as the API gives them, as of now. What nobody accepted is not
    sent but failed."""
    notification = Notification.objects.filter(pk=event.facts.get("notification")).first()
    if notification is None:
        event.facts = {"kind": Kind.TEST}
        return
    numbers = reports.as_dict(notification)
    for name in ("due_at", "started_at", "finished_at"):
        numbers[name] = numbers[name] and numbers[name].isoformat()
    more = {name: value for name, value in event.facts.items() if name != "notification"}
    event.facts = {"title": notification.title} | numbers | more
    if event.type == "notification.sent" and _failed(numbers):
        event.type = "notification.failed"


def _failed(numbers: dict[str, Any]) -> bool:
    return not numbers["accepted"] and any(numbers[outcome] for outcome in FAILED)


def _unfold(event: OutboxEvent) -> None:
    """This event gets the first PHONES phones; another one in the outbox the rest."""
    notification = Notification.objects.filter(pk=event.facts.get("notification")).first()
    rows = _failures(notification, event.facts.get("after", 0)) if notification else []
    if notification is None or not rows:
        event.facts = {"kind": Kind.TEST}
        return
    if len(rows) == PHONES:
        rest = {"notification": notification.pk, "after": rows[-1].device_id}
        OutboxEvent.objects.create(type=event.type, facts=rest, at=event.at)
    event.facts = {
        "notification_id": str(notification.uuid),
        "kind": notification.kind,
        "deliveries": [
            {
                "device_id": row.device.device_id,
                "user_id": row.user.user_id if row.user else None,
                "platform": row.platform,
                "outcome": row.outcome,
                "reason": row.reason,
            }
            for row in rows
        ],
    }


def _failures(notification: Notification, after: int) -> list[Delivery]:
    rows = Delivery.objects.filter(
        notification=notification, device_id__gt=after, outcome__in=FAILED
    )
    return list(rows.select_related("device", "user").order_by("device_id")[:PHONES])
