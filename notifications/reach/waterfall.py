"""People → phones → minus each reason → will be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Q,
    Value,
    When,
)

from devices.models import Device
from devices.querysets import DeviceQuerySet
from devices.states import DeviceState, Platform
from notifications import reasons
from notifications.models import Notification
from notifications.reach.limits import Limits, limits
from notifications.reach.rule import (
    Policy,
    policy,
    reason_expression,
)
from notifications.reach.tally import Tally, people, sendable
from notifications.reach.target import Who, devices_of, people_of, who
from notifications.states import SendTo

ORDER = [
    "other_os", "no_permission_denied", "no_permission_never_asked", "opted_out", "unregistered",
    "no_token", "stale", "excluded", "frequency_cap", "quiet_hours",
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


def live_count(
    send_to: str, recipients: list[str], audience: Any, target_os: str, now: datetime
) -> Waterfall:
    return count(Who(send_to, target_os, tuple(recipients), audience), now)


def count(who: Who, now: datetime) -> Waterfall:
    """A few queries per slice of the audience, whatever its size: two, and up to five more where
    people are left out, capped or asleep."""
    rule = policy(now)
    bounds = limits(who, rule, now)
    tally = Tally()
    few = who.send_to == SendTo.USERS and len(who.recipients) <= FEW and bounds is None
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        if few:
            tally.take_each(seen, who, rule)
            continue
        tally.take(seen, who, rule)
        if bounds is None:
            tally.count_people(seen, who, rule)
        else:
            tally.limit(seen, who, rule, bounds, now)
    return _add_up(who, tally)


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
        tally.reached = 0
        tally.limit(seen, who, rule, bounds, now)
    return _add_up(who, tally, len(pks)), planned


def phones_because(who: Who, why: str, now: datetime) -> Iterator[DeviceQuerySet]:
    """The phones behind one bar of the waterfall, slice by slice; "" are those it is sent to,
    "deferred" those of them that wait for the end of quiet hours."""
    rule = policy(now)
    bounds = limits(who, rule, now)
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        if why in ("", "deferred", "excluded", "frequency_cap", "quiet_hours"):
            yield _bounded(sendable(seen, who, rule), bounds, why, now)
        else:
            yield seen.annotate(why=_with_os(who.target_os, rule)).filter(why=why)


def _bounded(
    sendable: DeviceQuerySet, bounds: Limits | None, why: str, now: datetime
) -> DeviceQuerySet:
    if bounds is None:
        return sendable if not why else sendable.none()
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
    asked = limits(replace(who, spare_after=most), rule, now)
    others = limits(replace(who, spare_after=None), rule, now)

    def over(some: DeviceQuerySet, bounds: Limits | None) -> DeviceQuerySet:
        return _bounded(sendable(some, who, rule), bounds, "frequency_cap", now)

    return sum(
        people(who, devices, lambda some: over(some, asked))
        - people(who, devices, lambda some: over(some, others))
        for devices in devices_of(who)
    )


def _with_os(target_os: str, rule: Policy) -> Case:
    within = reason_expression(rule)
    if target_os == "all":
        return within
    return Case(
        When(~Q(platform=target_os), then=Value("other_os")),
        default=within,
        output_field=CharField(),
    )


def _add_up(who: Who, tally: Tally, known: int | None = None) -> Waterfall:
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
        people=people_of(who) if known is None else known,
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
