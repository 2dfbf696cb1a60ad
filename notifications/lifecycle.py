"""What people do to a notification: compose, review, confirm, undo, pause, stop.

Functions write rows and ring nothing; whoever calls them rings the bell after the commit. Each
move is one conditional UPDATE (`move`), so two people can't both win.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from devices import outbox
from devices.models import Device
from notifications import (
    access,
    actors,
    audit,
    content,
    moments,
    occurrences,
    reach,
    role_limits,
    waves,
)
from notifications.models import TICKET_MAX, Notification
from notifications.review import (
    Review,
    StaleReview,
    make_review,
    read_token,
    what_changed,
)
from notifications.revision import freeze, message_of, page_of
from notifications.sending import plan
from notifications.states import MOVES, Kind, SendTo
from notifications.states import NotificationStatus as S

__all__ = ["Conflict", "Review", "StaleReview", "WrongState"]

FEW_PHONES, FEW_SECONDS = 5, 3.0
TO_A_DRAFT = ("undo", "edit")  # only what a person composed can go back to being composed
EDITABLE = {
    "title", "body", "image", "image_facts", "sound", "initial_page", "parameters", "data",
    "ttl_s", "send_to", "recipients", "audience", "target_os", "batch_mode", "send_at", "timezone",
    "variants", "card", "variables", "waves",
    "exclude_audience", "exclude_users", "spare_after", "quiet_hours",
    "wall", "each_clock", "if_past", "spread_min", "repeat",
}  # fmt: skip
ITS_TIME = {"send_at", "wall", "each_clock", "repeat"}  # what a copy chooses anew


class WrongState(Exception):
    """The row is no longer where the verb starts; someone else was first."""


class Conflict(Exception):
    """Someone else saved this draft in between."""


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


# ---------------------------------------------------------------- drafts


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


# ---------------------------------------------------------------- review and confirm


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


# ---------------------------------------------------------------- before it starts


def undo(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Back to a draft, as long as nothing went out."""
    return _act(notification, "undo", by, ip, **_unconfirmed(notification))


def edit(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Scheduled or held → draft: what was confirmed no longer holds."""
    return _act(notification, "edit", by, ip, **_unconfirmed(notification))


def cancel(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    return _act(notification, "cancel", by, ip, finished_at=now)


def extend_undo(
    notification: Notification, *, by: Any, now: datetime, seconds: float = 30
) -> Notification:
    """Wait a little longer (WCAG 2.2.1); only while the window of a "now" still runs."""
    access.check(by, "undo", notification)
    moved = Notification.objects.filter(
        pk=notification.pk, status=S.SCHEDULED, send_at=None, due_at__gt=now
    ).update(due_at=F("due_at") + timedelta(seconds=seconds), version=F("version") + 1)
    if not moved:
        raise WrongState("Too late to wait: it has started.")
    notification.refresh_from_db()
    return notification


def release(
    notification: Notification,
    *,
    by: Any,
    now: datetime,
    due_at: datetime | None = None,
    zone: str = "",
    ip: str | None = None,
) -> Notification:
    """Held → scheduled, due now or at a new time; the present count becomes the reviewed one.
    `zone` is the clock that the new time was read on."""
    count = reach.waterfall(notification, now).will_send
    fields: dict[str, Any] = {"reviewed_phones": count, "paused_reason": "", "paused_facts": {}}
    if not notification.each_clock:
        fields["wall"] = ""  # from here on the instant counts, whatever a clock will say
    if due_at:
        fields["send_at"] = due_at
    if zone and not notification.each_clock:
        fields["timezone"] = zone
    with transaction.atomic():
        occurrences.looked_at(notification, count, now)
        fields |= {"due_at": due_at or now, "confirmed_at": now}
        return _act(notification, "release", by, ip, **fields)


def _unconfirmed(notification: Notification) -> dict[str, Any]:
    send_at = None if notification.each_clock else notification.send_at  # that was worked out
    return {
        "send_at": send_at,
        "due_at": None, "confirmed_at": None, "confirmed_by": None,
        "confirmed_by_key": None, "revision": None,
        "revision_sha256": "", "paused_reason": "", "paused_facts": {},
    }  # fmt: skip


# ---------------------------------------------------------------- while it goes


def pause(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    return _act(notification, "pause", by, ip, paused_reason="by_person", paused_facts={})


def resume(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Go on; what was blocked by a wrong set-up is due at once. A brake or a guard is not pulled
    twice, and the dead tokens that either kept are retired now."""
    access.check(by, "resume", notification)
    from notifications.sending import guards, retire

    reason = notification.paused_reason
    with transaction.atomic():
        if reason in ("brake", guards.GUARD):
            retire.dead(notification, now)
        notification.batches.exclude(blocked_by="").update(blocked_by="", due_at=now)
        if reason == "zone_late":
            overdue = notification.batches.filter(finished_at=None, due_at__lt=now)
            overdue.update(due_at=now)
        fields: dict[str, Any] = {}
        if reason in ("brake", "wrong_project", "bad_message"):
            fields["brake_released"] = True
        if reason == guards.GUARD:
            fields["waves"] = waves.lift(notification.waves, notification.paused_facts["guard"])
        return _act(notification, "resume", by, ip, paused_reason="", paused_facts={}, **fields)


def stop(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """For good: waiting rows become `stopped`, devices never opened get no row."""
    from notifications.sending import sweep

    access.check(by, "stop", notification)
    with transaction.atomic():
        # Batches before the notification, as workers lock them.
        list(notification.batches.select_for_update().order_by("pk").values_list("pk"))
        stopped = _act(notification, "stop", by, ip, finished_at=now, paused_reason="")
        sweep.stop_waiting(stopped, now)
        for event in ("notification.stopped", "delivery.failed"):
            outbox.write(event, {"notification": stopped.pk}, at=now)
    return stopped


def resend_unknown(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Sent → sending: the devices in doubt wait in new list batches; `targeted` does not move."""
    from notifications.sending import resend

    access.check(by, "resend_unknown", notification)
    with transaction.atomic():
        count = resend.unknown(notification, now)
        if not count:
            raise WrongState("Nothing is unknown here any more.")
        return _act(notification, "resend_unknown", by, ip, finished_at=None)


def _act(
    notification: Notification, verb: str, by: Any, ip: str | None, **fields: Any
) -> Notification:
    access.check(by, verb, notification)
    if verb in TO_A_DRAFT and notification.kind != Kind.BROADCAST:
        raise WrongState("What an event started has no draft to go back to. Cancel it instead.")
    with transaction.atomic():
        move(notification, verb, **fields)
        audit.record(by, DONE[verb], notification, ip=ip)
    return notification


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


# ---------------------------------------------------------------- tests


def send_test(notification: Notification, *, by: Any, now: datetime) -> Notification:
    """The draft, to the signed-in person's own test phones, at once. Raises ValidationError when
    the draft can't be sent or the person has no test phone."""
    access.check(by, "test")
    message = message_of(notification)
    content.check(message, page_of(notification))
    phones = list(Device.objects.active().filter(testers__staff=by).values_list("pk", "owner_id"))
    if not phones:
        raise ValidationError(
            "You have no test phone yet. Mark one: Phones → Use as my test phone, or Devices."
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
