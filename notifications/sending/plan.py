"""From a started notification to its batches: the plan batch writes the others.

Ranges of device pks for everyone and saved audiences (membership is what it is when a window
opens), frozen lists of pairs for people named one by one and for those whom another notification
reached; all cut into `portions`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from devices.models import BUCKETS, Device
from devices.querysets import DeviceQuerySet
from notifications import reach, reached
from notifications.models import Batch, Delivery, Notification
from notifications.sending import failpoints, pairs, portions, spreading, zoning
from notifications.sending.lease import Lease
from notifications.sending.portions import Portion
from notifications.states import BatchKind, SendTo

QUICK_LIST = 1_000  # longer lists wait behind broadcasts in the bulk queue
RANGES_A_PAGE = 50  # ranges written in one transaction with the cursor
SETTLING = timedelta(
    seconds=1
)  # until a correction looks again whether the old one is off the wire


def queue_of(kind: str, size: int) -> str:
    return "trigger" if kind == BatchKind.LIST and size <= QUICK_LIST else "bulk"


def begin(notification: Notification, now: datetime) -> Batch:
    """The plan batch, in the transaction that starts the notification; also the audience's edge:
    devices registered later are not in it."""
    edge = Device.objects.aggregate(edge=Max("pk"))["edge"] or 0
    Notification.objects.filter(pk=notification.pk).update(audience_edge=edge)
    if notification.each_clock:
        zoning.note(notification)
    return Batch.objects.create(
        notification=notification, ordinal=0, kind=BatchKind.PLAN, primary=False,
        queue=_queue_of_plan(notification), due_at=now, last_pk=edge,
    )  # fmt: skip


def _queue_of_plan(notification: Notification) -> str:
    few = notification.send_to == SendTo.USERS and len(notification.recipients) <= QUICK_LIST
    return "trigger" if few or notification.corrects_id else "bulk"


def add_list(
    notification: Notification,
    members: list[pairs.Pair],
    due_at: datetime,
    *,
    ordinal: int | None = None,
    blocked_by: str = "",
    portion: Portion | None = None,
    zone: str = "",
) -> Batch:
    """A list batch of frozen pairs. Without an ordinal it is a retry or a resend. `portion` is
    where its pairs come from; only the plan knows. `zone` is that of the batch it retries."""
    return Batch.objects.create(
        notification=notification,
        ordinal=ordinal,
        kind=BatchKind.LIST,
        primary=ordinal is not None,
        queue=queue_of(BatchKind.LIST, len(members)),
        due_at=due_at,
        members=pairs.pack(members),
        last_pk=len(members),
        blocked_by=blocked_by,
        **(_cut(portion) if portion else {"timezone": zone}),
    )


def _cut(portion: Portion) -> dict[str, Any]:
    return {
        "timezone": portion.timezone,
        "bucket_from": portion.bucket_from,
        "bucket_to": portion.bucket_to,
    }


def audience(notification: Notification) -> Iterator[DeviceQuerySet]:
    """planned: active phones of the target system, up to the edge."""
    target = reach.who(notification)
    edge = notification.audience_edge or 0
    for devices in reach.devices_of(target):
        yield devices.active().on(target.target_os).filter(pk__lte=edge)


def run(lease: Lease) -> None:
    """Write all batches of this plan. Killed in between, the next holder goes on at the cursor."""
    notification = lease.batch.notification
    if notification.send_to == SendTo.USERS:
        _plan_lists(lease, notification)
    elif notification.send_to == SendTo.REACHED:
        _plan_reached(lease, notification)
    else:
        _plan_ranges(lease, notification)


def _plan_lists(lease: Lease, notification: Notification) -> None:
    with transaction.atomic():
        if not lease.fence():
            return
        cut = portions.of(notification, lease.now())
        parts = [(portion, _members(notification, portion)) for portion in cut]
        parts += _left(notification, parts, lease.now())
        planned = sum(len(members) for _, members in parts)
        whole = _is_batch_mode(notification, planned, len(notification.recipients))
        size = spreading.size(notification, planned, _size(whole, planned))
        ordinal = 0
        for portion, members in parts:
            for place, start in enumerate(range(0, len(members), size)):
                ordinal += 1
                part = members[start : start + size]
                later = spreading.later(notification, place, planned, size)
                due_at = portion.due_at + later
                add_list(notification, part, due_at, ordinal=ordinal, portion=portion)
        _note(notification, planned, len(notification.recipients), whole)
        lease.finish()
        failpoints.reached("in_plan")


def _members(notification: Notification, portion: Portion) -> list[pairs.Pair]:
    return [
        (pk, owner or 0)
        for devices in audience(notification)
        for pk, owner in portions.within(devices, portion, notification)
        .order_by("pk")
        .values_list("pk", "owner_id")
    ]


def _left(
    notification: Notification, parts: list[tuple[Portion, list[pairs.Pair]]], now: datetime
) -> list[tuple[Portion, list[pairs.Pair]]]:
    """Who came to a zone that is in no portion since it was started: with the last."""
    if not notification.each_clock:
        return []
    taken = {pk for _, members in parts for pk, _ in members}
    rest = Portion(zoning.begins(notification, "") or now)
    members = [one for one in _members(notification, rest) if one[0] not in taken]
    return [(rest, members)] if members else []


class Range(NamedTuple):
    """Consecutive device pks of one portion; `place` is the portion's among all, `number` the
    range's in its portion, where they are spread."""

    place: int
    portion: Portion
    first: int
    last: int
    number: int = 0


