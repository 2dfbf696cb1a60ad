"""What a condition can ask about: for each field its ways of asking, and their queries.

A condition about a person becomes a Q over AppUser, one about a phone a Q over Device.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from devices.audiences import attributes, versions
from devices.models import Device
from devices.states import DeviceState, PermissionStatus, Platform

Condition = Mapping[str, Any]
Builder = Callable[[Condition, datetime], Q]
Checker = Callable[[Condition], dict[str, str]]  # {key of the condition: sentence}

IDENTITY = ("is", "is_not", "one_of")
ORDER = ("more", "less", "between")
LATELY = ("in_last", "not_in_last")
OPS_OF = {
    "string": (*IDENTITY, "contains", "exists"),
    "number": (*IDENTITY, *ORDER, "exists"),
    "boolean": ("is", "is_not", "exists"),
    "date": ("is", "is_not", *ORDER, *LATELY, "exists"),
}
PERMISSIONS = {
    "granted": "Allowed",
    "provisional": "Quietly",
    "should_request": "Not asked yet",
    "denied": "Notifications are off",
    "opted_out": "Opted out in the app",
}


@dataclass(frozen=True, slots=True)
class Field:
    """`type` says what its values are; `about` whose it is: a person's or a phone's. `check` and
    a `type` of "own" are for fields that others register."""

    label: str
    type: str
    ops: tuple[str, ...]
    build: Builder
    about: str = "person"
    choices: Mapping[str, str] = field(default_factory=dict)
    check: Checker | None = None


def phones_of_hers(matches: Q) -> Exists:
    """Her active phones that match. On SQLite the state is asked so that no index on it fits: it
    would take that one for each person anew, instead of the one on the owner. PostgreSQL joins,
    and must be able to guess how many are active."""
    if connection.vendor == "sqlite":
        matches = Exact(Coalesce(F("state"), Value("")), DeviceState.ACTIVE.value) & matches
    else:
        matches &= Q(state=DeviceState.ACTIVE)
    return Exists(Device.objects.filter(matches, owner=OuterRef("pk")))


# ---------------------------------------------------------------- people


def of_attribute(condition: Condition, now: datetime) -> Q:
    name, kind, op = condition["name"], condition["type"], condition["op"]
    value: Any = condition.get("value")
    if op == "exists":
        return attributes.exists(name) if value else ~attributes.exists(name)
    if op == "is_not":
        return ~of_attribute({**condition, "op": "is"}, now)
    if op == "not_in_last":
        return ~of_attribute({**condition, "op": "in_last"}, now)
    if op == "is" and kind != "date" and connection.vendor == "postgresql":
        return Q(attributes__contains={name: value})  # what the GIN index is for
    match kind:
        case "number":
            return attributes.compare_number(name, op, value)
        case "boolean":
            truth = attributes.is_true(name)
            return truth if value else attributes.of_kind(name, "boolean") & ~truth
        case "date" if op == "in_last":
            today = now.astimezone(UTC).date()
            days = [str(today - timedelta(days=value)), str(today)]
            return attributes.compare_day(name, "between", days)
        case "date":
            return attributes.compare_day(name, op, value)
    if op == "contains":
        return attributes.has_text(name, value)
    if op == "one_of":
        return attributes.is_one_text(name, value)
    return attributes.is_text(name, value)


def of_tag(condition: Condition, now: datetime) -> Q:
    if condition["op"] == "is_not":
        return ~has_tag(condition["value"])
    found = Q()
    for tag in several(condition):
        found |= has_tag(tag)
    return found


def has_tag(tag: str) -> Q:
    if connection.vendor == "postgresql":
        return Q(tags__contains=[tag])
    return Q(attributes.Listed(F("tags"), Value(tag)))


def several(condition: Condition) -> list[Any]:
    value = condition["value"]
    return value if condition["op"] == "one_of" else [value]


def moment_of(column: str) -> Builder:
    def build(condition: Condition, now: datetime) -> Q:
        op, value = condition["op"], condition["value"]
        match op:
            case "in_last":
                return Q(**{f"{column}__gte": now - timedelta(days=value)})
            case "not_in_last":
                return ~Q(**{f"{column}__gte": now - timedelta(days=value)})
            case "more":
                return Q(**{f"{column}__gte": midnight(value, days=1)})
            case "less":
                return Q(**{f"{column}__lt": midnight(value)})
        return Q(
            **{
                f"{column}__gte": midnight(value[0]),
                f"{column}__lt": midnight(value[1], days=1),
            }
        )

    return build


def midnight(day: str, days: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(days=days)


def place_of(column: str, match: Callable[[str, Condition], Q]) -> Builder:
    """What the back end says of a person; where it says nothing, what her phones say."""

    def build(condition: Condition, now: datetime) -> Q:
        if condition["op"] == "is_not":
            return ~build({**condition, "op": "is"}, now)
        matches = match(column, condition)
        return matches | (Q(**{column: ""}) & Q(phones_of_hers(matches)))

    return build


def locale_matches(column: str, condition: Condition) -> Q:
    """`de` is also de-AT; `-` and `_` are the same."""
    wanted = "|".join(re.escape(one).replace(r"\-", "[-_]") for one in several(condition))
    return Q(**{f"{column}__iregex": rf"^({wanted})([-_.@].*)?$"})


def country_matches(column: str, condition: Condition) -> Q:
    wanted = "|".join(map(re.escape, several(condition)))
    return Q(**{f"{column}__iregex": rf"^[a-z]{{2,8}}([-_][a-z]{{4}})?[-_]({wanted})([-_.@].*)?$"})


def zone_matches(column: str, condition: Condition) -> Q:
    if condition["op"] == "contains":
        return Q(**{f"{column}__contains": condition["value"]})
    return Q(**{f"{column}__in": several(condition)})


# ---------------------------------------------------------------- phones


def choice_of(column: str) -> Builder:
    def build(condition: Condition, now: datetime) -> Q:
        matches = Q(**{f"{column}__in": several(condition)})
        return ~matches if condition["op"] == "is_not" else matches

    return build


def of_permission(condition: Condition, now: datetime) -> Q:
    found = Q()
    for state in several(condition):
        found |= permission_is(state)
    return ~found if condition["op"] == "is_not" else found


def permission_is(state: str) -> Q:
    quiet = Q(perm_system__in=("provisional", "ephemeral"))
    unasked = (PermissionStatus.SHOULD_REQUEST, PermissionStatus.SHOULD_EXPLAIN)
    return {
        "opted_out": Q(opted_out=True),
        "granted": Q(opted_out=False, perm_status=PermissionStatus.GRANTED) & ~quiet,
        "provisional": Q(opted_out=False) & quiet,
        "should_request": Q(opted_out=False, perm_status__in=unasked) & ~quiet,
        "denied": Q(opted_out=False, perm_status=PermissionStatus.DENIED) & ~quiet,
    }[state]


def version_of(column: str) -> Builder:
    def build(condition: Condition, now: datetime) -> Q:
        op, value = condition["op"], condition["value"]
        if op in IDENTITY:
            return choice_of(column)(condition, now)
        return versions.compared(column, op, value)

    return build


MOMENT_OPS = (*LATELY, *ORDER)
FIELDS: dict[str, Field] = {
    "attribute": Field("Attribute", "attribute", (), of_attribute),
    "tag": Field("Tag", "string", IDENTITY, of_tag),
    "platform": Field(
        "Platform", "choice", IDENTITY, choice_of("platform"), "phone", dict(Platform.choices)
    ),
    "os_version": Field(
        "OS version", "version", (*IDENTITY, *ORDER), version_of("os_version"), "phone"
    ),
    "app_version": Field(
        "App version", "version", (*IDENTITY, *ORDER), version_of("app_version"), "phone"
    ),
    "permission": Field("Permission", "choice", IDENTITY, of_permission, "phone", PERMISSIONS),
    "locale": Field("Language", "locale", IDENTITY, place_of("locale", locale_matches)),
    "country": Field("Country", "country", IDENTITY, place_of("locale", country_matches)),
    "timezone": Field(
        "Time zone", "string", (*IDENTITY, "contains"), place_of("timezone", zone_matches)
    ),
    "registered": Field("Registered", "day", MOMENT_OPS, moment_of("created_at")),
    "last_seen": Field("Last seen", "day", MOMENT_OPS, moment_of("last_seen_at")),
}
