"""Counting phones by what becomes of them, in as few questions as databases take well."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, When

from devices import audiences
from devices.models import Device
from devices.querysets import DeviceQuerySet
from notifications.reach import rule as rules
from notifications.reach.limits import Limits
from notifications.reach.rule import COLUMNS, Facts, Policy, evaluate
from notifications.reach.target import Who
from notifications.states import SendTo

QUIETLY = ("provisional", "ephemeral")
FACTS = (
    "platform", "state", "deliverable", "perm_known", "opted_out", "perm_status",
    "has_token", "stale", "quiet",
)  # fmt: skip
Narrow = Callable[[DeviceQuerySet], DeviceQuerySet]


class Tally:
    """Counts by (platform, reason), over all slices."""

    def __init__(self) -> None:
        self.by: dict[tuple[str, str], int] = {}
        self.unknown = self.quietly = self.reached = self.deferred = 0

    def take(self, seen: DeviceQuerySet, who: Who, rule: Policy) -> None:
        """What is true of the phones alone. Grouped by the facts that decide, of which there are
        few combinations; what follows from each is for `evaluate` to say."""
        long_ago = Q(last_seen_at__lt=rule.stale_before) if rule.stale_before else Q(pk=None)
        rows = (
            seen.annotate(
                has_token=_flag(Q(token__isnull=False)),
                stale=_flag(long_ago),
                quiet=_flag(Q(perm_system__in=QUIETLY)),
            )
            .order_by()
            .values_list(*FACTS)
            .annotate(n=Count("pk"))
        )
        for *facts, has_token, stale, is_quiet, n in rows:
            told = dict(zip(FACTS, facts, strict=False))
            why = self._why(Facts(0, "it" if has_token else None, owner_id=None, **told), who, rule)
            why = "stale" if not why and stale else why
            self._add(told["platform"], why, n)
            self.unknown += n if not why and not told["perm_known"] else 0
            self.quietly += n if not why and is_quiet else 0

    def take_each(
        self, seen: DeviceQuerySet, who: Who, rule: Policy
    ) -> list[tuple[int, int | None]]:
        """The same for a few phones, one by one: the engine's rule costs less than the question.
        Returns those that are planned, as (pk, owner's pk), in the order of their pks."""
        owners, planned = set(), []
        for row in seen.order_by("pk").values_list(*COLUMNS, "perm_system"):
            facts, system = Facts(*row[:-1]), row[-1]
            why = self._why(facts, who, rule)
            self._add(facts.platform, why, 1)
            if why not in ("other_os", "unregistered"):
                planned.append((facts.pk, facts.owner_id))
            if not why:
                self.unknown += not facts.perm_known
                self.quietly += system in QUIETLY
                owners.add(facts.owner_id)
        self.reached += len(owners - {None})
        return planned

    def _why(self, facts: Facts, who: Who, rule: Policy) -> str:
        if who.target_os not in ("all", facts.platform):
            return "other_os"
        return evaluate(facts, rule)

    def count_people(self, seen: DeviceQuerySet, who: Who, rule: Policy) -> None:
        self.reached += people(who, seen, lambda some: sendable(some, who, rule))

    def limit(
        self, seen: DeviceQuerySet, who: Who, rule: Policy, bounds: Limits, now: datetime
    ) -> None:
        """Moves from "" to excluded, frequency_cap and quiet_hours. Sets are only ever asked for,
        never their complement, which databases answer row by row."""
        reachable = sendable(seen, who, rule)
        kept = bounds.kept(reachable)
        left = self._move(_platforms(reachable), _platforms(kept), "excluded")
        over, quiet = bounds.over(now), bounds.quiet(now)
        asleep = _platforms(kept.filter(quiet)) if quiet is not None else {}
        if over is not None:
            capped = _platforms(kept.filter(over))
            left = self._move(left, _less(left, capped), "frequency_cap")
            if quiet is not None:
                asleep = _less(asleep, _platforms(kept.filter(over).filter(quiet)))
        if bounds.defers:
            self.deferred += sum(asleep.values())
        else:
            self._move(left, _less(left, asleep), "quiet_hours")

        def awake(some: DeviceQuerySet) -> DeviceQuerySet:
            some = bounds.kept(sendable(some, who, rule))
            return some if quiet is None or bounds.defers else some.exclude(quiet)

        self.reached += people(who, seen, awake)
        if over is not None:
            self.reached -= people(who, seen, lambda some: awake(some).filter(over))

    def _move(self, before: dict[str, int], after: dict[str, int], why: str) -> dict[str, int]:
        for platform, n in _less(before, after).items():
            self._add(platform, why, n)
            self._add(platform, "", -n)
        return after

    def _add(self, platform: str, why: str, n: int) -> None:
        self.by[platform, why] = self.by.get((platform, why), 0) + n


def _flag(condition: Q) -> Case:
    """Databases know that it has two values, and so how few groups there will be."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def people(who: Who, devices: DeviceQuerySet, narrow: Narrow) -> int:
    """How many own one of `devices`, narrowed. PostgreSQL joins an audience's people to any phone of
    theirs far sooner than it sorts the owners of all phones; SQLite does not."""
    if who.send_to == SendTo.AUDIENCE and connection.vendor == "postgresql":
        hers = narrow(Device.objects.order_by()).filter(owner=OuterRef("pk"))
        return audiences.people(who.audience).filter(Exists(hers)).count()
    owned = narrow(devices).filter(owner__isnull=False)
    found: int = owned.aggregate(n=Count("owner_id", distinct=True))["n"]
    return found


def _platforms(devices: DeviceQuerySet) -> dict[str, int]:
    return dict(devices.order_by().values_list("platform").annotate(n=Count("pk")))


def _less(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {platform: one.get(platform, 0) - other.get(platform, 0) for platform in one}


def sendable(seen: DeviceQuerySet, who: Who, rule: Policy) -> DeviceQuerySet:
    return seen.filter(rules.reachable(rule)).on(who.target_os)
