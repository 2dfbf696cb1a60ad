"""What the clock does: start what is due, hold what is late or no longer what was reviewed."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from devices import outbox, preferences
from notifications import audit, moments, occurrences, reach
from notifications.lifecycle import WrongState, move
from notifications.models import Notification, Series
from notifications.review import drifted
from notifications.sending import pause, plan
from notifications.states import Kind, SendTo

logger = logging.getLogger(__name__)
FRESH = timedelta(hours=24)  # a review younger than this is held to its exact numbers
AHEAD = timedelta(hours=3)  # how far a zone's new rules may move a time to before its old instant


def start_due(now: datetime) -> list[int]:
    """Start (or hold) every confirmed notification whose moment has come; their pks."""
    occurrences.advance(now)
    due = Notification.objects.due(now).select_related("audience").order_by("due_at", "pk")
    if pause.all_since():
        due = due.filter(kind=Kind.TRIGGER)
        if pause.all_holds(Kind.TRIGGER):
            return []
    else:
        hold_moved(now)
    started = []
    for notification in due:
        try:
            if start(notification, now):
                started.append(notification.pk)
        except WrongState:
            logger.info("Notification %s was moved by someone else first.", notification.pk)
    return started


def start(notification: Notification, now: datetime) -> bool:
    """Scheduled → sending with its plan batch, or → held. Raises WrongState when it lost a race."""
    assert notification.due_at is not None  # noqa: S101  due() chose it
    late_by = now - notification.due_at
    one = occurrences.of(notification) if notification.wall else None
    # A released one was looked at by a person just now.
    reviewed_at = notification.confirmed_at or now
    is_late = late_by > timedelta(minutes=settings.LATE_MINUTES)
    if one is not None and occurrences.is_superseded(one, now):
        hold(notification, "superseded", {"late_by_s": int(late_by.total_seconds())}, now)
        return False
    if is_late and notification.kind == Kind.BROADCAST:
        hold(notification, "late", {"late_by_s": int(late_by.total_seconds())}, now)
        return False
    if edited := _audience_edited(notification, reviewed_at):
        hold(notification, "audience", edited, now)
        return False
    present = _present(notification, now)
    is_fresh = now - reviewed_at <= FRESH and one is None
    drift = _drift(notification.reviewed_phones, present, is_fresh)
    if drift is not None and preferences.get("hold_on_drift"):
        hold(notification, "drift", drift, now)
        return False
    with transaction.atomic():
        is_tardy = late_by > timedelta(seconds=3 * settings.TICK_SECONDS + 30)
        move(notification, "start", started_at=now, late=is_tardy)
        plan.begin(notification, now)
        if one is not None:  # the next one is held against this one's number
            Series.objects.filter(pk=one.series_id).update(reviewed_phones=present)
    return True


def hold_moved(now: datetime) -> None:
    """Hold what a zone's new rules would move, at whichever of its two instants comes first."""
    soon = Notification.objects.due(now + AHEAD).exclude(wall="").filter(each_clock=False)
    for notification in soon:
        found = moments.moved(notification)
        if found is not None and now >= min(
            map(datetime.fromisoformat, (found["was"], found["is"]))
        ):
            try:
                hold(notification, "zone_rules", found, now)
            except WrongState:
                logger.info("Notification %s was moved by someone else first.", notification.pk)


def _audience_edited(notification: Notification, reviewed_at: datetime) -> dict[str, Any] | None:
    """The rules or the list of the one it is for, or of the one it leaves out, are not what was
    reviewed, whatever the number of phones says."""
    named = [notification.audience] if notification.send_to == SendTo.AUDIENCE else []
    for audience in [*named, notification.exclude_audience]:
        if audience and (audience.archived_at or audience.changed_at > reviewed_at):
            return {"audience": audience.pk, "archived": audience.archived_at is not None}
    return None


def _present(notification: Notification, now: datetime) -> int | None:
    """Phones now, where there is a number to hold them against."""
    if notification.kind != Kind.BROADCAST or notification.reviewed_phones is None:
        return None
    return reach.waterfall(notification, now).will_send


def _drift(reviewed: int | None, present: int | None, is_fresh: bool) -> dict[str, Any] | None:
    """{"reviewed": n, "present": m} when the number of phones moved too far since the review;
    what repeats, or was reviewed long ago, may move as far as twice or half."""
    if reviewed is None or present is None:
        return None
    if is_fresh:
        moved = drifted(reviewed, present)
    else:
        moved = present > 2 * reviewed or 2 * present < reviewed
    return {"reviewed": reviewed, "present": present} if moved else None


def hold(notification: Notification, reason: str, facts: dict[str, Any], now: datetime) -> None:
    with transaction.atomic():
        move(
            notification, "hold", paused_reason=reason, paused_facts=facts | {"at": now.isoformat()}
        )
        audit.record(None, "held", notification, {"reason": reason} | facts)
        outbox.write(
            "notification.held", {"notification": notification.pk, "reason": reason}, at=now
        )
