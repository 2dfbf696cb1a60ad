"""Pretend people and their phones, in bulk, for trying things out: the same every time.

Of every 100 phones 74 are reachable (4 of them silent for over a month), 12 were never asked,
8 denied, 4 opted out and 2 are dead: their token looks well until FCM answers UNREGISTERED.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256, sha512
from typing import Any

from django.db import transaction

from devices import bulk
from devices.models import AppUser, Device
from devices.permission import Facts, derive
from devices.registry import bucket_of

USER, PHONE = "demo-{:07d}", "demo-phone-{:08d}"
CHUNK = 10_000
NAMES = ("Ada", "Ben", "Chloe", "Dmitri", "Emeka", "Fatima", "Grace", "Hiro", "Ines", "Jonas")
PLACES = (  # as many as have no factor in common with 100 either
    ("de-DE", "Europe/Berlin", "Germany"),
    ("en-US", "America/New_York", "United States"),
    ("en-GB", "Europe/London", "United Kingdom"),
    ("fr-FR", "Europe/Paris", "France"),
    ("ja-JP", "Asia/Tokyo", "Japan"),
    ("pt-BR", "America/Sao_Paulo", "Brazil"),
    ("en-IN", "Asia/Kolkata", "India"),
    ("de-AT", "Europe/Vienna", "Austria"),
    ("es-ES", "Europe/Madrid", "Spain"),
)
TAGS = {"beta": 50, "vip": 20}  # tag: every how manieth person has it
PLANS = ("free", "free", "free", "plus", "pro")
IPHONE = {"platform": "ios", "os_version": "18.1", "known": True}
PIXEL = {
    "platform": "android", "os_version": "14", "api_level": 34, "target_sdk": 35, "known": True,
}  # fmt: skip
OLD_ANDROID = PIXEL | {"os_version": "12", "api_level": 31}


@dataclass(frozen=True, slots=True)
class Kind:
    """`count` of every 100 phones."""

    name: str
    count: int
    facts: Facts
    model: str
    silent_days: int = 1


def kind(name: str, count: int, phone: dict[str, Any], model: str, **more: Any) -> Kind:
    silent_days = more.pop("silent_days", 1)
    return Kind(name, count, Facts(**(phone | more)), model, silent_days)


KINDS = (
    kind("reachable", 31, IPHONE, "iPhone 16", system="authorized", alert=True, sound=True),
    kind("reachable", 4, IPHONE, "iPhone 15", system="provisional"),
    kind("reachable", 27, PIXEL, "Pixel 8", system="authorized"),
    kind("reachable", 8, OLD_ANDROID, "Galaxy S10", system="authorized"),
    kind("stale", 4, PIXEL, "Galaxy A52", system="authorized", silent_days=45),
    kind("never asked", 7, IPHONE, "iPhone 14", system="not_determined"),
    kind("never asked", 5, PIXEL, "Pixel 9", system="not_determined"),
    kind("denied", 4, IPHONE, "iPhone 13", system="denied", denials=1),
    kind("denied", 4, PIXEL, "Galaxy S24", system="denied", denials=2, rationale=False),
    kind("opted out", 4, PIXEL, "Pixel 7", system="authorized", opted_out=True),
    kind("dead", 1, IPHONE, "iPhone 12", system="authorized"),
    kind("dead", 1, PIXEL, "Pixel 6", system="authorized"),
)
OF_A_HUNDRED = [kind for kind in KINDS for _ in range(kind.count)]
STEP = 37  # has no factor in common with 100: kinds are mixed, and each hundred has them all


def kind_of(number: int) -> Kind:
    return OF_A_HUNDRED[number * STEP % 100]


def token_of(number: int) -> str:
    """Looks like one of FCM's: an id, a colon, 140 characters."""
    return f"demo{number:018d}:APA91b{sha512(b'%d' % number).hexdigest()}"


def dead_tokens(devices: int) -> list[str]:
    return [token_of(number) for number in range(devices) if kind_of(number).name == "dead"]


USER_COLUMNS = (
    "user_id", "attributes", "aliases", "tags", "locale", "timezone", "created_at", "last_seen_at",
)  # fmt: skip


