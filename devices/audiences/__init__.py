"""Saved audiences → people and phones; the only maker of those querysets.

Rules are JSON that `check` let through:
`{"version": 1, "all": [condition | group, …], "exclude": id}`, with `any` or `none` in the place
of `all`, or `"list": true` for the people who are named one by one. A group is `{"any": […]}`
within. A condition is `{"field", "op", "value"}`, on attributes also `name` and `type`.

Conditions on phones that stand beside each other in an `all` are about one and the same phone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import and_, or_

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from devices import counting
from devices.audiences.checking import GROUPS, VERSION_NOW, check, is_known, known_names, walk
from devices.audiences.fields import FIELDS, Builder, Checker, Condition, Field, phones_of_hers
from devices.models import AppUser, Audience, AudienceMember, Device
from devices.querysets import DeviceQuerySet

__all__ = [
    "FIELDS", "GROUPS", "VERSION_NOW", "Builder", "Checker", "Condition", "Field", "check",
    "contains", "count", "devices", "holds", "is_known", "is_list", "known_names", "people",
    "register", "sample", "those", "walk",
]  # fmt: skip


def register(kind: str, builder: Builder, *, label: str, check: Checker) -> None:
    """A field that another app knows how to ask. `builder` makes a Q over AppUser of a condition
    that `check` found nothing wrong with; `check` answers {part: sentence}."""
    FIELDS[kind] = Field(label, "own", (), builder, "person", {}, check)


def people(audience: Audience, now: datetime | None = None) -> QuerySet[AppUser]:
    return AppUser.objects.filter(holds(audience, now))


def holds(audience: Audience, now: datetime | None = None) -> Q:
    """Whether a person is in it, over AppUser."""
    return _q(audience, now or timezone.now())


def devices(audience: Audience, now: datetime | None = None) -> DeviceQuerySet:
    """All phones of its people, whatever their state or system. Asked phone by phone: a window
    of the engine then looks at its own phones only, not at the whole audience."""
    hers = people(audience, now).filter(pk=OuterRef("owner_id"))
    return Device.objects.filter(Exists(hers))


def contains(audience: Audience, user_id: str, now: datetime | None = None) -> bool:
    return people(audience, now).filter(user_id=user_id).exists()


def memberships(pks: Iterable[int], user_pk: int, now: datetime | None = None) -> dict[int, bool]:
    """In which of these audiences is she? One query for all, beside those that read the rules."""
    known = _with_excluded(set(pks))
    asked = [audience for pk, audience in known.items() if pk in set(pks)]
    if not asked:
        return {}
    columns = [
        Case(
            When(_q(audience, now or timezone.now(), known=known), then=Value(1)), default=Value(0)
        )
        for audience in asked
    ]
    named = {f"in_{audience.pk}": column for audience, column in zip(asked, columns, strict=True)}
    row = AppUser.objects.filter(pk=user_pk).annotate(**named).values_list(*named).first()
    found = row or (0,) * len(asked)
    return {audience.pk: bool(is_in) for audience, is_in in zip(asked, found, strict=True)}


def _with_excluded(pks: set[int]) -> dict[int, Audience]:
    known: dict[int, Audience] = {}
    asked: set[int] = set()
    while pks:
        found = Audience.objects.in_bulk(pks)
        known, asked = known | found, asked | pks
        pks = {a.rules["exclude"] for a in found.values() if a.rules.get("exclude")} - asked
    return known


def count(audience: Audience, now: datetime | None = None) -> int:
    return counting.count(people(audience, now))


def sample(audience: Audience, most: int = 20, now: datetime | None = None) -> list[AppUser]:
    """The newest of them: the same ones at each look."""
    return list(people(audience, now).order_by("-pk")[:most])


def those(rules: dict[str, object], now: datetime | None = None) -> QuerySet[AppUser]:
    """The people of checked rules that are not saved yet; of a list that is nobody."""
    return people(Audience(rules=rules), now)


def is_list(audience: Audience) -> bool:
    return not any(group in audience.rules for group in GROUPS)


def _q(
    audience: Audience, now: datetime, depth: int = 0, known: Mapping[int, Audience] | None = None
) -> Q:
    """`known`: all that any of them excludes, read before."""
    if depth > 50:
        raise RecursionError(f"Audience {audience.pk} excludes itself.")
    found = _listed(audience) if is_list(audience) else _ruled(audience.rules, now)
    excluded = audience.rules.get("exclude")
    other = _excluded(excluded, known) if excluded else None
    return found & ~_q(other, now, depth + 1, known) if other else found


def _excluded(pk: int, known: Mapping[int, Audience] | None) -> Audience | None:
    return Audience.objects.filter(pk=pk).first() if known is None else known.get(pk)


def _listed(audience: Audience) -> Q:
    members = AudienceMember.objects.filter(audience=audience.pk, user=OuterRef("pk"))
    return Q(Exists(members))


def _ruled(rules: Condition, now: datetime) -> Q:
    group = next(name for name in GROUPS if name in rules)
    return _group(group, rules[group], now) if rules[group] else Q()


def _group(group: str, items: list[Condition], now: datetime) -> Q:
    """No condition at all is everyone."""
    hers: list[Q] = []
    phones: list[Q] = []
    for item in items:
        inner = next((name for name in GROUPS if name in item), "")
        if inner:
            hers.append(_group(inner, item[inner], now))
            continue
        known = FIELDS[item["field"]]
        (phones if known.about == "phone" else hers).append(known.build(item, now))
    join = and_ if group == "all" else or_
    if phones:
        matches = reduce(join, phones)
        hers.append(Q(phones_of_hers(matches)))
    found = reduce(join, hers)
    return ~found if group == "none" else found
