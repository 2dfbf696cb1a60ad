"""After it went out: new text for exactly those who got the old one, or again for those who did not
open it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from notifications import access, actors, audit, content, copying, lifecycle, reached
from notifications.models import Notification
from notifications.revision import freeze, image_url, message_of, page_of
from notifications.states import LIVE, Kind, QuietHours, SendTo
from notifications.states import NotificationStatus as S

SAME = (  # what a correction takes over from the one it corrects
    "image", "image_facts", "sound", "initial_page", "parameters", "data", "ttl_s", "timezone",
    "batch_mode",
)  # fmt: skip
CHANGES = {"title", "body", "image", "image_facts"}
OVER = frozenset({S.SENT, S.STOPPED})
UNOPENED_AFTER = timedelta(hours=4)  # most who open it at all have done so by then


def can_correct(notification: Notification) -> bool:
    return notification.kind != Kind.TEST and notification.status in OVER | LIVE


def correct(
    notification: Notification,
    changes: Mapping[str, Any],
    *,
    by: Any,
    phrase: str,
    now: datetime,
    stop: bool = False,
    ip: str | None = None,
    ticket: str = "",
) -> Notification:
    """A notification of its own to the phones that accepted this one, with its thread, so that it
    replaces. It is scheduled with the time to undo, as any other.

    `changes` are of CHANGES. One that still sends must be stopped first: `stop` does it in the same
    transaction. Raises NotAllowed (OverLimit), WrongState, or ValidationError by field (`phrase` and
    `ticket` among them).
    """
    access.check(by, "correct", notification)
    _check_can(notification, stop)
    if phrase.strip() != content.PHRASE:
        raise ValidationError({"phrase": [f"Type exactly: {content.PHRASE}"]})
    ticket = lifecycle.ticket_of(ticket, by)
    new = drafted(notification, changes, by)
    new.ticket = ticket
    people = reached.accepted(notification).exclude(user=None).values("user").distinct()
    access.check_people(by, people.count())
    with transaction.atomic():
        if notification.status in LIVE:
            lifecycle.stop(notification, by=by, now=now, ip=ip)
        phones = reached.accepted(notification).count()
        if not phones:
            raise lifecycle.WrongState("No phone has accepted it, so there is nothing to correct.")
        _schedule(new, phones, by, now)
        facts = {"phones": phones, "sha256": new.revision_sha256}
        facts |= {"ticket": ticket} if ticket else {}
        audit.record(by, "corrected", notification, facts | {"by": str(new.uuid)}, ip)
        audit.record(by, "confirmed", new, facts | {"corrects": str(notification.uuid)}, ip)
    return new


def _check_can(notification: Notification, stop: bool) -> None:
    if not can_correct(notification):
        raise lifecycle.WrongState(f"Can’t correct this notification: it is {notification.status}.")
    if notification.status in LIVE and not stop:
        raise lifecycle.WrongState(
            "It still goes out with the old text. Stop it first, then correct."
        )


def drafted(notification: Notification, changes: Mapping[str, Any], by: Any) -> Notification:
    """The correction, checked, unsaved. Raises ValidationError by field."""
    if unknown := changes.keys() - CHANGES:
        raise ValueError(f"a correction can't change {sorted(unknown)}")
    fields = {name: getattr(notification, name) for name in SAME}
    fields |= {"title": notification.title, "body": notification.body} | dict(changes)
    fields["title"] = content.clean_text(fields["title"]).replace("\n", " ")
    fields["body"] = content.clean_text(fields["body"])
    if all(getattr(notification, name) == fields[name] for name in ("title", "body", "image")):
        raise ValidationError({"title": ["This is what they have already. Change something."]})
    new = Notification(
        kind=Kind.BROADCAST,
        send_to=SendTo.REACHED,
        corrects=notification,
        thread=notification.thread,
        quiet_hours=QuietHours.IGNORE,  # the old text stands there already
        **actors.wrote(by),
        **fields,
    )
    message, page = message_of(new), page_of(new)
    content.check(message, page)
    content.sizes(message, page, image_url(message.image))
    return new


def _schedule(new: Notification, phones: int, by: Any, now: datetime) -> None:
    """Without `reviewed_phones`: what was on the wire may still be accepted, and belongs to it."""
    for name, value in actors.confirmed(by).items():
        setattr(new, name, value)
    new.status, new.confirmed_at = S.SCHEDULED, now
    new.due_at = now + lifecycle.undo_window(phones)
    new.revision, new.revision_sha256 = freeze(new)
    new.save()


# ---------------------------------------------------------------- again, to who did not open it


def can_resend(notification: Notification, now: datetime) -> bool:
    if notification.kind == Kind.TEST or notification.status not in OVER:
        return False
    return notification.started_at is not None and now - notification.started_at >= UNOPENED_AFTER


def resend_unopened(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """A draft of its own, reviewed and confirmed as any other, to the phones that accepted this one
    and have not told of an opening by the time it starts. Its thread is its own: it adds a banner.

    Raises NotAllowed, or WrongState with the reason.
    """
    access.check(by, "resend_unopened", notification)
    if not can_resend(notification, now):
        hours = int(UNOPENED_AFTER.total_seconds() // 3600)
        raise lifecycle.WrongState(f"That is offered {hours} hours after it was sent.")
    if not reached.unopened(notification).exists():
        raise lifecycle.WrongState("Everyone whose phone accepted it opened it.")
    fields = copying.as_corrected(notification) | {
        "send_to": SendTo.REACHED, "recipients": [], "audience": None, "corrects": None,
        "resends": notification,
    }  # fmt: skip
    with transaction.atomic():
        draft = Notification.objects.create(**actors.wrote(by), **fields)
        facts = {"of": str(notification.uuid)}
        audit.record(by, "composed again for who did not open", draft, facts, ip)
    return draft
