"""Saved audiences → people and phones; the only maker of those querysets."""

from django.db.models import QuerySet

from devices.models import AppUser, Audience, Device
from devices.querysets import DeviceQuerySet


def people(audience: Audience) -> QuerySet[AppUser]:
    """The people of a saved audience: those on its list."""
    return AppUser.objects.filter(pk__in=audience.members.values("user"))


def devices(audience: Audience) -> DeviceQuerySet[Device]:
    """All phones of its people, whatever their state or system."""
    return Device.objects.filter(owner__in=audience.members.values("user"))
