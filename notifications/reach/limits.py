"""What a notification or the policy says of a phone's person, once `evaluate` found nothing
against the phone: where the time has passed, left out by name or audience, over the frequency
limit, in quiet hours.

Said twice as well: `look` for the few phones of a window or a person, conditions for counting
and listing millions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, When

from devices import audiences, zones
from devices.models import Device
from devices.querysets import DeviceQuerySet
from notifications.models import Delivery
from notifications.reach import caps
from notifications.reach.caps import Cap
from notifications.reach.quiet import Hours
from notifications.reach.rule import Policy
from notifications.reach.target import Who
from notifications.states import Kind, QuietHours

SPARED_HOURS = 24


class Held(NamedTuple):
    """Not now: never (`until` None) or only from then on."""

    reason: str
    until: datetime | None = None


class Bar(NamedTuple):
    """What holds people back, for counting: a condition over AppUser, or so many notifications
    that `deliveries` tells of."""

    reason: str
    holds: Q = Q()
    deliveries: QuerySet[Delivery] | None = None
    most: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    who: Who
    caps: tuple[Cap, ...] = ()
    hours: Hours | None = None
    firsts: Mapping[Cap, int | None] = field(default_factory=dict)

    # ------------------------------------------------------------ a few phones

    def look(self, pks: Sequence[int], now: datetime) -> dict[int, Held]:
        """Which of these phones are held, in one query."""
        asked: dict[str, Any] = {}
        if self._leaves_out:
            asked["left_out"] = self._left_out_expression()
        for number, cap in enumerate(self.caps):
            asked[f"got{number}"] = caps.got(self._deliveries(cap, now))
        rows = Device.objects.filter(pk__in=pks).annotate(**asked)
        names = ("pk", "timezone", "owner__timezone", *asked)
        found = {}
        for row in rows.order_by().values(*names):
            if held := self._held(row, now):
                found[row["pk"]] = held
        return found

    def _held(self, row: dict[str, Any], now: datetime) -> Held | None:
        known = row["timezone"], row["owner__timezone"] or ""
        clock = self.who.clock
        if clock and clock.turn(zones.name_of(*known, clock.otherwise), now).skipped:
            return Held("time_passed")
        if row.get("left_out"):
            return Held("excluded")
        if any(row[f"got{number}"] >= cap.most for number, cap in enumerate(self.caps)):
            return Held("frequency_cap")
        if self.hours is None:
            return None
        zone = zones.name_of(*known, self.hours.app_zone)
        turn = zones.name_of(*known, clock.otherwise) if clock else zone
        until = self.hours.until(zone, self.who.goes(turn, now))
        if until is None:
            return None
        return Held("quiet_hours", until if self.defers else None)

    @property
    def defers(self) -> bool:
        return self.who.quiet_hours == QuietHours.DEFER

    # ------------------------------------------------------------ any number of phones

    @property
    def _leaves_out(self) -> bool:
        return bool(self.who.exclude_audience or self.who.exclude_users)

    def left_out(self) -> Q:
        """Over Device."""
        found = []
        if self.who.exclude_audience:
            hers = audiences.people(self.who.exclude_audience).filter(pk=OuterRef("owner_id"))
            found.append(Q(Exists(hers)))
        if self.who.exclude_users:
            found.append(Q(owner__user_id__in=self.who.exclude_users))
        return reduce(or_, found) if found else Q(pk__in=[])

    def _left_out_expression(self) -> Case:
        return Case(When(self.left_out(), then=True), default=False, output_field=BooleanField())

    def kept(self, devices: DeviceQuerySet) -> DeviceQuerySet:
        """Without those left out."""
        return devices.exclude(self.left_out()) if self._leaves_out else devices

    def bars(self, now: datetime, pks: Sequence[int] | None = None) -> list[Bar]:
        """The first that holds somebody back is what is told. `pks`: when only these people are of
        interest."""
        found = []
        if self.who.exclude_audience:
            found.append(Bar("excluded", audiences.holds(self.who.exclude_audience)))
        if self.who.exclude_users:
            found.append(Bar("excluded", Q(user_id__in=self.who.exclude_users)))
        rows = {}  # the same for caps that count the same
        for cap in self.caps:
            if (cap.hours, cap.kinds) not in rows:
                one = self._deliveries(cap, now)
                rows[cap.hours, cap.kinds] = one if pks is None else one.filter(user__in=pks)
            found.append(Bar("frequency_cap", deliveries=rows[cap.hours, cap.kinds], most=cap.most))
        return found

    def over(self, now: datetime) -> Q | None:
        """Whose person is over a limit, as a set: for counting."""
        if not self.caps:
            return None
        return reduce(
            or_, [Q(owner__in=cap.people(self._deliveries(cap, now))) for cap in self.caps]
        )

    def not_over(self, devices: DeviceQuerySet, now: datetime) -> DeviceQuerySet:
        """Those who are not, person by person: for listing."""
        for number, cap in enumerate(self.caps):
            devices = devices.annotate(**{f"got{number}": caps.got(self._deliveries(cap, now))})
            devices = devices.filter(**{f"got{number}__lt": cap.most})
        return devices

    def passed(self, now: datetime) -> Q | None:
        """Over Device: where the time has passed on everybody's own clock, and who is there is left
        out."""
        clock = self.who.clock
        if clock is None or not clock.may_skip:
            return None
        names = [name for name in zones.ZONES if clock.turn(name, now).skipped]
        return zones.phones_in(names, clock.otherwise) if names else None

    def quiet(self, now: datetime) -> Q | None:
        """Where it is quiet when it goes."""
        if self.hours is None:
            return None
        return zones.phones_in(self.asleep_in(now), self.hours.app_zone)

    def asleep_in(self, now: datetime) -> list[str]:
        """The zones where it is."""
        return self.hours.zones_at(partial(self.who.goes, now=now)) if self.hours else []

    def _deliveries(self, cap: Cap, now: datetime) -> QuerySet[Delivery]:
        return cap.deliveries(now, self.firsts[cap], self.who.own)


def limits(who: Who, policy: Policy, now: datetime) -> Limits | None:
    """None where nothing of the kind is asked for: then nothing more is read."""
    wanted = caps_of(who, policy)
    hours = policy.hours if who.quiet_hours != QuietHours.IGNORE else None
    if who.kind == Kind.TEST:
        return None
    may_skip = who.clock is not None and who.clock.may_skip
    if not (wanted or hours or who.exclude_audience or who.exclude_users or may_skip):
        return None
    return Limits(who, wanted, hours, {cap: cap.first(now) for cap in wanted})


def caps_of(who: Who, policy: Policy) -> tuple[Cap, ...]:
    found = []
    if who.again is not None and who.again.corrects_id:
        return ()  # it takes the place of what they got
    if policy.cap is not None and who.kind in policy.cap.kinds:
        found.append(policy.cap)
    if who.spare_after:
        found.append(spared(who.spare_after, policy))
    return tuple(found)


def spared(most: int, policy: Policy) -> Cap:
    """As the policy's limit counts, but for the last day."""
    kinds = policy.cap.kinds if policy.cap else (Kind.BROADCAST,)
    return Cap(most, SPARED_HOURS, kinds)
