"""Facts for whoever listens outside: written in the transaction of the fact, told later.

`write` costs one look into the cache while nobody listens to that kind of event. Who listens is
kept by `notifications.webhooks`; what it chose stands in the preference `webhook_events`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction

from devices import preferences
from devices.models import OutboxEvent

KEPT_S = 30  # other processes hear of a new listener within
_NAME = "outbox:listened"


def listens(event: str) -> bool:
    """Whether anybody wants events of this type."""
    heard = cache.get(_NAME)
    if heard is None:
        heard = list(preferences.get("webhook_events"))
        cache.set(_NAME, heard, KEPT_S)
    return event in heard


def write(event: str, facts: dict[str, Any], *, at: datetime) -> None:
    """Call it inside the transaction that writes the fact. `facts` are plain JSON: ids, never
    tokens or texts of people."""
    write_all(event, [facts], at=at)


def write_all(event: str, many: Iterable[dict[str, Any]], *, at: datetime) -> None:
    if listens(event):
        OutboxEvent.objects.bulk_create(
            OutboxEvent(type=event, facts=facts, at=at) for facts in many
        )


def listen(events: Iterable[str]) -> None:
    """From the next commit on, exactly these types are written."""
    preferences.put(webhook_events=sorted(set(events)))
    transaction.on_commit(lambda: cache.delete(_NAME))
