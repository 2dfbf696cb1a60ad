"""How many phones and people, by what becomes of them, in one statement.

Every set in it is a queryset. Only their joining is written here, since the ORM cannot join to a
query: so each table is read once and each set is asked for once, whatever holds phones back.

    members        the people of the audience, with what a condition says of each
    got0, got1     people with how many notifications they got lately
    people         both together, person by person
    phones         what is true of each phone alone, as a number
    counted        what becomes of each phone, as a number

A number is flags plus REASON times the place of its reason.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When

from devices import counting, zones
from devices.states import DeviceState, Platform
from notifications.reach.caps import counts
from notifications.reach.limits import Bar, Limits
from notifications.reach.rule import Policy, reasons
from notifications.reach.target import Part, Who

ANDROID, UNKNOWN, QUIETLY, DEFERRED, REASON = 1, 2, 4, 8, 16
PEOPLE, AUDIENCE = -1, -2  # numbers of people, not of phones
SHOWN_QUIETLY = ("provisional", "ephemeral")
AWAKE, ASLEEP, AS_HERS = 0, 1, 2
# Keeps PostgreSQL from asking phone by phone what it can ask person by person, and from carrying
# a phone's columns through a join where its number will do.
FENCE = {"postgresql": " OFFSET 0"}


@dataclass(slots=True)
class Census:
    """`phones`: (platform, reason, flags, how many). `audience`: its people, where they are what
    was joined; whoever counts them otherwise asks for them a second time."""

    phones: list[tuple[str, str, int, int]] = field(default_factory=list)
    people: int = 0
    audience: int | None = None


def take(
    part: Part,
    who: Who,
    rule: Policy,
    bounds: Limits | None,
    now: datetime,
    *,
    barred: bool = False,
) -> Census:
    """`people` are those who are sent to; or, if `barred`, those whom only the last bar holds."""
    own = reasons(rule, who.target_os)
    bars = bounds.bars(now, part.pks) if bounds else []
    place = len(own) + len(bars) if barred else 0
    try:
        sql, params = _Statement(part, own, bars, bounds, now).write(place)
    except EmptyResultSet:
        return Census()
    room = nullcontext() if part.pks is not None else counting.at_scale()
    with room, connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    whys = ["", *(why for why, _ in own), *(bar.reason for bar in bars), "quiet_hours"]
    found = Census()
    for number, n in rows:
        if number == PEOPLE:
            found.people = n
            continue
        if number == AUDIENCE:
            found.audience = n
            continue
        reason, flags = divmod(number, REASON)
        platform = Platform.ANDROID if flags & ANDROID else Platform.IOS
        found.phones.append((platform.value, whys[reason], flags, n))
    return found


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
        hours = bounds.hours if bounds else None
        app_sleeps = hours is not None and zones.name_of("", "", hours.app_zone) in self.asleep
        self.by_default = ASLEEP if app_sleeps else AWAKE
        self.first_bar = len(own) + 1
        self.fence = FENCE.get(connection.vendor, "")
        self.ctes: list[str] = []
        self.params: list[Any] = []

    def write(self, place: int) -> tuple[str, list[Any]]:
        joined = ""
        if self.part.only_people or self.bars or self.asleep:
            self._people()
            joined = "JOIN people ON people.person = phones.owner"
        if joined and not self.part.only_people:
            joined = f"LEFT {joined} AND (people.bar > 0 OR people.asleep <> {self.by_default})"
        fence = self.fence if self.part.pks is None else ""
        self._add("phones (owner, number, asleep)", self._phones(), fence)
        self._add_text(
            "counted (owner, number)",
            f"SELECT phones.owner, {self._becomes()} FROM phones {joined}",  # noqa: S608
        )
        asked = [
            "SELECT number, COUNT(*) FROM counted GROUP BY number",
            f"SELECT {PEOPLE}, COUNT(DISTINCT owner) FROM counted "  # noqa: S608
            f"WHERE number >= {REASON * place} AND number < {REASON * (place + 1)}",
        ]
        if self.part.only_people:
            asked.append(f"SELECT {AUDIENCE}, COUNT(*) FROM people")  # noqa: S608
        return f"WITH {', '.join(self.ctes)} {' UNION ALL '.join(asked)}", self.params

    def _people(self) -> None:
        bars = [(REASON * place, bar) for place, bar in enumerate(self.bars, start=self.first_bar)]
        sets = self._sets()
        columns, joins = "", "".join(f" LEFT JOIN {one} USING (person)" for one in sets.values())
        for number, bar in bars:
            if (one := sets.get(id(bar.deliveries))) is not None:
                columns += f" WHEN {one}.got >= {int(bar.most)} THEN {number}"
        inline = _number(*((number, bar.holds) for number, bar in bars if bar.deliveries is None))
        self._add("members (person, asleep, bar)", self._members(inline), self.fence)
        self._add_text(
            "people (person, asleep, bar)",
            "SELECT members.person, members.asleep, "  # noqa: S608
            f"CASE WHEN members.bar > 0 THEN members.bar{columns} ELSE 0 END "
            f"FROM members{joins}{self.fence}",
        )

    def _sets(self) -> dict[int, str]:
        """The CTEs of who got how many, by their querysets: those in which there is anybody."""
        least: dict[int, int] = {}
        for bar in self.bars:
            if bar.deliveries is not None:
                key = id(bar.deliveries)
                least[key] = min(bar.most, least.get(key, bar.most))
        found: dict[int, str] = {}
        for bar in self.bars:
            key = id(bar.deliveries)
            if bar.deliveries is None or key in found:
                continue
            with suppress(EmptyResultSet):
                name = f"got{len(found)}"
                self._add(f"{name} (person, got)", counts(bar.deliveries, least[key]))
                found[key] = name
        return found

    def _members(self, bar: Case) -> QuerySet[Any, Any]:
        hers = Q(timezone__in=self.asleep)
        if self.by_default == ASLEEP:
            hers |= zones.is_unknown()
        asleep = _number((ASLEEP, hers)) if self.asleep else Value(AWAKE)
        return self.part.people.values_list("pk", asleep, bar)

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
                f"AND COALESCE(people.asleep, {self.by_default}) = {ASLEEP} "
                f"THEN phones.number + {adds} "
            )
        return f"CASE {whens}ELSE phones.number END"

    def _add(self, name: str, query: QuerySet[Any, Any], fence: str = "") -> None:
        sql, params = query.order_by().query.sql_with_params()
        self._add_text(name, f"{sql}{fence}")
        self.params += params

    def _add_text(self, name: str, sql: str) -> None:
        self.ctes.append(f"{name} AS ({sql})")


def _number(*cases: tuple[int, Q]) -> Case:
    """The number of the first that holds, else 0."""
    return Case(*(When(holds, then=Value(one)) for one, holds in cases), default=Value(0))
