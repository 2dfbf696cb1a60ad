"""Facts for whoever listens outside: written in the transaction of the fact, told later.

`write` costs next to nothing while nobody listens to that kind of event. Who listens is
kept by `notifications.webhooks`; what it chose stands in the preference `webhook_events`.
"""

from collections.abc import Iterable
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction

from devices import changes, preferences
from devices.models import AppUser, Device, OutboxEvent

PHONES = 500  # in one event
KEPT_S = 1.0  # other processes hear of a new listener within
_NAME = "webhook_events"
_kept: dict[str, tuple[float, frozenset[str]]] = {}


def listens(*events: str) -> bool:
    """Whether anybody wants events of any of these types."""
    if not settings.MAILED_EVENTS.isdisjoint(events):
        return True
    return any(event in _heard() for event in events)


def _heard() -> frozenset[str]:
    read_at, heard = _kept.get(_NAME, (-inf, frozenset()))
    if monotonic() - read_at > KEPT_S:
        heard = frozenset(preferences.get(_NAME))
        _kept[_NAME] = monotonic(), heard
    return heard


def forget_heard() -> None:
    _kept.clear()


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
    forget_heard()
    transaction.on_commit(forget_heard)


# ---------------------------------------------------------------- what phones do


def permission_changed(device: Device, before: changes.Standing, at: datetime) -> None:
    if listens("permission.changed"):
        facts = _of_device(device) | {
            "before": _stood(before),
            "after": _stood(changes.standing(device)),
        }
        write("permission.changed", facts, at=at)


def _of_device(device: Device) -> dict[str, Any]:
    user_id = device.owner.user_id if device.owner else None
    return {"device_id": device.device_id, "user_id": user_id, "platform": device.platform}


def _stood(standing: changes.Standing) -> dict[str, Any]:
    return {
        "status": standing.status,
        "opted_out": standing.opted_out,
        "deliverable": standing.deliverable,
    }


def invalidated(pks: Iterable[int], *, at: datetime) -> None:
    """Up to PHONES of them in one event."""
    if not listens("device.invalidated"):
        return
    rows = Device.objects.filter(pk__in=list(pks)).order_by("pk")
    named = list(rows.values_list("device_id", "owner__user_id", "platform"))
    phones = [
        {"device_id": device_id, "user_id": user_id, "platform": platform}
        for device_id, user_id, platform in named
    ]
    slices = (phones[start : start + PHONES] for start in range(0, len(phones), PHONES))
    write_all("device.invalidated", ({"devices": few} for few in slices), at=at)


def forget(user: AppUser) -> None:
    """What names a person who was erased: told or not, it goes."""
    candidates = OutboxEvent.objects.filter(facts__icontains=user.user_id).only("facts")
    naming = [event.pk for event in candidates if _names(event.facts, user.user_id)]
    OutboxEvent.objects.filter(pk__in=naming).delete()


def _names(facts: Any, user_id: str) -> bool:
    if isinstance(facts, dict):
        inner = (each for name, each in facts.items() if name != "user_id")
        return facts.get("user_id") == user_id or any(_names(each, user_id) for each in inner)
    return isinstance(facts, list) and any(_names(each, user_id) for each in facts)
