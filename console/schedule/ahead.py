"""What comes next: who gets two within a day, and how much of the project's quota it takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from console.schedule.week import Event
from notifications.models import Notification
from notifications.states import NotificationStatus as S
from notifications.states import SendTo

AGENDA = 12
DAY = timedelta(days=1)


def upcoming(limit: int = AGENDA) -> list[Notification]:
    rows = Notification.objects.filter(status__in=(S.SCHEDULED, S.HELD))
    rows = rows.select_related("author", "confirmed_by", "audience", "occurrence__series")
    return list(rows.order_by("due_at", "pk")[:limit])


def overlaps(sends: list[Notification]) -> dict[int, list[tuple[Notification, int]]]:
    """For each send the next ones within 24 hours that reach the same people, and at most how many
    phones get both. Two different audiences say nothing about each other."""
    found: dict[int, list[tuple[Notification, int]]] = {}
    for place_, one in enumerate(sends):
        for other in sends[place_ + 1 :]:
            if one.due_at and other.due_at and other.due_at - one.due_at < DAY:
                both = shared(one, other)
                if both:
                    found.setdefault(one.pk, []).append((other, both))
    return found


def shared(one: Notification, other: Notification) -> int:
    systems = {one.target_os, other.target_os}
    if systems == {"ios", "android"}:
        return 0
    phones = min(one.reviewed_phones or 0, other.reviewed_phones or 0)
    if SendTo.EVERYONE in (one.send_to, other.send_to):
        return phones
    if one.send_to == other.send_to == SendTo.AUDIENCE:
        return phones if one.audience_id == other.audience_id else 0
    if one.send_to == other.send_to == SendTo.USERS:
        people = len(set(one.recipients) & set(other.recipients))
        return phones if people and phones < people else people
    return 0


# ---------------------------------------------------------------- load


@dataclass(frozen=True, slots=True)
class Load:
    """Messages that start in one minute, against what the project may send in one."""

    at: datetime
    messages: int
    sends: int

    @property
    def share(self) -> int:
        return round(100 * self.messages / settings.FCM_MESSAGES_PER_MINUTE)

    @property
    def width(self) -> float:
        return min(100.0, 100 * self.messages / settings.FCM_MESSAGES_PER_MINUTE)

    @property
    def takes_s(self) -> float:
        return 60 * self.messages / settings.FCM_MESSAGES_PER_MINUTE


def loads(found: list[Event], now: datetime, most: int = 5) -> list[Load]:
    """The busiest minutes still to come."""
    minutes: dict[datetime, list[int]] = {}
    for one in found:
        if one.at >= now and one.phones and one.look in ("", "held", "later", "api"):
            wanted = one.phones / one.spread_min if one.spread_min else one.phones
            minute = one.at.replace(second=0, microsecond=0)
            minutes.setdefault(minute, []).append(round(wanted))
    ranked = sorted(minutes.items(), key=lambda row: (-sum(row[1]), row[0]))[:most]
    return [Load(at, sum(wanted), len(wanted)) for at, wanted in ranked]