def _plan_ranges(lease: Lease, notification: Notification) -> None:
    planned = sum(devices.count() for devices in audience(notification))
    people = reach.people_of(reach.who(notification))
    whole = _is_batch_mode(notification, planned, people)
    size = spreading.size(notification, planned, _size(whole, planned))
    ordinal = notification.batches.filter(kind=BatchKind.RANGE).count()
    ranges = _ranges(lease, notification, size)
    done = False
    while not done:
        page = list(islice(ranges, RANGES_A_PAGE))
        done = len(page) < RANGES_A_PAGE
        with transaction.atomic():
            if not lease.fence():
                return
            for one in page:
                ordinal += 1
                later = spreading.later(notification, one.number, planned, size)
                Batch.objects.create(
                    notification=notification, ordinal=ordinal, kind=BatchKind.RANGE, queue="bulk",
                    due_at=one.portion.due_at + later, first_pk=one.first, last_pk=one.last,
                    cursor=one.first - 1, **_cut(one.portion),
                )  # fmt: skip
            if page:
                lease.keep(first_pk=page[-1].place, cursor=page[-1].last)
            if done:
                _note(notification, planned, people, whole)
                lease.finish()
            failpoints.reached("in_plan")
        failpoints.reached("after_plan_page")


def _ranges(lease: Lease, notification: Notification, size: int) -> Iterator[Range]:
    """What the plan batch has not written yet: it stands in the portion `first_pk`, after the
    device `cursor`."""
    at, cursor = lease.batch.first_pk, lease.batch.cursor
    for place, portion in enumerate(portions.of(notification, lease.now())):
        if place >= at:
            after = cursor if place == at else 0
            number = spreading.written(notification, portion) if place == at else 0
            for first, last in _spans(notification, portion, after, size):
                yield Range(place, portion, first, last, number)
                number += 1


def _spans(
    notification: Notification, portion: Portion, cursor: int, size: int
) -> Iterator[tuple[int, int]]:
    """(first pk, last pk) of consecutive ranges holding `size` of the portion's devices each; the
    last one reaches to the edge."""
    edge = notification.audience_edge or 0
    devices = portions.within(next(audience(notification)), portion, notification)
    while cursor < edge:
        after = devices.filter(pk__gt=cursor).order_by("pk").values_list("pk", flat=True)
        last = next(iter(after[size - 1 : size]), None)
        if last is None:
            if after[:1]:
                yield cursor + 1, edge
            return
        yield cursor + 1, last
        cursor = last


def _plan_reached(lease: Lease, notification: Notification) -> None:
    """A page of rows, a list, the cursor: together, so that millions are never in memory."""
    if not reached.is_settled(notification):
        with transaction.atomic():
            if lease.fence():
                lease.let_go(due_at=lease.now() + SETTLING)
        return
    planned, people = reached.rows(notification).count(), reached.people(notification).count()
    whole = _is_batch_mode(notification, planned, people)
    ordinal = notification.batches.primary().count()
    for page in _pages(lease, notification, settings.BATCH_SIZE if whole else max(1, planned)):
        with transaction.atomic():
            if not lease.fence():
                return
            ordinal += 1
            due_at = page.portion.due_at
            add_list(notification, page.members, due_at, ordinal=ordinal, portion=page.portion)
            lease.keep(first_pk=page.place, cursor=page.members[-1][0])
            failpoints.reached("in_plan")
        failpoints.reached("after_plan_page")
    with transaction.atomic():
        if lease.fence():
            lists = notification.batches.primary().values_list("last_pk", flat=True)
            _note(notification, sum(lists), people, whole)
            lease.finish()


class Page(NamedTuple):
    place: int
    portion: Portion
    members: list[pairs.Pair]


def _pages(lease: Lease, notification: Notification, size: int) -> Iterator[Page]:
    """What the plan batch has not written yet, as in `_ranges`."""
    at, cursor = lease.batch.first_pk, lease.batch.cursor
    for place, portion in enumerate(portions.of(notification, lease.now())):
        after = cursor if place == at else 0
        while place >= at:
            rows = _rows(notification, portion).filter(device_id__gt=after).order_by("device_id")
            part = rows.values_list("device_id", "user_id")[:size]
            members = [(pk, user_id or 0) for pk, user_id in part]
            if members:
                yield Page(place, portion, members)
                after = members[-1][0]
            if len(members) < size:
                break


def _rows(notification: Notification, portion: Portion) -> QuerySet[Delivery]:
    rows = reached.rows(notification)
    if (portion.timezone, portion.bucket_from, portion.bucket_to) == ("", 0, BUCKETS):
        return rows
    return rows.filter(device__in=portions.within(Device.objects.all(), portion, notification))


def _size(whole: bool, planned: int) -> int:
    return settings.BATCH_SIZE if whole else max(1, planned)


def _is_batch_mode(notification: Notification, planned: int, people: int) -> bool:
    threshold = settings.BATCH_THRESHOLD
    return notification.batch_mode or planned > threshold or people > threshold


def _note(notification: Notification, planned: int, people: int, whole: bool) -> None:
    Notification.objects.filter(pk=notification.pk).update(
        planned=planned, people=people, batch_mode=whole
    )
