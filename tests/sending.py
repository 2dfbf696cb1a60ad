"""Making what the engine's tests send: staff, phones by the thousand, confirmed notifications."""

from datetime import datetime
from typing import Any
from zlib import crc32

from django.contrib.auth.models import Group, User
from django.utils import timezone

from devices.models import AppUser, Device
from notifications import lifecycle, tasks
from notifications.models import Batch, Notification
from notifications.sending import clock, delivery


def make_staff(name: str = "mia", role: str = "ops") -> User:
    user, _ = User.objects.get_or_create(username=name)
    user.groups.set([Group.objects.get(name=role)])
    return User.objects.get(pk=user.pk)


def token_of(number: int, prefix: str = "phone") -> str:
    return f"{prefix}-{number:08d}:APA91b-pretend"


def make_phones(
    count: int, *, first: int = 0, prefix: str = "phone", **fields: Any
) -> list[Device]:
    """`count` reachable phones, each of a user of its own; every other one an iPhone."""
    numbers = range(first, first + count)
    users = AppUser.objects.bulk_create(
        [AppUser(user_id=f"{prefix}-{n}") for n in numbers], batch_size=2_000
    )
    granted = {
        "perm_system": "authorized", "perm_known": True, "perm_status": "granted",
        "deliverable": True,
    }  # fmt: skip
    devices = [
        Device(
            device_id=f"{prefix}-device-{n}",
            token=token_of(n, prefix),
            owner=user,
            bucket=crc32(f"{prefix}-device-{n}".encode()) % 10_000,
            **({"platform": "ios" if n % 2 else "android"} | granted | fields),
        )
        for n, user in zip(numbers, users, strict=True)
    ]
    return Device.objects.bulk_create(devices, batch_size=1_000)


def make_draft(by: User | None = None, **fields: Any) -> Notification:
    by = by or make_staff()
    wanted = {"title": "First snow", "body": "12 huts still have beds."} | fields
    return lifecycle.compose(wanted, by=by)


def confirm(notification: Notification, by: User | None = None, now: datetime | None = None) -> Any:
    by, now = by or make_staff(), now or timezone.now()
    found = lifecycle.review(notification, by=by, now=now)
    return lifecycle.confirm(
        notification, by=by, phrase="Send Notification", token=found.token, now=now,
        ticked={oddity.code for oddity in found.oddities},
    )  # fmt: skip


def confirmed(by: User | None = None, **fields: Any) -> Notification:
    """A notification that is due at once."""
    notification = confirm(make_draft(by, **fields), by)
    Notification.objects.filter(pk=notification.pk).update(due_at=clock.now())
    notification.refresh_from_db()
    return notification


def run_all(most: int = 500) -> int:
    """What the workers do, in this process, until nothing is due; how many batches were run."""
    from notifications.sending import channel

    tasks.starting.start_due(clock.now())
    runs = 0
    while runs < most:
        due = Batch.objects.claimable(clock.now()).order_by("due_at", "pk").first()
        if due is None:
            break
        delivery.deliver(due.pk, get_client=channel.client, stopping=lambda: False)
        tasks.sweep.finish_if_done(due.notification_id, clock.now())
        runs += 1
    return runs
