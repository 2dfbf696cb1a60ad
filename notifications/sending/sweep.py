"""What the tick does for everything at once: finish, pause what is blocked, stop what waits."""

from contextlib import nullcontext
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from devices import outbox
from devices.worded import Change
from notifications.models import Batch, Delivery, Notification
from notifications.sending import counters, guards, pairs, waving, zoning
from notifications.sending.portions import HELD_BACK
from notifications.states import NotificationStatus as S
from notifications.states import Outcome, SendTo

ENDINGS = ("notification.sent", "delivery.failed")  # what other systems hear at the end


def finish_if_done(notification_id: int, now: datetime) -> bool:
    """Sending → sent when no unfinished batch is left, the plan included; or → paused when all
    that are left are blocked by a wrong set-up."""
    if _finish(notification_id, now):
        return True
    goes_on = _unfinished().filter(blocked_by="").exclude(due_at=HELD_BACK)
    blocked = _unfinished().exclude(blocked_by="")
    if _sending(notification_id).filter(~Exists(goes_on), Exists(blocked)).exists():
        _pause_blocked(notification_id, now)
    return False


def _sending(pk: int) -> QuerySet[Notification]:
    return Notification.objects.filter(pk=pk, status=S.SENDING)


def _unfinished() -> QuerySet[Batch]:
    return Batch.objects.filter(notification=OuterRef("pk"), finished_at=None)


def _end(notification_id: int, now: datetime) -> None:
    whole = Q(each_clock=False) | Q(send_to=SendTo.USERS) | zoning.has_last()
    done = _sending(notification_id).filter(whole, ~Exists(_unfinished()))
    done.update(status=S.SENT, finished_at=now, version=F("version") + 1)


_END = Change(_end, int, datetime)


def _finish(notification_id: int, now: datetime) -> bool:
    heard = outbox.listens(*ENDINGS)
    with transaction.atomic() if heard else nullcontext():
        finished = _END.run(notification_id, now)
        if finished and heard:
            for event in ENDINGS:
                outbox.write(event, {"notification": notification_id}, at=now)
    return bool(finished)


def _pause_blocked(notification_id: int, now: datetime) -> None:
    unfinished = Batch.objects.filter(notification=notification_id, finished_at=None)
    blocked = unfinished.exclude(due_at=HELD_BACK)  # a later wave waits for them
    if blocked.filter(blocked_by="").exists():
        return
    reason = blocked.values_list("blocked_by", flat=True).order_by("pk").first()
    if reason:
        notification = Notification.objects.get(pk=notification_id)
        guards.pause(notification, reason, notification.paused_facts, now)


def finish_all(now: datetime) -> None:
    sending = Notification.objects.filter(status=S.SENDING)
    for pk, in_waves, in_zones in list(sending.values_list("pk", "waves", "each_clock")):
        if finish_if_done(pk, now):
            continue
        if in_waves:
            waving.advance(pk, now)
        if in_zones:
            zoning.go_on(pk, now)


def stop_waiting(notification: Notification, now: datetime) -> int:
    """Waiting rows of a stopped notification become `stopped`, and are counted; all but those
    that are on the wire again, which end as FCM says."""
    waiting = Delivery.objects.filter(notification=notification, outcome=Outcome.WAITING)
    batches = Batch.objects.filter(notification=notification).select_for_update().order_by("pk")
    stopped = 0
    for batch in batches.filter(
        Exists(Delivery.objects.filter(batch=OuterRef("pk"), outcome=Outcome.WAITING))
    ):
        on_the_wire = [pk for pk, _ in pairs.unpack(batch.manifest)]
        mine = waiting.filter(batch=batch).exclude(device_id__in=on_the_wire)
        by_platform = mine.order_by().values_list("platform").annotate(n=Count("*"))
        delta = counters.Delta({(p, Outcome.STOPPED, "stopped"): n for p, n in by_platform})
        stopped += mine.update(outcome=Outcome.STOPPED, reason="stopped", at=now)
        Batch.objects.filter(pk=batch.pk).update(counters=counters.apply(batch.counters, delta))
    Batch.objects.filter(notification=notification, finished_at=None, lease_token=None).update(
        finished_at=now
    )
    return stopped


def stop_stragglers(now: datetime) -> None:
    """A record that met the stop halfway may have left waiting rows: the tick repeats it."""
    left = Delivery.objects.filter(batch=OuterRef("pk"), outcome=Outcome.WAITING)
    rows = Batch.objects.filter(Exists(left), notification__status=S.STOPPED)
    for pk in set(rows.values_list("notification", flat=True)):
        stop_waiting(Notification.objects.get(pk=pk), now)
