"""Recipient-local time: a portion for each zone, due when its clocks come to the chosen time.

A phone may change its zone while this goes on, or be of a zone that the plan did not know. So the
windows of these batches leave out whoever has a row or is on another batch's wire, and when all are
done one last batch without a zone takes whoever has none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from devices import zones as phone_zones
from devices.querysets import DeviceQuerySet
from notifications import moments
from notifications.models import Batch, Delivery, Notification
from notifications.sending import guards, pairs
from notifications.states import LIVE, BatchKind, Kind, NotificationStatus, SendTo
from notifications.timing import walls, zones

if TYPE_CHECKING:
    from notifications.sending.window import Candidate

LATE = "zone_late"
LEFT_OUT = "time_passed"


def note(notification: Notification) -> None:
    """In the transaction that starts it: which zones there are, so that the plan is cut the same
    way however often it is asked."""
    names = sorted(moments.phones_by_zone(notification))
    Notification.objects.filter(pk=notification.pk).update(zones=names)


def turns(notification: Notification) -> list[zones.Turn]:
    wall, begins = walls.of_text(notification.wall), notification.due_at
    if wall is None or begins is None:
        return []
    return zones.turns(
        wall, notification.zones, begins, notification.if_past, notification.timezone
    )


def turn(notification: Notification, zone: str) -> zones.Turn:
    wall, begins = walls.of_text(notification.wall), notification.due_at
    assert wall is not None  # noqa: S101  only then a batch has a zone
    assert begins is not None  # noqa: S101
    return zones.turn(wall, zone, begins, notification.if_past, notification.timezone)


def within(devices: DeviceQuerySet, zone: str, notification: Notification) -> DeviceQuerySet:
    return devices.filter(phone_zones.phones_in([zone], notification.timezone))


def begins(notification: Notification, zone: str) -> datetime | None:
    """From when on its messages live: its zone's turn, or the last of all for what is in none."""
    if zone:
        return turn(notification, zone).at
    return max((one.at for one in turns(notification)), default=None)


class Zoning:
    """What is particular about the windows of one batch."""

    def __init__(self, batch: Batch, notification: Notification) -> None:
        self.batch, self.notification = batch, notification
        self.left_out = bool(batch.timezone) and turn(notification, batch.timezone).skipped

    def members(self, devices: DeviceQuerySet) -> DeviceQuerySet:
        if self.batch.timezone:
            devices = within(devices, self.batch.timezone, self.notification)
        rows = Delivery.objects.filter(notification=self.notification, device=OuterRef("pk"))
        return devices.filter(~Exists(rows))

    def on_the_wire(self) -> frozenset[int]:
        """Phones that other batches opened and have not recorded. Openings of one notification
        follow each other here: two of them never read the same phone."""
        mine = Notification.objects.select_for_update().filter(pk=self.notification.pk)
        list(mine.values_list("pk"))
        others = Batch.objects.filter(notification=self.notification, in_doubt__gt=0)
        manifests = others.exclude(pk=self.batch.pk).values_list("manifest", flat=True)
        return frozenset(pk for packed in manifests for pk, _ in pairs.unpack(packed))

    def sift(
        self, candidates: "Sequence[Candidate]", taken: frozenset[int]
    ) -> "Sequence[Candidate]":
        kept = [one for one in candidates if one.facts.pk not in taken]
        if self.left_out:
            kept = [one if one.reason else one._replace(reason=LEFT_OUT) for one in kept]
        return kept


# ---------------------------------------------------------------- the tick


def go_on(pk: int, now: datetime) -> None:
    """One that is sending by everybody's own clock, and not done: its last batch when all others
    are; a pause where a zone's turn passed while nothing could send, so that no message comes in
    the night. What only queues behind others goes on."""
    unfinished = Batch.objects.filter(notification=pk, finished_at=None)
    if not unfinished.exists():
        add_last(pk, now)
        return
    late = now - timedelta(minutes=settings.LATE_MINUTES)
    overdue = unfinished.filter(started_at=None, primary=True, due_at__lt=late).exclude(timezone="")
    latest_first = overdue.order_by("-due_at", "-pk").values_list("queue", "timezone", "due_at")
    for queue, (name, turn_at) in {queue: first for queue, *first in latest_first}.items():
        if _stood_still(queue, turn_at, now):
            facts = {"zone": name, "zones": overdue.values("timezone").distinct().count()}
            guards.pause(Notification.objects.get(pk=pk), LATE, facts, now)
            return


def _stood_still(queue: str, since: datetime, now: datetime) -> bool:
    """For longer than LATE_MINUTES no batch of that queue was begun or done."""
    lately = Q(notification__status__in=LIVE) | Q(notification__finished_at__gte=since)
    mine = Batch.objects.filter(lately, queue=queue, notification__kind=Kind.BROADCAST)
    signs = {since, now}
    for pair in mine.values_list("started_at", "finished_at"):
        signs.update(at for at in pair if at is not None and since < at < now)
    late = timedelta(minutes=settings.LATE_MINUTES)
    return any(later - earlier > late for earlier, later in pairwise(sorted(signs)))


def has_last() -> Exists:
    """Over Notification: the batch for whoever is left was made."""
    rest = Batch.objects.filter(notification=OuterRef("pk"), kind=BatchKind.RANGE, timezone="")
    return Exists(rest)


def add_last(pk: int, now: datetime) -> None:
    with transaction.atomic():
        mine = Notification.objects.select_for_update().filter(
            pk=pk, status=NotificationStatus.SENDING, each_clock=True
        )
        notification = mine.exclude(send_to=SendTo.USERS).first()
        if notification is None:
            return
        batches = notification.batches.all()
        ranges = batches.filter(kind=BatchKind.RANGE)
        if batches.filter(finished_at=None).exists() or ranges.filter(timezone="").exists():
            return
        ordinal = (batches.aggregate(most=Max("ordinal"))["most"] or 0) + 1
        Batch.objects.create(
            notification=notification, ordinal=ordinal, kind=BatchKind.RANGE, queue="bulk",
            due_at=now, last_pk=notification.audience_edge or 0,
        )  # fmt: skip
