"""Every move of a notification is one conditional UPDATE, so two people can't both win."""

from typing import Any

from django.db import transaction
from django.db.models import F

from notifications import access, audit
from notifications.models import Notification
from notifications.states import MOVES, Kind
from notifications.states import NotificationStatus as S

TO_A_DRAFT = ("undo", "edit")  # only what a person composed can go back to being composed
DONE = {
    "undo": "undid",
    "edit": "took back to edit",
    "cancel": "cancelled",
    "release": "released",
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopped",
    "resend_unknown": "resent to the unknown",
}


class WrongState(Exception):
    """The row is no longer where the verb starts; someone else was first."""


def can(notification: Notification, verb: str) -> bool:
    if verb == "confirm":
        return notification.status == S.DRAFT
    if verb in TO_A_DRAFT and notification.kind != Kind.BROADCAST:
        return False
    return notification.status in MOVES[verb][0]


def move(notification: Notification, verb: str, **fields: Any) -> None:
    """Raises WrongState when the row is no longer where `verb` starts."""
    before, after = MOVES[verb]
    moved = Notification.objects.filter(pk=notification.pk, status__in=before).update(
        status=after, version=F("version") + 1, **fields
    )
    if not moved:
        status = Notification.objects.values_list("status", flat=True).get(pk=notification.pk)
        raise WrongState(f"Can’t {verb.replace('_', ' ')} this notification: it is {status}.")
    notification.refresh_from_db()


def act(
    notification: Notification, verb: str, by: Any, ip: str | None, **fields: Any
) -> Notification:
    """The move by a person: whether she may, and the line that says it was she."""
    access.check(by, verb, notification)
    if verb in TO_A_DRAFT and notification.kind != Kind.BROADCAST:
        raise WrongState("What an event started has no draft to go back to. Cancel it instead.")
    with transaction.atomic():
        move(notification, verb, **fields)
        audit.record(by, DONE[verb], notification, ip=ip)
    return notification
