"""Whom another notification reached: the phones that accepted it, for a correction; those of them
that never told of an opening, for a resend. Always the phone and the person it was sent to."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from devices.models import AppUser, Device
from devices.querysets import DeviceQuerySet
from notifications.models import Batch, Delivery, Notification
from notifications.states import Outcome, TargetOS


def source_of(notification: Notification) -> Notification | None:
    return notification.corrects or notification.resends


def accepted(source: Notification | int | None) -> QuerySet[Delivery]:
    return Delivery.objects.filter(notification=source, outcome=Outcome.ACCEPTED)


def unopened(source: Notification | int | None) -> QuerySet[Delivery]:
    return accepted(source).filter(opened_at=None)


def rows(notification: Notification) -> QuerySet[Delivery]:
    """The deliveries of the other one whose phones this one is for, of its target system."""
    found, system = _of(notification), notification.target_os
    return found if system == TargetOS.ALL else found.filter(platform=system)


def _of(notification: Notification) -> QuerySet[Delivery]:
    if notification.corrects_id:
        return accepted(notification.corrects_id)
    return unopened(notification.resends_id)


def devices(notification: Notification) -> DeviceQuerySet:
    """Their phones of any system that still belong to the same person; others are left out
    (owner_changed)."""
    mine = _of(notification).filter(device=OuterRef("pk"))
    same = Q(Exists(mine.filter(user=OuterRef("owner"))))
    nobodys = Q(owner=None) & Q(Exists(mine.filter(user=None)))
    return Device.objects.filter(same | nobodys)


def people(notification: Notification) -> QuerySet[AppUser]:
    return AppUser.objects.filter(Exists(rows(notification).filter(user=OuterRef("pk"))))


def is_settled(notification: Notification) -> bool:
    """Nothing of the other one is on the wire any more: who accepted it is known."""
    source = notification.corrects_id or notification.resends_id
    return not Batch.objects.filter(notification=source, in_doubt__gt=0).exists()
