"""Counts of phones by what becomes of them, added up."""

from devices.querysets import DeviceQuerySet
from notifications.reach.census import DEFERRED, QUIETLY, SHOWN_QUIETLY, UNKNOWN, Census
from notifications.reach.rule import COLUMNS, Facts, Policy, evaluate
from notifications.reach.target import Who


class Tally:
    """Counts by (platform, reason), over all slices."""

    def __init__(self) -> None:
        self.by: dict[tuple[str, str], int] = {}
        self.unknown = self.quietly = self.reached = self.deferred = 0

    def add(self, found: Census) -> None:
        for platform, why, flags, n in found.phones:
            self._add(platform, why, n)
            if not why:
                self.unknown += n if flags & UNKNOWN else 0
                self.quietly += n if flags & QUIETLY else 0
                self.deferred += n if flags & DEFERRED else 0
        self.reached += found.people

    def add_late(self, found: Census) -> None:
        """Phones where the time has passed: whoever else would be sent to is left out."""
        for platform, why, _, n in found.phones:
            self._add(platform, why or "time_passed", n)

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
                self.quietly += system in SHOWN_QUIETLY
                owners.add(facts.owner_id)
        self.reached += len(owners - {None})
        return planned

    def _why(self, facts: Facts, who: Who, rule: Policy) -> str:
        if who.target_os not in ("all", facts.platform):
            return "other_os"
        return evaluate(facts, rule)

    def _add(self, platform: str, why: str, n: int) -> None:
        self.by[platform, why] = self.by.get((platform, why), 0) + n
