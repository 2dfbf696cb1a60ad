"""What was confirmed and has not started: taken back, cancelled, released."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from notifications import access, occurrences, reach
from notifications.lifecycle.moving import WrongState, act
from notifications.models import Notification
from notifications.states import NotificationStatus as S


def undo(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Back to a draft, as long as nothing went out."""
    return act(notification, "undo", by, ip, **_unconfirmed(notification))


def edit(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Scheduled or held → draft: what was confirmed no longer holds."""
    return act(notification, "edit", by, ip, **_unconfirmed(notification))


def cancel(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    return act(notification, "cancel", by, ip, finished_at=now)


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
        return act(notification, "release", by, ip, **fields)


def _unconfirmed(notification: Notification) -> dict[str, Any]:
    send_at = None if notification.each_clock else notification.send_at  # that was worked out
    return {
        "send_at": send_at,
        "due_at": None, "confirmed_at": None, "confirmed_by": None,
        "confirmed_by_key": None, "revision": None,
        "revision_sha256": "", "paused_reason": "", "paused_facts": {},
    }  # fmt: skip
