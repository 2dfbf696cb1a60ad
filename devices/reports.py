"""What stands on pages about people and phones: one query each, frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from devices.fields import digest
from devices.models import AppUser, Device, PermissionEvent, RegistrationEvent
from devices.states import DeviceState, PermissionStatus

STALE_AFTER = timedelta(days=30)
DEAD_AFTER = timedelta(days=270)  # FCM itself lets an Android token die then
BAR_SECONDS = 60
FOUND_MAX = 50
LAST = "\U0010ffff"  # sorts behind every other character


@dataclass(frozen=True, slots=True)
class ReachBar:
    """Phones by what may be shown on them; every phone that is not unregistered counts once."""

    granted: int = 0
    provisional: int = 0
    asks_left: int = 0
    denied: int = 0
    opted_out: int = 0
    unknown: int = 0  # never reported; FCM decides
    dead: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, part.name) for part in fields(self))

    @property
    def reachable(self) -> int:
        return self.granted + self.provisional + self.unknown


@dataclass(frozen=True, slots=True)
class Freshness:
    """Active phones that were not heard of for more than 30 days; and Androids, for more than
    270, whose token is dead by FCM's own rule."""

    stale: int
    expected_dead: int


def reach_bar() -> ReachBar:
    """Reads every device: for a page use `recent_reach_bar`."""
    bar = Case(
        When(state=DeviceState.INVALID, then=Value("dead")),
        When(opted_out=True, then=Value("opted_out")),
        When(perm_known=False, perm_system="unknown", then=Value("unknown")),
        When(perm_status=PermissionStatus.GRANTED, then=Value("granted")),
        When(perm_system__in=("provisional", "ephemeral"), then=Value("provisional")),
        When(perm_status=PermissionStatus.DENIED, then=Value("denied")),
        default=Value("asks_left"),
    )
    rows = (
        Device.objects.exclude(state=DeviceState.UNREGISTERED)
        .exclude(invalid_reason="erased")
        .annotate(bar=bar)
        .values_list("bar")
        .order_by("bar")
        .annotate(Count("pk"))
    )
    return ReachBar(**dict(rows))


def recent_reach_bar() -> ReachBar:
    """At most a minute old; whoever finds it older refreshes it, one at a time."""
    known: ReachBar | None = cache.get("reach-bar")
    fresh = cache.get("reach-bar-fresh")
    if known is not None and (fresh or not cache.add("reach-bar-busy", 1, timeout=30)):
        return known
    counted = reach_bar()
    cache.set("reach-bar", counted, timeout=None)
    cache.set("reach-bar-fresh", 1, timeout=BAR_SECONDS)
    cache.delete("reach-bar-busy")
    return counted


def freshness(now: datetime) -> Freshness:
    counted = Device.objects.filter(
        state=DeviceState.ACTIVE, last_seen_at__lt=now - STALE_AFTER
    ).aggregate(
        stale=Count("pk"),
        expected_dead=Count("pk", filter=Q(platform="android", last_seen_at__lt=now - DEAD_AFTER)),
    )
    return Freshness(**counted)


def is_stale(device: Device, now: datetime) -> bool:
    return now - device.last_seen_at > STALE_AFTER


def is_expected_dead(device: Device, now: datetime) -> bool:
    return device.platform == "android" and now - device.last_seen_at > DEAD_AFTER


def find_people(text: str, *, most: int = FOUND_MAX) -> list[AppUser]:
    """By the start of her id (`users/` before it does no harm), by an alias, or by an attribute,
    written `plan=pro`. Ids first; nobody twice; the newest people when nothing is asked."""
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
    return found[:most]


def by_id(start: str) -> QuerySet[AppUser]:
    """Whoever is named exactly so comes first. SQLite's LIKE cannot use the index, a range can."""
    users = AppUser.objects.order_by("user_id")
    if connection.vendor == "postgresql":
        return users.filter(user_id__startswith=start)
    return users.filter(user_id__gte=start, user_id__lt=start + LAST)


def by_alias(alias: str) -> QuerySet[AppUser]:
    return AppUser.objects.filter(holding("aliases", None, alias)).order_by("-pk")


def by_attribute(name: str, value: str) -> QuerySet[AppUser]:
    """`value` as a text, or as the JSON it looks like: `age=30` finds the number and the text."""
    matches = Q()
    for reading in readings(value):
        matches |= holding("attributes", name, reading)
    return AppUser.objects.filter(matches).order_by("-pk")


def readings(value: str) -> list[Any]:
    if value in ("true", "false"):
        return [value, value == "true"]
    for number in (int, float):
        try:
            return [value, number(value)]
        except ValueError:
            continue
    return [value]


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


def in_words(device: Device) -> str:
    """`Pixel 8: not asked yet; two asks left`, for pages."""
    name = device.model or {"ios": "iPhone", "android": "Android phone"}[device.platform]
    return f"{name}: {permission_in_words(device)}"


def permission_in_words(device: Device) -> str:
    if device.state == DeviceState.INVALID:
        return "the app was removed"
    if device.state == DeviceState.UNREGISTERED:
        return "signed out, nobody's phone"
    if device.opted_out:
        return "opted out in the app"
    if not device.perm_known and device.perm_system == "unknown":
        return "never said whether it may show notifications; FCM decides"
    if device.perm_status == PermissionStatus.GRANTED:
        return "allowed"
    if device.perm_status == PermissionStatus.DENIED:
        return "denied; only the phone's settings can allow"
    left = {1: "one ask left", 2: "two asks left"}.get(device.asks_left, "no ask left")
    if device.perm_system in ("provisional", "ephemeral"):
        return f"delivers quietly; {left}"
    if device.perm_denials or device.perm_rationale:
        return f"denied once; {left}, explain first"
    explain = ", explain first" if device.perm_status == PermissionStatus.SHOULD_EXPLAIN else ""
    return f"not asked yet; {left}{explain}"
