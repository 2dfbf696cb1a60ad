"""*Send test*: one call, made while its sender waits, and written down like any other."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from devices.models import OutboxEvent
from notifications import access, audit
from notifications.models import CallState, WebhookAttempt, WebhookCall, WebhookEndpoint
from notifications.webhooks import courier, keeping, posting
from notifications.webhooks.catalogue import TEST

PATIENCE_S = 5.0


def send_test(
    endpoint: WebhookEndpoint, *, by: Any, now: datetime, ip: str | None = None
) -> posting.Reply:
    """Also while it is paused. It is not tried again and says nothing of the endpoint. Raises
    `boxes.Unreadable`."""
    access.check(by, "webhooks")
    valid = keeping.valid_secrets(endpoint, now)
    with transaction.atomic():
        facts = {"text": "If you can read this, calls from Beckon arrive."}
        event = OutboxEvent.objects.create(type=TEST, facts=facts, at=now, taken_at=now)
        call = WebhookCall.objects.create(
            endpoint=endpoint, event=event, leased_until=now + timedelta(minutes=1)
        )
    errand = courier.errand(endpoint, call, valid, now)
    reply = posting.post(errand.url, errand.body, errand.headers, PATIENCE_S)
    with transaction.atomic():
        state = CallState.DELIVERED if reply.taken else CallState.GIVEN_UP
        WebhookCall.objects.filter(pk=call.pk).update(
            state=state, tries=1, ended_at=now, leased_until=None
        )
        WebhookAttempt.objects.create(
            endpoint=endpoint, call=call, at=now, status=reply.status, ms=reply.ms,
            error=reply.error[:300],
        )  # fmt: skip
        audit.record(by, "tested a webhook", endpoint, {"answer": reply.error or "taken"}, ip)
    return reply
