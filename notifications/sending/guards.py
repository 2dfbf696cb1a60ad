"""What FCM's answers can stop: a message it refuses, a share of dead tokens that can't be true."""

from datetime import datetime
from typing import Any

from django.db.models import F

from notifications import audit
from notifications.models import Batch, Notification
from notifications.sending import channel, counters
from notifications.states import NotificationStatus, Outcome

BRAKE_SHARE, BRAKE_LEAST = 0.20, 100


def facts_of(detail: str = "") -> dict[str, Any]:
    """Who we are to Google and what it said: what advice needs to name the fix."""
    return {
        "detail": detail[:2_000],
        "client_email": channel.client_email(),
        "project": channel.project_id(),
    }


def note_cause(notification: Notification, cause: str, detail: str) -> None:
    """FCM's words about a wrong set-up, kept until only blocked batches remain and it pauses."""
    Notification.objects.filter(pk=notification.pk, status=NotificationStatus.SENDING).update(
        paused_facts=facts_of(detail) | {"reason": cause}
    )


def pause(notification: Notification, reason: str, facts: dict[str, Any], now: datetime) -> bool:
    """In the transaction that records the answers, so that finish never overtakes it."""
    paused = Notification.objects.filter(
        pk=notification.pk, status=NotificationStatus.SENDING
    ).update(
        status=NotificationStatus.PAUSED,
        paused_reason=reason,
        paused_facts=facts | {"at": now.isoformat()},
        version=F("version") + 1,
    )
    if paused:
        audit.record(None, "paused", notification, {"reason": reason} | facts)
    return bool(paused)


def brake(notification: Notification, fresh: counters.Delta) -> str:
    """ "brake" or "wrong_project" when, with `fresh` added, more than a fifth and more than 100 of
    this notification's answers call their token dead or another project's; else ""."""
    if notification.brake_released:
        return ""
    rows = Batch.objects.filter(notification=notification).values_list("counters", flat=True)
    together = counters.apply({}, fresh)
    summed = counters.total([*rows, together])
    dead = sum(mine[Outcome.DEAD_TOKEN] for mine in summed.values())
    foreign = sum(
        mine["reasons"][f"{Outcome.REJECTED}:sender_id_mismatch"] for mine in summed.values()
    )
    answered = sum(
        mine[Outcome.ACCEPTED] + mine[Outcome.REJECTED] + mine[Outcome.DEAD_TOKEN]
        for mine in summed.values()
    )
    if foreign > BRAKE_LEAST and foreign > BRAKE_SHARE * answered:
        return "wrong_project"
    if dead + foreign > BRAKE_LEAST and dead + foreign > BRAKE_SHARE * answered:
        return "brake"
    return ""
