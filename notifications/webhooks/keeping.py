"""Endpoints as staff keep them: add, change, pause, resume, remove, change the secret.

Each raises NotAllowed or ValidationError, writes the audit, and says anew what is listened to.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from devices import outbox
from notifications import access, audit
from notifications.models import CallState, WebhookCall, WebhookEndpoint
from notifications.webhooks import addresses, boxes, signing
from notifications.webhooks.catalogue import EVENTS

ENDPOINTS_MAX = 20
BOTH_SIGN = timedelta(hours=24)  # after a change the former secret signs too
DEAF_AFTER = timedelta(hours=1)
FIELDS = ("name", "url", "events", "triggers")


def add(fields: dict[str, Any], *, by: Any, ip: str | None = None) -> tuple[WebhookEndpoint, str]:
    """The endpoint, and its secret in the clear: nowhere else will it ever be."""
    access.check(by, "webhooks")
    if WebhookEndpoint.objects.count() >= ENDPOINTS_MAX:
        raise ValidationError(f"There are {ENDPOINTS_MAX} endpoints already. Remove one first.")
    secret = signing.new_secret()
    with transaction.atomic():
        made = WebhookEndpoint.objects.create(
            created_by=by, secret=boxes.seal(secret), **_checked(fields)
        )
        _done(by, "added a webhook", made, facts_of(made), ip)
    return made, secret


def change(
    endpoint: WebhookEndpoint, fields: dict[str, Any], *, by: Any, ip: str | None = None
) -> None:
    access.check(by, "webhooks")
    before = facts_of(endpoint)
    for name, value in _checked(fields).items():
        setattr(endpoint, name, value)
    with transaction.atomic():
        endpoint.save(update_fields=FIELDS)
        _done(
            by, "changed a webhook", endpoint, {"before": before, "after": facts_of(endpoint)}, ip
        )


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    events = [event for event in EVENTS if event in fields["events"]]
    if not events:
        raise ValidationError({"events": ["Pick at least one event."]})
    try:
        addresses.check(fields["url"])
    except ValidationError as wrong:
        raise ValidationError({"url": wrong.messages}) from None
    name = fields["name"] or (urlsplit(fields["url"]).hostname or "")[:80]
    return {"name": name, "url": fields["url"], "events": events, "triggers": fields["triggers"]}


def pause(endpoint: WebhookEndpoint, *, by: Any, now: datetime, ip: str | None = None) -> None:
    """Nothing is sent; what happens meanwhile is kept for a day."""
    access.check(by, "webhooks")
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at=None).update(
            paused_at=now, paused_reason="by_person"
        )
        _done(by, "paused a webhook", endpoint, {}, ip)


def resume(endpoint: WebhookEndpoint, *, by: Any, now: datetime, ip: str | None = None) -> None:
    """What waits is due at once."""
    access.check(by, "webhooks")
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            paused_at=None, paused_reason="", failing_since=None
        )
        make_due(endpoint, now)
        _done(by, "resumed a webhook", endpoint, {}, ip)


def make_due(endpoint: WebhookEndpoint, now: datetime) -> int:
    waiting = WebhookCall.objects.filter(endpoint=endpoint, state=CallState.WAITING)
    return waiting.filter(due_at__gt=now).update(due_at=now)


def remove(endpoint: WebhookEndpoint, *, by: Any, ip: str | None = None) -> None:
    access.check(by, "webhooks")
    with transaction.atomic():
        audit.record(by, "removed a webhook", endpoint, facts_of(endpoint), ip)
        endpoint.delete()
        listen()


def rotate(endpoint: WebhookEndpoint, *, by: Any, now: datetime, ip: str | None = None) -> str:
    """The new secret, in the clear this once. For a day both sign."""
    access.check(by, "webhooks")
    secret = signing.new_secret()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            secret=boxes.seal(secret), former_secret=endpoint.secret, rotated_at=now
        )
        _done(by, "changed a webhook’s secret", endpoint, {}, ip)
    return secret


def valid_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Raises `boxes.Unreadable`."""
    valid = [boxes.unseal(endpoint.secret)]
    if endpoint.rotated_at and now - endpoint.rotated_at < BOTH_SIGN and endpoint.former_secret:
        valid.append(boxes.unseal(endpoint.former_secret))
    return valid


def _done(
    by: Any, action: str, endpoint: WebhookEndpoint, facts: dict[str, Any], ip: str | None
) -> None:
    audit.record(by, action, endpoint, facts, ip)
    listen()


def deaf(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Those that somebody should look at: given up on, or taking nothing for an hour."""
    late = Q(failing_since__lt=now - DEAF_AFTER, paused_at=None)
    return WebhookEndpoint.objects.filter(late | Q(paused_reason__in=("failing", "secret")))


def listen() -> None:
    """Tell the outbox what is wanted. Endpoints that were given up on want nothing."""
    wanted: set[str] = set()
    for events in WebhookEndpoint.objects.exclude(paused_reason="failing").values_list(
        "events", flat=True
    ):
        wanted.update(events)
    if "notification.failed" in wanted:
        wanted.add("notification.sent")  # which of the two it was shows when it is handed out
    outbox.listen(wanted)


def facts_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in FIELDS}
