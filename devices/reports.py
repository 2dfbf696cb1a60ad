"""What stands on pages about people and phones: one query each, frozen values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from devices.fields import digest
from devices.models import AppUser, Device, PermissionEvent, RegistrationEvent
from devices.states import DeviceState

STALE_AFTER = timedelta(days=30)
DEAD_AFTER = timedelta(days=270)  # FCM itself lets an Android token die then
FOUND_MAX = 50
WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)  # what fits the integers of both databases
LAST = "\U0010ffff"  # sorts behind every other character


@dataclass(frozen=True, slots=True)
class Freshness:
    """Active phones that were not heard of for more than 30 days; and Androids, for more than
    270, whose token is dead by FCM's own rule."""

    stale: int
    expected_dead: int


def freshness(now: datetime) -> Freshness:
    counted = Device.objects.filter(
        state=DeviceState.ACTIVE, last_seen_at__lt=now - STALE_AFTER
    ).aggregate(
        stale=Count("pk"),
        expected_dead=Count("pk", filter=Q(platform="android", last_seen_at__lt=now - DEAD_AFTER)),
    )
    return Freshness(**counted)


def find_people(text: str, *, most: int = FOUND_MAX) -> list[AppUser]:
    """By the start of her id (`users/` before it does no harm), by an alias, or by an attribute,
    written `plan=pro`; by her name where nothing else fits. Ids first; nobody twice; the newest
    people when nothing is asked."""
    wanted = text.replace("\x00", "").strip().removeprefix("users/")
    if not wanted:
        return list(AppUser.objects.order_by("-pk")[:most])
    name, equals, value = wanted.partition("=")
    if equals and name.strip():
        return list(by_attribute(name.strip(), value.strip())[:most])
    found = list(by_id(wanted)[:most])
    if len(found) < most:
        known = {user.pk for user in found}
        found += [user for user in by_alias(wanted)[:most] if user.pk not in known]
    return found[:most] or list(by_name(wanted)[:most])


def by_id(start: str) -> QuerySet[AppUser]:
    """Whoever is named exactly so comes first. SQLite's LIKE cannot use the index, a range can."""
    users = AppUser.objects.order_by("user_id")
    if connection.vendor == "postgresql":
        return users.filter(user_id__startswith=start)
    return users.filter(user_id__gte=start, user_id__lt=start + LAST)


def by_alias(alias: str) -> QuerySet[AppUser]:
    return AppUser.objects.filter(holding("aliases", None, alias)).order_by("-pk")


def by_name(text: str) -> QuerySet[AppUser]:
    """What pages call her, whole, or its first or last part; letter by letter."""
    first, _, last = text.partition(" ")
    matches = Q()
    for attribute in ("name", "first_name", "last_name"):
        matches |= holding("attributes", attribute, text)
    if last:
        both = holding("attributes", "first_name", first)
        matches |= both & holding("attributes", "last_name", last.strip())
    return AppUser.objects.filter(matches).order_by("-pk")


def by_attribute(name: str, value: str) -> QuerySet[AppUser]:
    """`value` as a text, or as the JSON it looks like: `age=30` finds the number and the text."""
    matches = Q()
    for reading in readings(value):
        matches |= holding("attributes", name, reading)
    return AppUser.objects.filter(matches).order_by("-pk")


def readings(value: str) -> list[Any]:
    if value in ("true", "false"):
        return [value, value == "true"]
    if WHOLE.fullmatch(value):
        return [value, int(value)]
    try:
        number = float(value)
    except ValueError:
        return [value]
    return [value, number] if isfinite(number) else [value]


def holding(column: str, name: str | None, value: Any) -> Q:
    """People whose list `column` holds the value, or whose object holds it under that name.
    PostgreSQL has a GIN index for both."""
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__contains": [value] if name is None else {name: value}})
    held = f"SELECT u.id FROM devices_appuser u, json_each(u.{column}) j WHERE j.value = %s"  # noqa: S608
    if name is None:
        return Q(pk__in=RawSQL(held, [value]))  # noqa: S611  the column is ours
    return Q(pk__in=RawSQL(f"{held} AND j.key = %s", [value, name]))  # noqa: S611


def find_devices(text: str, *, most: int = FOUND_MAX) -> list[Device]:
    """By the start of the device's id, or by its exact token; the last seen first without."""
    devices = Device.objects.select_related("owner")
    wanted = text.replace("\x00", "").strip()
    if not wanted:
        return list(devices.order_by("-pk")[:most])
    if connection.vendor == "postgresql":
        named = devices.filter(device_id__startswith=wanted)
    else:
        named = devices.filter(device_id__gte=wanted, device_id__lt=wanted + LAST)
    found = list(named.order_by("device_id")[:most])
    if not found:
        found = list(devices.filter(token_sha256=digest(wanted)))
    return found


@dataclass(frozen=True, slots=True)
class OwnershipLine:
    """One event of a device's registration log; a person who was erased has no name."""

    event: RegistrationEvent
    before: str
    after: str


def ownership(device: Device, *, most: int = 100) -> list[OwnershipLine]:
    """Newest first."""
    events = list(device.registrations.order_by("-pk")[:most])
    pks = {pk for event in events for pk in (event.user_before_id, event.user_after_id) if pk}
    names = dict(AppUser.objects.filter(pk__in=pks).values_list("pk", "user_id"))

    def name(pk: int | None) -> str:
        return "" if pk is None else names.get(pk, "somebody erased")

    return [OwnershipLine(e, name(e.user_before_id), name(e.user_after_id)) for e in events]


def permission_history(devices: Sequence[Device], *, most: int = 100) -> list[PermissionEvent]:
    """Newest first, of all of one person's phones."""
    rows = PermissionEvent.objects.filter(device__in=devices).select_related("device")
    return list(rows.order_by("-pk")[:most])