def make_users(users: int, at: datetime) -> int:
    """Up to that many in all; returns how many are new."""
    have = AppUser.objects.filter(user_id__startswith="demo-").count()
    days = [bulk.moment(at - timedelta(days=days)) for days in range(1, 401)]
    hours = [bulk.moment(at - timedelta(hours=hours)) for hours in range(48)]
    for first in range(have, users, CHUNK):
        numbers = range(first, min(first + CHUNK, users))
        rows = (user_row(n, days[n % len(days)], hours[n % len(hours)]) for n in numbers)
        with transaction.atomic():
            bulk.insert(AppUser, USER_COLUMNS, rows)
    return max(0, users - have)


def user_row(number: int, joined: str, seen: str) -> tuple[Any, ...]:
    locale, timezone, country = PLACES[number % len(PLACES)]
    name = f"{NAMES[number % len(NAMES)]} {number}"
    attributes = {"name": name, "plan": PLANS[number % len(PLANS)], "country": country}
    tags = [tag for tag, every in TAGS.items() if number % every == 0]
    return (
        USER.format(number),
        json.dumps(attributes),
        json.dumps([f"{NAMES[number % len(NAMES)].lower()}{number}@example.com"]),
        json.dumps(tags),
        locale,
        timezone,
        joined,
        seen,
    )


DEVICE_COLUMNS = (
    "device_id", "token", "token_sha256", "owner_id", "bucket", "locale", "timezone",
    "registered_at", "last_seen_at", "token_updated_at",
    "platform", "os_version", "api_level", "target_sdk", "model", "perm_system", "perm_rationale",
    "perm_denials", "perm_prompts_shown", "perm_alert", "perm_sound", "perm_known",
    "perm_ambiguous", "perm_source", "perm_changed_at", "perm_reported_at", "opted_out",
    "opted_out_at", "perm_status", "asks_left", "deliverable", "notification_types",
    "app_version", "state", "reg_seq", "invalid_reason", "perm_dismissals",
)  # fmt: skip


def make_devices(devices: int, at: datetime) -> Iterator[int]:
    """Up to that many in all, shared out among the pretend people; yields how many new ones each
    transaction made."""
    owners = list(
        AppUser.objects.filter(user_id__startswith="demo-")
        .order_by("user_id")
        .values_list("pk", flat=True)
    )
    constants = {kind: constant_columns(kind, at) for kind in KINDS}
    have = Device.objects.filter(device_id__startswith="demo-phone-").count()
    for first in range(have, devices, CHUNK):
        numbers = range(first, min(first + CHUNK, devices))
        rows = (device_row(n, owners[n % len(owners)], constants[kind_of(n)], at) for n in numbers)
        with transaction.atomic():
            bulk.insert(Device, DEVICE_COLUMNS, rows)
        yield len(numbers)


def device_row(
    number: int, owner: int, constants: tuple[Any, ...], at: datetime
) -> tuple[Any, ...]:
    device_id, token = PHONE.format(number), token_of(number)
    locale, timezone, _ = PLACES[number % len(PLACES)]
    joined = f"{at.year - 1}-{1 + number % 12:02d}-{1 + number % 28:02d} 09:{number % 60:02d}:00.0"
    return (
        device_id,
        token,
        sha256(token.encode()).digest(),
        owner,
        bucket_of(device_id),
        locale,
        timezone,
        joined,
        *constants,
    )


def constant_columns(kind: Kind, at: datetime) -> tuple[Any, ...]:
    """What all phones of a kind have in common, from `last_seen_at` on."""
    facts, derived = kind.facts, derive(kind.facts)
    seen = bulk.moment(at - timedelta(days=kind.silent_days))
    asked = facts.system not in ("not_determined", "provisional")
    return (
        seen, seen,
        facts.platform, facts.os_version, facts.api_level, facts.target_sdk, kind.model,
        str(facts.system), facts.rationale, facts.denials, int(asked), facts.alert, facts.sound,
        facts.known, derived.ambiguous, "prompt" if asked else "report", seen, seen,
        facts.opted_out, seen if facts.opted_out else None, str(derived.status),
        derived.asks_left, derived.deliverable, derived.notification_types,
        "4.2.0", "active", 0, "", 0,
    )  # fmt: skip
