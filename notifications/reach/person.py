"""One person: each phone, and whether it would be sent to now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from devices import audiences
from devices.models import Device
from notifications import reached, reasons
from notifications.models import Notification
from notifications.reach.limits import Held, limits
from notifications.reach.rule import Policy, evaluate, facts_of, policy
from notifications.reach.target import Who, who
from notifications.states import SendTo


@dataclass(frozen=True, slots=True)
class Lane:
    """One phone of one person: sent to, or not and why. `until`: it would wait until then."""

    device: Device
    reason: str
    until: datetime | None = None

    @property
    def sentence(self) -> str:
        return reasons.sentence(self.reason) if self.reason else ""

    @property
    def next_step(self) -> str:
        """What would change it."""
        return reasons.next_step(self.reason) if self.reason else ""


def lanes(notification: Notification, user_id: str, now: datetime) -> list[Lane]:
    """Each phone of that person with the reason it would not be sent to now ("" when it would)."""
    rule, target = policy(now), who(notification)
    member = _is_member(target, user_id)
    found = list(Device.objects.filter(owner__user_id=user_id).select_related("owner"))
    reasons_of = {device.pk: _reason(device, target, member, rule) for device in found}
    held = look(target, [pk for pk, why in reasons_of.items() if not why], rule, now)
    return [_lane(device, reasons_of[device.pk], held.get(device.pk)) for device in found]


def look(target: Who, pks: Sequence[int], rule: Policy, now: datetime) -> dict[int, Held]:
    """Which of these phones their person holds back."""
    bounds = limits(target, rule, now) if pks else None
    return bounds.look(pks, now) if bounds else {}


def _lane(device: Device, reason: str, held: Held | None) -> Lane:
    if held is None:
        return Lane(device, reason)
    return Lane(device, "", held.until) if held.until else Lane(device, held.reason)


def _is_member(target: Who, user_id: str) -> bool:
    if target.send_to == SendTo.USERS:
        return user_id in target.recipients
    if target.send_to == SendTo.AUDIENCE:
        return audiences.people(target.audience).filter(user_id=user_id).exists()
    if target.again is not None:
        return reached.people(target.again).filter(user_id=user_id).exists()
    return True


def _reason(device: Device, target: Who, member: bool, rule: Policy) -> str:
    if not member:
        return "not_in_audience"
    if target.target_os not in ("all", device.platform):
        return "other_os"
    return evaluate(facts_of(device), rule)
