"""Weeks of past notifications to pretend phones, so that reports have something to show."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from devices.models import Device
from devices.samples import dead_tokens
from notifications import reach, revision
from notifications.models import Batch, Delivery, Notification
from notifications.sending import counters, ledger
from notifications.states import BatchKind, Outcome, SendTo
from notifications.states import NotificationStatus as S

PEOPLE = 500
SENT: list[tuple[int, str, str, str, str]] = [  # days ago, title, text, page, target OS
    (27, "Welcome to the new app", "Orders, offers and stores in one place.", "HomePage", "all"),
    (23, "Weekend offer", "20 % off everything in your basket until Sunday.", "HomePage", "all"),
    (19, "Your wish list is on sale", "Three things you liked cost less today.", "", "ios"),
    (15, "Android 15 is supported", "Update the app to use the new widgets.", "", "android"),
    (11, "Stores open until ten", "All week, in every city.", "HomePage", "all"),
    (8, "How was your order?", "Two questions, half a minute.", "", "all"),
    (4, "Free delivery today", "Until midnight, from the first item.", "HomePage", "all"),
    (1, "New in: autumn", "Warm things for cold days.", "", "all"),
]


@dataclass(slots=True)
class Seen:
    """What phones told later, by system."""

    received: Counter[str]
    opened: Counter[str]


def make(now: datetime) -> int:
    """The notifications that are not there yet; returns how many."""
    made = 0
    for number, (days, title, text, page, target_os) in enumerate(SENT):
        uuid = uuid5(NAMESPACE_URL, f"beckon-demo-{number}")
        if Notification.objects.filter(uuid=uuid).exists():
            continue
        at = (now - timedelta(days=days)).replace(
            hour=9 + number, minute=0, second=0, microsecond=0
        )
        notification = Notification(
            uuid=uuid, title=title, body=text, initial_page=page, target_os=target_os,
            send_to=SendTo.USERS, recipients=recipients(), created_at=at, changed_at=at,
        )  # fmt: skip
        made += send(notification, at)
    return made


def recipients() -> list[str]:
    return [f"demo-{number:07d}" for number in range(PEOPLE)]


@transaction.atomic
def send(notification: Notification, at: datetime) -> int:
    """Write down what a send at that time would have left; 0 when there is nobody."""
    phones = list(
        Device.objects.filter(owner__user_id__in=notification.recipients)
        .active()
        .on(notification.target_os)
        .order_by("pk")
        .values_list(*reach.COLUMNS)
    )
    if not phones:
        return 0
    notification.revision, notification.revision_sha256 = revision.freeze(notification)
    notification.status = S.SENT
    notification.confirmed_at = notification.due_at = notification.started_at = at
    notification.finished_at = at + timedelta(seconds=9)
    notification.planned, notification.people = len(phones), len(notification.recipients)
    notification.save()
    batch = Batch.objects.create(
        notification=notification, ordinal=1, kind=BatchKind.LIST, queue="trigger", due_at=at,
        last_pk=len(phones), cursor=len(phones), started_at=at,
        finished_at=notification.finished_at,
    )  # fmt: skip
    deliver(batch, [reach.Facts(*phone) for phone in phones], at)
    return 1


def deliver(batch: Batch, phones: list[reach.Facts], at: datetime) -> None:
    dead = set(dead_tokens(Device.objects.filter(device_id__startswith="demo-phone-").count()))
    policy = reach.Policy()
    rows = [row(batch, phone, reach.evaluate(phone, policy), dead, at) for phone in phones]
    ledger.insert(rows)
    delta: counters.Delta = Counter()
    for one in rows:
        delta[(one.platform, "targeted", "")] += 1
        delta[(one.platform, one.outcome, one.reason)] += 1
    counters.apply(batch.counters, delta)
    seen = tell(batch, rows, at)
    batch.received_ios, batch.received_android = seen.received["ios"], seen.received["android"]
    batch.opened_ios, batch.opened_android = seen.opened["ios"], seen.opened["android"]
    batch.save()


def row(batch: Batch, phone: reach.Facts, reason: str, dead: set[str], at: datetime) -> ledger.Row:
    outcome = Outcome.SKIPPED if reason else Outcome.ACCEPTED
    if not reason and phone.token in dead:
        outcome, reason = Outcome.DEAD_TOKEN, "unregistered"
    accepted = outcome == Outcome.ACCEPTED
    return ledger.Row(
        batch.notification_id, phone.pk, phone.owner_id, batch.pk, phone.platform, outcome, reason,
        f"demo{batch.notification_id}-{phone.pk}" if accepted else "",
        0 if outcome == Outcome.SKIPPED else 1,
        False, at, at + timedelta(seconds=phone.pk % 9),
    )  # fmt: skip


def tell(batch: Batch, rows: list[ledger.Row], at: datetime) -> Seen:
    """Nine of ten accepted ones were received, one of seven of those opened."""
    accepted = [one for one in rows if one.outcome == Outcome.ACCEPTED]
    received = [one for one in accepted if one.device_id % 10]
    opened = [one for one in received if one.device_id % 7 == batch.pk % 7]
    deliveries = Delivery.objects.filter(notification=batch.notification_id)
    pks = [one.device_id for one in received]
    deliveries.filter(device_id__in=pks).update(received_at=at + timedelta(seconds=20))
    for minutes in (3, 40, 300):
        pks = [one.device_id for one in opened if one.device_id % 3 == (3, 40, 300).index(minutes)]
        later = at + timedelta(minutes=minutes)
        deliveries.filter(device_id__in=pks).update(opened_at=later)
    return Seen(Counter(one.platform for one in received), Counter(one.platform for one in opened))
