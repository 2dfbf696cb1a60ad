"""What the clock does: start what is due, hold what is late or no longer what was reviewed."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from devices import preferences
from notifications import audit, reach
from notifications.lifecycle import WrongState, move
from notifications.models import Notification
from notifications.review import drifted
from notifications.sending import pause, plan
from notifications.states import Kind, SendTo

logger = logging.getLogger(__name__)
FRESH = timedelta(hours=24)  # a review younger than this is held to its exact numbers


def start_due(now: datetime) -> list[int]:
    """Start (or hold) every confirmed notification whose moment has come; their pks."""
    if pause.all_since():
        return []
    due = Notification.objects.due(now).select_related("audience").order_by("due_at", "pk")
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
    # A released one was looked at by a person just now.
    reviewed_at = notification.confirmed_at or now
    is_late = late_by > timedelta(minutes=settings.LATE_MINUTES)
    if is_late and notification.kind == Kind.BROADCAST:
        hold(notification, "late", {"late_by_s": int(late_by.total_seconds())}, now)
        return False
    if edited := _audience_edited(notification, reviewed_at):
        hold(notification, "audience", edited, now)
        return False
    drift = _drift(notification, reviewed_at, now)
    if drift is not None and preferences.get("hold_on_drift"):
        hold(notification, "drift", drift, now)
        return False
    with transaction.atomic():
        is_tardy = late_by > timedelta(seconds=3 * settings.TICK_SECONDS + 30)
        move(notification, "start", started_at=now, late=is_tardy)
        plan.begin(notification, now)
    return True


def _audience_edited(notification: Notification, reviewed_at: datetime) -> dict | None:
    """Its rules or its list are not what was reviewed, whatever the number of phones says."""
    audience = notification.audience if notification.send_to == SendTo.AUDIENCE else None
    if audience is None or (audience.archived_at is None and audience.changed_at <= reviewed_at):
        return None
    return {"audience": audience.pk, "archived": audience.archived_at is not None}


def _drift(notification: Notification, reviewed_at: datetime, now: datetime) -> dict | None:
    """{"reviewed": n, "present": m} when the number of phones moved too far since the review."""
    reviewed = notification.reviewed_phones
    if notification.kind != Kind.BROADCAST or reviewed is None:
        return None
    present = reach.waterfall(notification, now).will_send
    if now - reviewed_at <= FRESH:
        moved = drifted(reviewed, present)
    else:
        moved = present > 2 * reviewed or 2 * present < reviewed
    return {"reviewed": reviewed, "present": present} if moved else None


def hold(notification: Notification, reason: str, facts: dict, now: datetime) -> None:
    with transaction.atomic():
        move(
            notification, "hold", paused_reason=reason, paused_facts=facts | {"at": now.isoformat()}
        )
        audit.record(None, "held", notification, {"reason": reason} | facts)
