"""Again as a draft of its own: what a copy takes over."""

from typing import Any

from django.db import transaction

from notifications import access, actors, audit, waves
from notifications.lifecycle import EDITABLE, ITS_TIME
from notifications.models import Notification
from notifications.states import NotificationStatus as S

WORDS = ("title", "body", "variants", "image", "image_facts")  # what a correction brings anew
NEVER = (S.DRAFT, S.CANCELLED)
NOT_BEGUN = (*NEVER, S.SCHEDULED, S.HELD)


def duplicate(notification: Notification, *, by: Any) -> Notification:
    """Of what was corrected since, the newest words: a mended typo does not come back. Of a
    correction that went out, to those whom the first one was for."""
    access.check(by, "duplicate")
    fields = as_corrected(first_of(notification))
    with transaction.atomic():
        draft = Notification.objects.create(**actors.wrote(by), **fields)
        audit.record(by, "duplicated", draft, {"from": str(notification.uuid)})
    return draft


def as_corrected(notification: Notification) -> dict[str, Any]:
    """`copied`, with the newest words."""
    fields = copied(notification)
    if newest := newest_correction(notification):
        fields |= {name: getattr(newest, name) for name in WORDS}
    return fields


def copied(notification: Notification) -> dict[str, Any]:
    """What another draft takes over. One of a correction corrects the same notification."""
    fields = {name: getattr(notification, name) for name in EDITABLE - ITS_TIME}
    fields |= {"waves": waves.as_planned(notification.waves), "resends": notification.resends}
    if notification.corrects:
        fields |= {"corrects": notification.corrects, "thread": notification.thread}
    return fields


def first_of(notification: Notification) -> Notification:
    """What a correction that went out began with; anything else is that itself."""
    while notification.corrects and notification.status not in NOT_BEGUN:
        notification = notification.corrects
    return notification


def newest_correction(notification: Notification) -> Notification | None:
    """None of a message card: its words are the card's."""
    if notification.card_id or notification.status in NOT_BEGUN:
        return None
    corrections = Notification.objects.filter(thread=notification.thread, corrects__isnull=False)
    return corrections.exclude(status__in=NEVER).order_by("-pk").first()
