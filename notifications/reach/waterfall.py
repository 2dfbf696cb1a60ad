"""People → phones → minus each reason → will be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q

from devices.models import Device
from devices.querysets import DeviceQuerySet
from devices.states import DeviceState, Platform
from notifications import reasons
from notifications.models import Notification
from notifications.reach import census
from notifications.reach.limits import Limits, limits
from notifications.reach.rule import policy, reachable, reason_expression
from notifications.reach.tally import Tally
from notifications.reach.target import Part, Who, devices_of, part_of, parts_of, people_of, who
from notifications.states import SendTo

ORDER = [
    "other_os", "no_permission_denied", "no_permission_never_asked", "opted_out", "unregistered",
    "no_token", "stale", "time_passed", "excluded", "frequency_cap", "quiet_hours",
]  # fmt: skip
FEW = 1_000  # people named one by one whose phones are looked at singly


@dataclass(frozen=True, slots=True)
class Step:
    """One bar that is taken away: `count` phones for `reason`."""

    reason: str
    label: str
    hint: str
    count: int
    by: dict[str, int]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps and `will_send` add up to `phones`; `planned` is the audience: active phones of
    the target system. `deferred` of `will_send` wait until quiet hours end."""

    people: int = 0
    phones: int = 0
    platforms: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    planned: int = 0
    will_send: int = 0
    will_send_by: dict[str, int] = field(default_factory=dict)
    people_reached: int = 0
    unknown_permission: int = 0
    quietly: int = 0
    deferred: int = 0

    @property
    def not_sent(self) -> int:
        return self.phones - self.will_send


def waterfall(notification: Notification, now: datetime) -> Waterfall:
    return count(who(notification), now)


def count(who: Who, now: datetime) -> Waterfall:
    """One statement for each slice of the audience, whatever its size and whoever is held back;
    two where some zones' time has passed."""
    rule = policy(now)
    bounds = limits(who, rule, now)
    tally = Tally()
    if who.send_to == SendTo.USERS and len(who.recipients) <= FEW and bounds is None:
        for devices in devices_of(who):
            tally.take_each(devices.exclude(state=DeviceState.UNREGISTERED), who, rule)
        return _add_up(who, tally)
    passed = bounds.passed(now) if bounds else None
    found = []
    for part in parts_of(who):
        ahead, behind = _parted(part, passed)
        found.append(census.take(ahead, who, rule, bounds, now))
        tally.add(found[-1])
        if behind is not None:
            tally.add_late(census.take(behind, who, rule, None, now))
    counted = [one.audience for one in found if one.audience is not None]
    return _add_up(who, tally, people=sum(counted) if len(counted) == len(found) else None)


def of_users(
    who: Who, pks: list[int], now: datetime
) -> tuple[Waterfall, list[tuple[int, int | None]]]:
    """For people named one by one, at most FEW, whose pks are known: the same as `count`, and the
    planned phones as (pk, owner's pk) in their order. One query where no limit is in force."""
    rule = policy(now)
    seen = Device.objects.of_users(pks).exclude(state=DeviceState.UNREGISTERED)
    bounds = limits(who, rule, now)
    tally = Tally()
    planned = tally.take_each(seen, who, rule)
    if bounds is not None:
        tally = Tally()
        tally.add(census.take(part_of(pks), who, rule, bounds, now))
    return _add_up(who, tally, people=len(pks)), planned


def phones_because(who: Who, why: str, now: datetime) -> Iterator[DeviceQuerySet]:
    """The phones behind one bar of the waterfall, slice by slice; "" are those it is sent to,
    "deferred" those of them that wait for the end of quiet hours."""
    rule = policy(now)
    bounds = limits(who, rule, now)
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        if why in ("", "deferred", "time_passed", "excluded", "frequency_cap", "quiet_hours"):
            sendable = seen.filter(reachable(rule)).on(who.target_os)
            yield _bounded(sendable, bounds, why, now)
        else:
            yield seen.annotate(why=reason_expression(rule, who.target_os)).filter(why=why)


def _bounded(
    sendable: DeviceQuerySet, bounds: Limits | None, why: str, now: datetime
) -> DeviceQuerySet:
    if bounds is None:
        return sendable if not why else sendable.none()
    passed = bounds.passed(now)
    if why == "time_passed":
        return sendable.none() if passed is None else sendable.filter(passed)
    if passed is not None:
        sendable = sendable.exclude(passed)
    if why == "excluded":
        return sendable.filter(bounds.left_out())
    kept = bounds.kept(sendable)
    over, quiet = bounds.over(now), bounds.quiet(now)
    if why == "frequency_cap":
        return kept.none() if over is None else kept.filter(over)
    kept = bounds.not_over(kept, now)
    if why in ("quiet_hours", "deferred"):
        asked = bounds.defers == (why == "deferred")
        return kept.none() if quiet is None or not asked else kept.filter(quiet)
    return kept if quiet is None or bounds.defers else kept.exclude(quiet)


def frequent(who: Who, most: int, now: datetime) -> int:
    """How many of the people that no other rule holds back got `most` or more in the last day."""
    rule = policy(now)
    bounds = limits(replace(who, spare_after=most), rule, now)
    if bounds is None or not bounds.caps:
        return 0
    passed = bounds.passed(now)
    parts = (_parted(part, passed)[0] for part in parts_of(who))
    return sum(census.take(one, who, rule, bounds, now, barred=True).people for one in parts)


def _parted(part: Part, passed: Q | None) -> tuple[Part, Part | None]:
    """The phones whose turn is still to come, and those where it never will."""
    if passed is None:
        return part, None
    ahead = replace(part, phones=part.phones.exclude(passed))
    return ahead, replace(part, phones=part.phones.filter(passed))


def _add_up(who: Who, tally: Tally, people: int | None = None) -> Waterfall:
    by_reason: dict[str, dict[str, int]] = {}
    for (platform, why), n in tally.by.items():
        by_reason.setdefault(why, {})[platform] = n
    sent = by_reason.pop("", {})
    ranked = sorted(by_reason, key=lambda why: ORDER.index(why) if why in ORDER else len(ORDER))
    steps = [
        Step(why, label(why), reasons.sentence(why), sum(by.values()), by)
        for why in ranked
        if any((by := by_reason[why]).values())
    ]
    platforms = {
        one: sum(n for (platform, _), n in tally.by.items() if platform == one)
        for one in Platform.values
    }
    outside = {"other_os", "unregistered"}
    return Waterfall(
        people=people_of(who) if people is None else people,
        phones=sum(tally.by.values()),
        platforms=platforms,
        steps=steps,
        planned=sum(n for (_, why), n in tally.by.items() if why not in outside),
        will_send=sum(sent.values()),
        will_send_by={one: sent.get(one, 0) for one in Platform.values},
        people_reached=tally.reached,
        unknown_permission=tally.unknown,
        quietly=tally.quietly,
        deferred=tally.deferred,
    )


def label(why: str) -> str:
    return "App removed" if why == "unregistered" else reasons.label(why)
