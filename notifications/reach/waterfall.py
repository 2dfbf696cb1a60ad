"""People → phones → minus each reason → will be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, Q, Value, When

from devices.querysets import DeviceQuerySet
from devices.states import DeviceState, Platform
from notifications import reasons
from notifications.models import Notification
from notifications.reach.limits import Limits, limits
from notifications.reach.rule import (
    COLUMNS,
    Facts,
    Policy,
    evaluate,
    policy,
    reachable,
    reason_expression,
)
from notifications.reach.target import Who, devices_of, people_of, who
from notifications.states import SendTo

ORDER = [
    "other_os", "no_permission_denied", "no_permission_never_asked", "opted_out", "unregistered",
    "no_token", "stale", "excluded", "frequency_cap", "quiet_hours",
]  # fmt: skip
QUIETLY = ("provisional", "ephemeral")
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
        sendable = _sendable(seen, who, rule)
        if bounds is None:
            tally.reached += _people(sendable)
        else:
            tally.limit(sendable, bounds, now)
    return _add_up(who, tally)


class Tally:
    """Counts by (platform, reason), over all slices."""

    def __init__(self) -> None:
        self.by: dict[tuple[str, str], int] = {}
        self.unknown = self.quietly = self.reached = self.deferred = 0

    def take(self, seen: DeviceQuerySet, who: Who, rule: Policy) -> None:
        """What is true of the phones alone."""
        rows = (
            seen.annotate(
                why=_with_os(who.target_os, rule),
                quiet=Case(
                    When(perm_system__in=QUIETLY, then=True),
                    default=False,
                    output_field=BooleanField(),
                ),
            )
            .order_by()
            .values_list("platform", "why", "perm_known", "quiet")
            .annotate(n=Count("pk"))
        )
        for platform, why, known, is_quiet, n in rows:
            self._add(platform, why, n)
            self.unknown += n if not why and not known else 0
            self.quietly += n if not why and is_quiet else 0

    def take_each(self, seen: DeviceQuerySet, who: Who, rule: Policy) -> None:
        """The same for a few phones, one by one: the engine's rule costs less than the question."""
        people = set()
        for row in seen.order_by().values_list(*COLUMNS, "perm_system"):
            facts, system = Facts(*row[:-1]), row[-1]
            other = who.target_os not in ("all", facts.platform)
            why = "other_os" if other else evaluate(facts, rule)
            self._add(facts.platform, why, 1)
            if not why:
                self.unknown += not facts.perm_known
                self.quietly += system in QUIETLY
                people.add(facts.owner_id)
        self.reached += len(people - {None})

    def limit(self, sendable: DeviceQuerySet, bounds: Limits, now: datetime) -> None:
        """Moves from "" to excluded, frequency_cap and quiet_hours. Sets are only ever asked for,
        never their complement, which databases answer row by row."""
        kept = bounds.kept(sendable)
        left = self._move(_platforms(sendable), _platforms(kept), "excluded")
        over, quiet = bounds.over(now), bounds.quiet(now)
        asleep = _platforms(kept.filter(quiet)) if quiet is not None else {}
        if over is not None:
            capped = _platforms(kept.filter(over))
            left = self._move(left, _less(left, capped), "frequency_cap")
            if quiet is not None:
                asleep = _less(asleep, _platforms(kept.filter(over).filter(quiet)))
        awake = kept
        if bounds.defers:
            self.deferred += sum(asleep.values())
        elif quiet is not None:
            self._move(left, _less(left, asleep), "quiet_hours")
            awake = kept.exclude(quiet)
        self.reached += _people(awake) - (_people(awake.filter(over)) if over is not None else 0)

    def _move(self, before: dict[str, int], after: dict[str, int], why: str) -> dict[str, int]:
        for platform, n in _less(before, after).items():
            self._add(platform, why, n)
            self._add(platform, "", -n)
        return after

    def _add(self, platform: str, why: str, n: int) -> None:
        self.by[platform, why] = self.by.get((platform, why), 0) + n


def _people(devices: DeviceQuerySet) -> int:
    devices = devices.filter(owner__isnull=False)
    found: int = devices.aggregate(n=Count("owner_id", distinct=True))["n"]
    return found


def _platforms(devices: DeviceQuerySet) -> dict[str, int]:
    return dict(devices.order_by().values_list("platform").annotate(n=Count("pk")))


def _less(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {platform: one.get(platform, 0) - other.get(platform, 0) for platform in one}


def _sendable(seen: DeviceQuerySet, who: Who, rule: Policy) -> DeviceQuerySet:
    return seen.filter(reachable(rule)).on(who.target_os)


def phones_because(who: Who, why: str, now: datetime) -> Iterator[DeviceQuerySet]:
    """The phones behind one bar of the waterfall, slice by slice; "" are those it is sent to,
    "deferred" those of them that wait for the end of quiet hours."""
    rule = policy(now)
    bounds = limits(who, rule, now)
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        if why in ("", "deferred", "excluded", "frequency_cap", "quiet_hours"):
            yield _bounded(_sendable(seen, who, rule), bounds, why, now)
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
    found = 0
    for devices in devices_of(who):
        sendable = _sendable(devices, who, rule)
        found += _people(_bounded(sendable, asked, "frequency_cap", now))
        found -= _people(_bounded(sendable, others, "frequency_cap", now))
    return found


def _with_os(target_os: str, rule: Policy) -> Case:
    within = reason_expression(rule)
    if target_os == "all":
        return within
    return Case(
        When(~Q(platform=target_os), then=Value("other_os")),
        default=within,
        output_field=CharField(),
    )


def _add_up(who: Who, tally: Tally) -> Waterfall:
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
        people=people_of(who),
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
