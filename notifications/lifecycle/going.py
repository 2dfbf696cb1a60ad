"""What is on its way: paused, resumed, stopped, sent again where it is in doubt."""

from datetime import datetime
from typing import Any

from django.db import transaction

from devices import outbox
from notifications import access, waves
from notifications.lifecycle.moving import WrongState, act
from notifications.models import Notification
from notifications.sending import guards, resend, retire, sweep


def pause(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    return act(notification, "pause", by, ip, paused_reason="by_person", paused_facts={})


def resume(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Go on; what was blocked by a wrong set-up is due at once. A brake or a guard is not pulled
    twice, nor by answers that are in already; the dead tokens that either kept are retired now."""
    access.check(by, "resume", notification)
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
        if notification.waves and reason != "by_person":
            fields["waves"] = waves.see(notification.waves, guards.answers(notification))
        if reason == guards.GUARD:
            fields["waves"] = waves.lift(fields["waves"], notification.paused_facts["guard"])
        return act(notification, "resume", by, ip, paused_reason="", paused_facts={}, **fields)


def stop(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """For good: waiting rows become `stopped`, devices never opened get no row."""
    access.check(by, "stop", notification)
    with transaction.atomic():
        # Batches before the notification, as workers lock them.
        list(notification.batches.select_for_update().order_by("pk").values_list("pk"))
        stopped = act(notification, "stop", by, ip, finished_at=now, paused_reason="")
        sweep.stop_waiting(stopped, now)
        for event in ("notification.stopped", "delivery.failed"):
            outbox.write(event, {"notification": stopped.pk}, at=now)
    return stopped


def resend_unknown(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """Sent → sending: the devices in doubt wait in new list batches; `targeted` does not move."""
    access.check(by, "resend_unknown", notification)
    with transaction.atomic():
        count = resend.unknown(notification, now)
        if not count:
            raise WrongState("Nothing is unknown here any more.")
        return act(notification, "resend_unknown", by, ip, finished_at=None)
