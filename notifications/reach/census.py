"""How many phones and people, by what becomes of them, in one statement.

Every set in it is a queryset. Only their joining is written here, since the ORM cannot join to a
query: so each table is read once and each set is asked for once, whatever holds phones back.

    bar0, bar1 …   the people who are left out or over a limit, a set for each
    members        the people of the audience
    people         those with the first bar that holds them, asked person by person
    phones         what is true of each phone alone, as a number
    counted        what becomes of each phone, as a number

A number is flags plus REASON times the place of its reason.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, Value, When

from devices import zones
from devices.states import DeviceState, Platform
from notifications.reach.limits import Bar, Limits
from notifications.reach.rule import Policy, reasons
from notifications.reach.target import Part, Who

ANDROID, UNKNOWN, QUIETLY, DEFERRED, REASON = 1, 2, 4, 8, 16
SHOWN_QUIETLY = ("provisional", "ephemeral")
AWAKE, ASLEEP, AS_HERS = 0, 1, 2
# Keeps PostgreSQL from asking phone by phone what it can ask person by person.
FENCE = {"postgresql": "OFFSET 0"}
MEMORY = "64MB"  # of PostgreSQL, for sets of a million people


@dataclass(slots=True)
class Census:
    """`phones`: (platform, reason, flags, how many). `barred`: how many people each bar holds who
    own a phone that nothing else does."""

    phones: list[tuple[str, str, int, int]] = field(default_factory=list)
    reached: int = 0
    barred: list[int] = field(default_factory=list)


def take(part: Part, who: Who, rule: Policy, bounds: Limits | None, now: datetime) -> Census:
    own = reasons(rule, who.target_os)
    bars = bounds.bars(now, part.pks) if bounds else []
    try:
        sql, params = _Statement(part, own, bars, bounds, now).write()
    except EmptyResultSet:
        return Census(barred=[0] * len(bars))
    with _room(part), connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    whys = ["", *(why for why, _ in own), *(bar.reason for bar in bars), "quiet_hours"]
    found = Census(barred=[0] * len(bars))
    for of_people, number, n in rows:
        place, flags = divmod(number, REASON)
        if not of_people:
            platform = Platform.ANDROID if flags & ANDROID else Platform.IOS
            found.phones.append((platform.value, whys[place], flags, n))
        elif not place:
            found.reached = n
        elif place <= len(own) + len(bars):
            found.barred[place - len(own) - 1] = n
    return found


@contextmanager
def _room(part: Part) -> Iterator[None]:
    """Lets PostgreSQL keep large sets in memory, in this transaction only."""
    if part.pks is not None or connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('work_mem', %s, true) "
            "WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(%s)",
            [MEMORY, MEMORY],
        )
        yield


class _Statement:
    """The CTEs in their order, with their parameters."""

    def __init__(
        self,
        part: Part,
        own: Sequence[tuple[str, Q]],
        bars: Sequence[Bar],
        bounds: Limits | None,
        now: datetime,
    ) -> None:
        self.part, self.own, self.bars, self.bounds = part, own, bars, bounds
        self.asleep = bounds.asleep_in(now) if bounds else []
        self.first_bar = len(own) + 1
        self.ctes: list[str] = []
        self.params: list[Any] = []

    def write(self) -> tuple[str, list[Any]]:
        joined = ""
        if self.part.only_people or self.bars or self.asleep:
            self._people()
            joined = "JOIN people ON people.person = phones.owner"
        if joined and not self.part.only_people:
            joined = f"LEFT {joined}"
        self._add("phones (owner, number, asleep)", self._phones())
        self._add_text(
            "counted (owner, number)",
            f"SELECT phones.owner, {self._becomes()} FROM phones {joined}",  # noqa: S608
        )
        place = f"number / {REASON} * {REASON}"
        phones = "SELECT 0, number, COUNT(*) FROM counted GROUP BY number"
        people = (
            f"SELECT 1, {place}, COUNT(DISTINCT owner) FROM counted WHERE owner IS NOT NULL "  # noqa: S608
            f"AND (number < {REASON} OR number >= {REASON * self.first_bar}) GROUP BY {place}"
        )
        return f"WITH {', '.join(self.ctes)} {phones} UNION ALL {people}", self.params

    def _people(self) -> None:
        columns, joins = "", ""
        for number, bar in enumerate(self.bars):
            try:
                self._add(f"bar{number} (person)", bar.people)
            except EmptyResultSet:
                continue
            place = REASON * (self.first_bar + number)
            columns += f" WHEN bar{number}.person IS NOT NULL THEN {place}"
            joins += f" LEFT JOIN bar{number} ON bar{number}.person = members.person"
        self._add("members (person, asleep)", self._members())
        first = f"CASE{columns} ELSE 0 END" if columns else "0"
        fence = FENCE.get(connection.vendor, "") if joins else ""
        self._add_text(
            "people (person, asleep, bar)",
            f"SELECT members.person, members.asleep, {first} FROM members{joins} {fence}",  # noqa: S608
        )

    def _members(self) -> QuerySet[Any, Any]:
        hers = Q(timezone__in=self.asleep)
        if self._app_sleeps:
            hers |= zones.is_unknown()
        asleep = _number((ASLEEP, hers)) if self.asleep else Value(AWAKE)
        return self.part.people.values_list("pk", asleep)

    @property
    def _app_sleeps(self) -> bool:
        hours = self.bounds.hours if self.bounds else None
        return hours is not None and zones.name_of("", "", hours.app_zone) in self.asleep

    def _phones(self) -> QuerySet[Any, Any]:
        against = ((REASON * place, q) for place, (_, q) in enumerate(self.own, start=1))
        number = (
            _number(*against)
            + _number((ANDROID, Q(platform=Platform.ANDROID)))
            + _number((UNKNOWN, Q(perm_known=False)))
            + _number((QUIETLY, Q(perm_system__in=SHOWN_QUIETLY)))
        )
        zone = (ASLEEP, Q(timezone__in=self.asleep)), (AS_HERS, zones.is_unknown())
        asleep = _number(*zone) if self.asleep else Value(AWAKE)
        seen = self.part.phones.exclude(state=DeviceState.UNREGISTERED)
        return seen.values_list("owner_id", number, asleep)

    def _becomes(self) -> str:
        """Of a phone that nothing is against: its person's bar, else whether it sleeps."""
        if self.bounds is None:
            return "phones.number"
        whens = f"WHEN phones.number >= {REASON} THEN phones.number "
        if self.bars:
            whens += "WHEN people.bar > 0 THEN phones.number + people.bar "
        if self.asleep:
            adds = DEFERRED if self.bounds.defers else REASON * (self.first_bar + len(self.bars))
            whens += (
                f"WHEN phones.asleep = {ASLEEP} OR phones.asleep = {AS_HERS} "
                f"AND COALESCE(people.asleep, {ASLEEP if self._app_sleeps else AWAKE}) = {ASLEEP} "
                f"THEN phones.number + {adds} "
            )
        return f"CASE {whens}ELSE phones.number END"

    def _add(self, name: str, query: QuerySet[Any, Any]) -> None:
        sql, params = query.order_by().query.sql_with_params()
        self._add_text(name, sql)
        self.params += params

    def _add_text(self, name: str, sql: str) -> None:
        self.ctes.append(f"{name} AS ({sql})")


def _number(*cases: tuple[int, Q]) -> Case:
    """The number of the first that holds, else 0."""
    return Case(*(When(holds, then=Value(one)) for one, holds in cases), default=Value(0))
