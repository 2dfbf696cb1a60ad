"""Drafts: written, saved again by one of several people, tried on one's own phones."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from devices.models import Device
from notifications import access, actors, audit, content
from notifications.lifecycle.moving import WrongState
from notifications.models import Notification
from notifications.revision import freeze, message_of, page_of
from notifications.sending import plan
from notifications.states import Kind, SendTo
from notifications.states import NotificationStatus as S

EDITABLE = {
    "title", "body", "image", "image_facts", "sound", "initial_page", "parameters", "data",
    "ttl_s", "send_to", "recipients", "audience", "target_os", "batch_mode", "send_at", "timezone",
    "variants", "card", "variables", "waves",
    "exclude_audience", "exclude_users", "spare_after", "quiet_hours",
    "wall", "each_clock", "if_past", "spread_min", "repeat",
}  # fmt: skip
ITS_TIME = {"send_at", "wall", "each_clock", "repeat"}  # what a copy chooses anew


class Conflict(Exception):
    """Someone else saved this draft in between."""


def compose(fields: dict[str, Any], *, by: Any) -> Notification:
    """A new draft from the form's or the API's fields, checked by neither: a draft may be
    unfinished. `review` and `confirm` check it whole."""
    access.check(by, "compose")
    with transaction.atomic():
        draft = Notification.objects.create(**actors.wrote(by), **_known(fields))
        audit.record(by, "composed", draft)
    return draft


def revise(
    notification: Notification, fields: dict[str, Any], *, by: Any, version: int
) -> Notification:
    """Save a draft again. Raises Conflict when `version` is no longer the row's."""
    access.check(by, "compose")
    with transaction.atomic():
        saved = Notification.objects.filter(
            pk=notification.pk, version=version, status=S.DRAFT
        ).update(version=F("version") + 1, changed_at=timezone.now(), **_known(fields))
        if not saved:
            _refuse_revision(notification)
        if not actors.is_author(by, notification):
            audit.record(by, "edited", notification)
    notification.refresh_from_db()
    return notification


def _refuse_revision(notification: Notification) -> None:
    notification.refresh_from_db()
    if notification.status != S.DRAFT:
        raise WrongState(f"Can’t edit this notification: it is {notification.status}.")
    raise Conflict("Someone else saved this draft meanwhile. Compare before you save again.")


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - EDITABLE:
        raise ValueError(f"not fields of a notification: {sorted(unknown)}")
    return fields


def send_test(notification: Notification, *, by: Any, now: datetime) -> Notification:
    """The draft, to the signed-in person's own test phones, at once. Raises ValidationError when
    the draft can't be sent or the person has no test phone."""
    access.check(by, "test")
    message = message_of(notification)
    content.check(message, page_of(notification))
    phones = list(Device.objects.active().filter(testers__staff=by).values_list("pk", "owner_id"))
    if not phones:
        raise ValidationError(
            "You have no test phone yet. Open one under Devices, or in the Sandbox, and press "
            "“Use as my test phone”."
        )
    fields = {name: getattr(notification, name) for name in EDITABLE - ITS_TIME - {"recipients"}}
    fields |= {"send_to": SendTo.USERS, "audience": None, "target_os": "all", "batch_mode": False}
    fields["waves"] = {}
    with transaction.atomic():
        test = Notification(kind=Kind.TEST, author=by, confirmed_by=by, confirmed_at=now, **fields)
        test.due_at = test.started_at = now
        test.status, test.planned, test.people = S.SENDING, len(phones), 1
        test.revision, test.revision_sha256 = freeze(test)
        test.save()
        plan.add_list(test, [(pk, owner or 0) for pk, owner in phones], now, ordinal=1)
        audit.record(by, "sent a test of", notification, {"phones": len(phones)})
    return test
