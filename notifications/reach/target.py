"""The audience: to whom, and which phones are theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from devices import audiences
from devices.models import AppUser, Device
from devices.querysets import DeviceQuerySet
from notifications import content, reached
from notifications.models import Notification
from notifications.states import Kind, QuietHours, SendTo
from notifications.timing import walls, zones

SLICE = 5_000  # user pks named in one query


@dataclass(frozen=True, slots=True)
class Clock:
    """One time on everybody's own clock; `begins`: the first zone's turn, once it is confirmed."""

    wall: datetime
    if_past: str
    otherwise: str
    begins: datetime | None = None

    def turn(self, zone: str, now: datetime) -> zones.Turn:
        begins = self.begins or now
        return zones.turn(self.wall, zone, begins, self.if_past, self.otherwise)

    @property
    def may_skip(self) -> bool:
        return self.if_past == zones.SKIP


@dataclass(frozen=True, slots=True)
class Who:
    """To whom, before it is a row: what a form or a notification says. `at`: when it is meant to
    go, where that is not now; `clock`: where it goes by everybody's own; `own`: its pk, once it has one; `again`: itself, where it goes to
    those whom another one reached."""

    send_to: str
    target_os: str = "all"
    recipients: tuple[str, ...] = ()
    audience: Any = None
    exclude_audience: Any = None
    exclude_users: tuple[str, ...] = ()
    spare_after: int | None = None
    quiet_hours: str = QuietHours.DEFER
    kind: str = Kind.BROADCAST
    own: int | None = None
    at: datetime | None = None
    again: Notification | None = None
    clock: Clock | None = None

    def goes(self, zone: str, now: datetime) -> datetime:
        """When it is meant to go to a phone in this zone; never in the past."""
        if self.clock is not None:
            return max(self.clock.turn(zone, now).at, now)
        return max(self.at or now, now)


def who(notification: Notification) -> Who:
    return Who(
        notification.send_to,
        notification.target_os,
        tuple(notification.recipients),
        notification.audience,
        notification.exclude_audience,
        tuple(notification.exclude_users),
        notification.spare_after,
        notification.quiet_hours,
        notification.kind,
        notification.pk,
        notification.send_at,
        notification if notification.send_to == SendTo.REACHED else None,
        clock_of(notification),
    )


def clock_of(notification: Notification) -> Clock | None:
    """None once it has started: then every phone is looked at when its turn is."""
    wall = walls.of_text(notification.wall) if notification.each_clock else None
    if wall is None or notification.started_at is not None:
        return None
    return Clock(wall, notification.if_past, notification.timezone, notification.due_at)


def devices_of(who: Who) -> Iterator[DeviceQuerySet]:
    """All phones of the audience's people whatever their state or system, in disjoint querysets
    (people named one by one come in slices)."""
    if who.send_to == SendTo.EVERYONE:
        yield Device.objects.all()
    elif who.send_to == SendTo.USERS:
        for pks in _slices(who):
            yield Device.objects.of_users(pks)
    elif who.again is not None:
        yield reached.devices(who.again)
    else:
        yield audiences.devices(who.audience)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the audience: its people and their phones. `only_people`: those phones are meant
    whose owner is among the people, and nothing else was asked of `phones`; `pks` where people
    are named one by one."""

    phones: DeviceQuerySet
    people: QuerySet[AppUser]
    only_people: bool = True
    pks: list[int] | None = None


def parts_of(who: Who) -> Iterator[Part]:
    """The same for counting, where people are better asked once than phone by phone."""
    if who.send_to == SendTo.EVERYONE:
        yield Part(Device.objects.all(), AppUser.objects.all(), only_people=False)
    elif who.send_to == SendTo.USERS:
        for pks in _slices(who):
            yield part_of(pks)
    elif who.again is not None:
        yield Part(reached.devices(who.again), reached.people(who.again), only_people=False)
    else:
        yield Part(Device.objects.all(), audiences.people(who.audience))


def part_of(pks: list[int]) -> Part:
    return Part(Device.objects.of_users(pks), AppUser.objects.filter(pk__in=pks), pks=pks)


def _slices(who: Who) -> Iterator[list[int]]:
    """The people it names one by one, so many that one query can name them."""
    pks = list(content.pks_of(who.recipients).values())
    for start in range(0, len(pks), SLICE):
        yield pks[start : start + SLICE]


def people_of(who: Who) -> int:
    if who.send_to == SendTo.EVERYONE:
        return AppUser.objects.count()
    if who.send_to == SendTo.USERS:
        return len(content.pks_of(who.recipients))
    if who.again is not None:
        return reached.people(who.again).count()
    return audiences.people(who.audience).count()
