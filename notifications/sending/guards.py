"""What FCM's answers can stop: a message it refuses, a share of dead tokens that can't be true,
and a wave that goes worse than its limits."""

from datetime import datetime
from typing import Any

from django.db.models import F

from devices import outbox, preferences
from notifications import audit
from notifications.models import Batch, Notification
from notifications.sending import channel, counters
from notifications.states import NotificationStatus, Outcome

BRAKE_SHARE, BRAKE_LEAST = 0.20, 100
GUARD = "guard"  # the reason of a pause that a wave's limits caused
KEEP_DEAD = ("brake", "wrong_project", GUARD)  # while one holds it, no dead token is retired
# A guard of waves: the preference that holds its limit in percent; the strictest is asked first.
LIMITS = {
    "mismatch": "guard_mismatch_percent",
    "rejected": "guard_rejected_percent",
    "dead_token": "guard_dead_token_percent",
}


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
        halted = {"notification": notification.pk, "reason": reason}
        outbox.write("notification.halted", halted, at=now)
    return bool(paused)


def brake(notification: Notification, fresh: counters.Delta) -> str:
    """ "brake" or "wrong_project" when, with `fresh` added, more than a fifth and more than 100 of
    this notification's answers call their token dead or another project's; else ""."""
    if notification.brake_released:
        return ""
    dead, foreign, _, answered = answers(notification, fresh)
    if foreign > BRAKE_LEAST and foreign > BRAKE_SHARE * answered:
        return "wrong_project"
    if dead + foreign > BRAKE_LEAST and dead + foreign > BRAKE_SHARE * answered:
        return "brake"
    return ""


def of_waves(notification: Notification, fresh: counters.Delta) -> dict[str, Any]:
    """{"guard", "count", "answered", "limit_percent"} when, with `fresh` added, this notification
    in waves is past a limit that nobody lifted; else {}. Answers that a person had seen when she
    resumed it count no more: "seen" is how many they were."""
    known = preferences.read("guard_least", *LIMITS.values())
    waves = _waves_now(notification)
    seen = waves.get("seen") or (0, 0, 0, 0)
    told = zip(answers(notification, fresh), seen, strict=True)
    dead, foreign, rejected, answered = (number - before for number, before in told)
    if answered < known["guard_least"]:
        return {}
    counted = {"mismatch": foreign, "rejected": rejected, "dead_token": dead}
    for guard, name in LIMITS.items():
        limit = known[name]
        if guard not in waves.get("lifted", ()) and 100 * counted[guard] > limit * answered:
            found = {"count": counted[guard], "answered": answered, "limit_percent": limit}
            return {"guard": guard} | found | ({"seen": seen[-1]} if seen[-1] else {})
    return {}


def _waves_now(notification: Notification) -> dict[str, Any]:
    """A worker's own copy is as old as its lease: a person may have resumed it since."""
    found = Notification.objects.filter(pk=notification.pk).values_list("waves", flat=True)
    return found.get() or {}


def answers(
    notification: Notification, fresh: counters.Delta | None = None
) -> tuple[int, int, int, int]:
    """(dead tokens, another project's, all rejected, all answers) of the whole notification."""
    rows = Batch.objects.filter(notification=notification).values_list("counters", flat=True)
    summed = counters.total([*rows, counters.apply({}, fresh or counters.Delta())]).values()
    dead = sum(mine[Outcome.DEAD_TOKEN] for mine in summed)
    rejected = sum(mine[Outcome.REJECTED] for mine in summed)
    foreign = sum(mine["reasons"][f"{Outcome.REJECTED}:sender_id_mismatch"] for mine in summed)
    accepted = sum(mine[Outcome.ACCEPTED] for mine in summed)
    return dead, foreign, rejected, accepted + rejected + dead
