"""Others want to know when a phone's permission changed: each is called inside the transaction,
with the device as it is now and what stood on its row before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from devices.models import Device
from devices.states import PermissionStatus


@dataclass(frozen=True, slots=True)
class Standing:
    status: str
    opted_out: bool
    deliverable: bool

    @property
    def allowed(self) -> bool:
        """The system allows notifications, and so does the person."""
        return self.status == PermissionStatus.GRANTED and not self.opted_out


Listener = Callable[[Device, Standing, datetime], None]
listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    if listener not in listeners:
        listeners.append(listener)


def standing(device: Device) -> Standing:
    return Standing(str(device.perm_status), device.opted_out, device.deliverable)


def tell(device: Device, before: Standing, at: datetime) -> None:
    if standing(device) != before:
        for listener in listeners:
            listener(device, before, at)
