"""Phones that a member of staff calls her own: "Send test to me" goes there without a review.

Any phone can be marked, so there are few of them, and the audit log says which.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from devices.models import Device, TestDevice
from notifications import access, audit

MOST = 10


@transaction.atomic
def mark(device: Device, *, by: Any, ip: str | None = None) -> None:
    """Raises ValidationError for one too many; marking twice changes nothing."""
    access.check(by, "test")
    mine = TestDevice.objects.select_for_update().filter(staff=by)
    marked = list(mine.values_list("device_id", flat=True))
    if device.pk in marked:
        return
    if len(marked) >= MOST:
        raise ValidationError(f"You have {MOST} test phones already. Let go of one first.")
    TestDevice.objects.get_or_create(staff=by, device=device)
    name = f"phone no. {device.pk}"  # never by id: the log is for ever, people may be erased
    audit.record(by, "marked a test phone", device, {}, ip, name=name)


def unmark(device: Device, *, by: Any) -> None:
    access.check(by, "test")
    TestDevice.objects.filter(staff=by, device=device).delete()
