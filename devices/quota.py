"""How many phones a person may have at once: the one that was not seen for longest makes room."""

from typing import TYPE_CHECKING

from devices import preferences
from devices.models import AppUser, Device, RegistrationEvent
from devices.states import DeviceState, RegistrationKind

if TYPE_CHECKING:
    from devices.registry import Logbook


def make_room(user: AppUser, newest: Device, log: "Logbook") -> int:
    """Returns how many were retired. `newest` stays, whatever it told of when it was seen. Two
    queries where there is room; in the transaction that registers `newest`."""
    most = preferences.get("devices_per_person")
    if not most:
        return 0
    others = Device.objects.filter(owner=user, state=DeviceState.ACTIVE).exclude(pk=newest.pk)
    over = list(others.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[most - 1 :])
    if not over:
        return 0
    held = list(Device.objects.select_for_update().filter(pk__in=over, owner=user).order_by("pk"))
    Device.objects.filter(pk__in=[device.pk for device in held]).update(
        state=DeviceState.UNREGISTERED,
        token=None,
        token_sha256=None,
        token_updated_at=log.at,
        invalid_at=log.at,
        invalid_reason="over_quota",
    )
    RegistrationEvent.objects.bulk_create(
        log.entry(device, RegistrationKind.OVER_QUOTA, user.pk, user.pk) for device in held
    )
    return len(held)
