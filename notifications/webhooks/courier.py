"""Makes the calls that are due. A thread beside the clock: a receiver that hangs holds up nothing
but itself, and never a worker that sends.

At least once: a call counts when its answer is written down. Its lease ends by itself, so what a
courier had in hand when it died is tried again.
"""

import json
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from notifications import audit, mails
from notifications.models import CallState, WebhookAttempt, WebhookCall, WebhookEndpoint
from notifications.webhooks import boxes, handing, keeping, posting, signing

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)
BACK_OFF_S = (5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600)
AT_ONCE = 4  # calls to one endpoint; one alone while it fails
HANDS = 16
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=7)
AGENT = "Beckon-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Errand:
    """One call with all that is needed to make it without the database."""

    call: WebhookCall
    url: str
    body: bytes
    headers: dict[str, str]


def turn(now: datetime) -> int:
    """Hand out what is new, make what is due, write down how it went; how much that was."""
    handed = handing.hand_out(now) if handing.has_new() else 0
    mails.send(now)
    errands = claim(now) if has_waiting() else []
    if errands:
        with ThreadPoolExecutor(min(HANDS, len(errands)), "webhook") as hands:
            for errand, reply in zip(errands, hands.map(_make, errands), strict=True):
                record(errand.call, reply, now)
    return handed + len(errands)


def has_waiting() -> bool:
    """A look without a transaction: on SQLite an idle courier must hold no lock."""
    return WebhookCall.objects.filter(state=CallState.WAITING).exists()


def _make(errand: Errand) -> posting.Reply:
    return posting.post(errand.url, errand.body, errand.headers)


# ---------------------------------------------------------------- taking


@transaction.atomic
def claim(now: datetime) -> list[Errand]:
    """What is due, leased to this courier. Calls that are a day old are given up first."""
    give_up(now)
    errands: list[Errand] = []
    live = WebhookEndpoint.objects.filter(paused_at=None)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    for endpoint in live:
        rows = WebhookCall.objects.filter(
            free, endpoint=endpoint, state=CallState.WAITING, due_at__lte=now
        ).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        found = list(rows.select_related("event")[: 1 if endpoint.failing_since else AT_ONCE])
        errands += _packed(endpoint, found, now)
    leased = [errand.call.pk for errand in errands]
    WebhookCall.objects.filter(pk__in=leased).update(leased_until=now + LEASE)
    return errands


def _packed(endpoint: WebhookEndpoint, calls: list[WebhookCall], now: datetime) -> list[Errand]:
    if not calls:
        return []
    try:
        valid = keeping.valid_secrets(endpoint, now)
    except boxes.Unreadable:
        _pause(endpoint, "secret", now)
        return []
    return [errand(endpoint, call, valid, now) for call in calls]


def errand(endpoint: WebhookEndpoint, call: WebhookCall, valid: list[str], now: datetime) -> Errand:
    event = call.event
    said = {
        "id": str(event.uuid),
        "type": event.type,
        "at": event.at.isoformat(),
        "data": event.facts,
    }
    body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Event-Id": str(event.uuid),
        "X-Event-Type": event.type,
        "X-Signature": signing.header(body, int(now.timestamp()), valid),
    }
    return Errand(call, endpoint.url, body, headers)


def give_up(now: datetime) -> None:
    old = WebhookCall.objects.filter(state=CallState.WAITING, event__at__lt=now - GIVE_UP_AFTER)
    old.update(state=CallState.GIVEN_UP, ended_at=now)


# ---------------------------------------------------------------- writing down


@transaction.atomic
def record(call: WebhookCall, reply: posting.Reply, now: datetime) -> None:
    """The try, what follows for the call, and what it says of the endpoint."""
    WebhookAttempt.objects.create(
        endpoint_id=call.endpoint_id,
        call=call,
        at=now,
        status=reply.status,
        ms=reply.ms,
        error=reply.error[:300],
    )
    mine = WebhookCall.objects.filter(pk=call.pk, state=CallState.WAITING)
    if reply.taken:
        mine.update(
            state=CallState.DELIVERED, tries=call.tries + 1, ended_at=now, leased_until=None
        )
        _works(call.endpoint, now)
        return
    wait = BACK_OFF_S[min(call.tries, len(BACK_OFF_S) - 1)]
    mine.update(tries=call.tries + 1, due_at=now + timedelta(seconds=wait), leased_until=None)
    _fails(call.endpoint, now)


def _works(endpoint: WebhookEndpoint, now: datetime) -> None:
    """It is back: what waited for its turn goes at once."""
    failing = WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since__isnull=False)
    if failing.update(failing_since=None):
        keeping.make_due(endpoint, now)


def _fails(endpoint: WebhookEndpoint, now: datetime) -> None:
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    mine.filter(failing_since=None).update(failing_since=now)
    if mine.filter(failing_since__lte=now - GIVE_UP_AFTER, paused_at=None).exists():
        _pause(endpoint, "failing", now)


def _pause(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    paused = WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at=None).update(
        paused_at=now, paused_reason=reason
    )
    if paused:
        audit.record(None, "paused a webhook", endpoint, {"reason": reason})
        keeping.listen()


def forget_old(now: datetime, slice_of: int = 5_000) -> int:
    """Events with all that was tried for them, a week after they were told or given up."""
    from devices.models import OutboxEvent

    waiting = WebhookCall.objects.filter(state=CallState.WAITING)
    old = OutboxEvent.objects.filter(at__lt=now - KEPT, taken_at__isnull=False)
    pks: Iterable[Any] = old.exclude(calls__in=waiting).order_by("pk").values_list("pk")[:slice_of]
    return OutboxEvent.objects.filter(pk__in=[pk for (pk,) in pks]).delete()[0]
