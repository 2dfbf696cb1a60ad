"""What goes to one named person: pages then say who, in their words, and phone by phone."""

from dataclasses import dataclass
from datetime import datetime

from devices import names
from devices.models import AppUser
from notifications import explain
from notifications.explain import steps
from notifications.models import Notification
from notifications.states import SendTo

PASSING = ("frequency_cap", "quiet_hours")


@dataclass(frozen=True, slots=True)
class Ways:
    """Their phones, and whether each would be sent to now."""

    lanes: list[explain.Lane]

    @property
    def yes(self) -> int:
        return sum(not lane.reason for lane in self.lanes)

    @property
    def next_step(self) -> str:
        return "" if self.yes else steps.foremost(self.lanes)


def ways(person: AppUser, now: datetime) -> Ways:
    return Ways(explain.to_them_alone(person, now))


def held(person: AppUser, now: datetime) -> str:
    """What holds everything back from this person for a while, though a phone of theirs could be
    reached: a reason's code."""
    found = {
        lane.reason or ("quiet_hours" if lane.again_at else "") for lane in ways(person, now).lanes
    }
    passing = found & set(PASSING)
    return min(passing) if passing and "" not in found else ""


def only(notification: Notification) -> AppUser | None:
    """The one whom it names; None where it names nobody, several, or somebody unknown."""
    if notification.send_to != SendTo.USERS or len(notification.recipients) != 1:
        return None
    return AppUser.objects.filter(user_id=notification.recipients[0]).first()


def name(person: AppUser) -> str:
    return names.person(person)
