"""What would be sent to whom, and the confirm that is bound to exactly that."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from notifications import access, actors, audit, content, moments, occurrences, role_limits
from notifications.lifecycle.drafts import EDITABLE, ITS_TIME
from notifications.lifecycle.moving import WrongState
from notifications.models import TICKET_MAX, Notification
from notifications.review import Review, StaleReview, make_review, read_token, what_changed
from notifications.revision import freeze
from notifications.states import NotificationStatus as S

FEW_PHONES, FEW_SECONDS = 5, 3.0


def review(notification: Notification, *, by: Any, now: datetime) -> Review:
    """What would be sent to whom, and the token that binds a confirm to it. Raises
    ValidationError by field while the draft can't be sent, WrongState when it is no draft."""
    access.check(by, "compose")
    if notification.status != S.DRAFT:
        raise WrongState(f"Can’t review this notification: it is {notification.status}.")
    return make_review(notification, by, now)


def confirm(
    notification: Notification,
    *,
    by: Any,
    phrase: str,
    token: str,
    now: datetime,
    ticked: frozenset[str] | set[str] | None = frozenset(),
    ip: str | None = None,
    ticket: str = "",
) -> Notification:
    """Draft → scheduled, exactly as reviewed. `ticked` None: the reviewer had no boxes to tick, and
    was told in the review's answer.

    Raises NotAllowed (OverLimit), WrongState (someone was first), ValidationError({"phrase": …},
    {"ticked": …} or {"ticket": …}), or StaleReview naming what changed since the review.
    """
    access.check(by, "confirm", notification)
    if notification.status != S.DRAFT:
        raise WrongState(f"Can’t confirm this notification: it is {notification.status}.")
    if phrase.strip() != content.PHRASE:
        raise ValidationError({"phrase": [f"Type exactly: {content.PHRASE}"]})
    ticket = ticket_of(ticket, by)
    reviewed = read_token(token, by)
    present = make_review(notification, by, now)
    access.check_people(by, present.people)
    if changes := what_changed(reviewed, notification, present):
        raise StaleReview(changes)
    must = {odd.code for odd in present.oddities if odd.must_tick}
    if ticked is not None and must - ticked:
        raise ValidationError({"ticked": ["Tick each warning first."]})
    with transaction.atomic():
        _schedule(notification, present, by, now, reviewed["version"], ip, ticket)
    notification.refresh_from_db()
    return notification


def ticket_of(text: str, by: Any) -> str:
    """The reason or ticket number, which some roles must give. Raises ValidationError."""
    ticket = " ".join(content.clean_text(text).split())
    if not ticket and role_limits.needs_ticket(by):
        raise ValidationError({"ticket": ["Say why, or give the ticket’s number."]})
    if len(ticket) > TICKET_MAX:
        raise ValidationError({"ticket": [f"At most {TICKET_MAX} characters."]})
    return ticket


def _schedule(
    notification: Notification,
    present: Review,
    by: Any,
    now: datetime,
    version: int,
    ip: str | None,
    ticket: str,
) -> None:
    revision, sha256 = freeze(notification)
    when = moments.fields_at_confirm(notification, undo_window(present.will_send), now)
    if notification.repeat:
        names = EDITABLE - ITS_TIME
        when = occurrences.begin(notification, names, revision, present.will_send, by=by, now=now)
    moved = Notification.objects.filter(pk=notification.pk, status=S.DRAFT, version=version).update(
        status=S.SCHEDULED,
        version=F("version") + 1,
        confirmed_at=now,
        revision=revision,
        revision_sha256=sha256,
        reviewed_phones=present.will_send,
        ticket=ticket,
        batch_mode=present.batch_mode,
        changed_at=now,
        **when,
        **actors.confirmed(by),
    )
    if not moved:
        raise WrongState("Can’t confirm this notification: someone else was first.")
    facts = {"phones": present.will_send, "people": present.people, "sha256": sha256}
    facts |= {"ticket": ticket} if ticket else {}
    audit.record(by, "confirmed", notification, facts | {"due_at": when["due_at"].isoformat()}, ip)


def undo_window(phones: int) -> timedelta:
    window = settings.UNDO_SECONDS
    return timedelta(seconds=min(window, FEW_SECONDS) if phones <= FEW_PHONES else window)
