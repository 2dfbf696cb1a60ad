"""Whose phone is this? Last write wins, and it is settled here, in one transaction each.

The order is the database's: whoever names the same device or token waits (`locking`), and
`reg_seq`, the pk of the registration's event, rises with it. Clocks of phones play no part.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zlib import crc32

from django.db import transaction
from django.db.models import Q

from devices import consent, outbox, permission, preferences, quota
from devices.fields import digest
from devices.locking import lock, serialized
from devices.models import BUCKETS, AppUser, Device, RegistrationEvent
from devices.people import found_or_made
from devices.permission import Derived, Facts
from devices.states import Actor, DeviceState, RegistrationKind

FACTS = ("os_version", "api_level", "target_sdk", "app_version", "model", "locale", "timezone")


class UserRequired(Exception):
    """A registration without a user, where devices without one are not allowed (D5)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What an app says of itself. `facts` holds only what it named, by the names in `FACTS`."""

    device_id: str
    platform: str
    user_id: str | None
    token: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    said: consent.Said | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    device: Device
    user: AppUser | None
    derived: Derived
    created: bool
    replaced_previous_owner: bool


@dataclass(frozen=True, slots=True)
class Unregistered:
    result: str  # unregistered | noop
    reason: str = ""


@serialized
def register(
    registration: Registration, *, actor: Actor, request_id: str = "", at: datetime
) -> Registered:
    """D1 to D5, D12, D13, T13 to T15, and the quota of her phones. Raises `UserRequired`, and `people.UnknownUser`."""
    if not registration.user_id and not preferences.get("allow_anonymous_devices"):
        raise UserRequired("Name the user whose phone this is.")
    lock(*names(registration.device_id, registration.token, registration.user_id))
    device, holder = rows(registration.device_id, registration.token)
    user = found_or_made(registration.user_id, at) if registration.user_id else None
    log = Logbook(actor, request_id, at)
    if holder is not None:
        lose_token(holder, log)
    created = device is None
    device = device or first_seen(registration, at)
    kind, owner_before = registration_kind(device, user, created), device.owner_id
    device.owner = user
    adopt(device, registration, at)
    derived = settle_permission(device, registration, at)
    save_with_event(device, kind, owner_before, log)
    if user and (created or kind != RegistrationKind.REGISTER or owner_before != user.pk):
        quota.make_room(user, device, log)
    replaced = owner_before is not None and owner_before != device.owner_id
    return Registered(device, user, derived, created, replaced)


@dataclass(frozen=True, slots=True)
class Logbook:
    """Who did it and when, for every event of one call."""

    actor: Actor
    request_id: str
    at: datetime

    def entry(
        self, device: Device, kind: RegistrationKind, before: int | None, after: int | None
    ) -> RegistrationEvent:
        return RegistrationEvent(
            device=device,
            kind=kind,
            user_before_id=before,
            user_after_id=after,
            actor=self.actor,
            request_id=self.request_id,
            at=self.at,
        )

    def write(
        self, device: Device, kind: RegistrationKind, before: int | None, after: int | None
    ) -> int:
        event = self.entry(device, kind, before, after)
        event.save(force_insert=True)
        return event.pk


def names(device_id: str | None, token: str | None, user_id: str | None = None) -> list[str]:
    named = (("device", device_id), ("token", token), ("user", user_id))
    return [f"{kind}:{name}" for kind, name in named if name is not None]


def rows(device_id: str, token: str | None) -> tuple[Device | None, Device | None]:
    """The device, and the other one that holds the token; locked in the order of their pks."""
    wanted = Q(device_id=device_id)
    if token is not None:
        wanted |= Q(token_sha256=digest(token))
    found = list(Device.objects.select_for_update().filter(wanted).order_by("pk"))
    device = next((row for row in found if row.device_id == device_id), None)
    return device, next((row for row in found if row.device_id != device_id), None)


def lose_token(device: Device, log: Logbook) -> None:
    """D3: its token was seen on another installation."""
    stop(device, DeviceState.UNREGISTERED, "token_moved", log.at)
    device.save()
    log.write(device, RegistrationKind.TOKEN_MOVED, device.owner_id, device.owner_id)


def stop(device: Device, state: DeviceState, reason: str, at: datetime) -> None:
    device.state = state
    device.token = device.token_sha256 = None
    device.token_updated_at = device.invalid_at = at
    device.invalid_reason = reason


def first_seen(registration: Registration, at: datetime) -> Device:
    return Device(
        device_id=registration.device_id,
        platform=registration.platform,
        bucket=bucket_of(registration.device_id),
        registered_at=at,
    )


def bucket_of(device_id: str) -> int:
    return crc32(device_id.encode()) % BUCKETS


def registration_kind(device: Device, user: AppUser | None, created: bool) -> RegistrationKind:
    if not created and device.owner_id and device.owner_id != (user and user.pk):
        return RegistrationKind.TAKEOVER
    if not created and device.state != DeviceState.ACTIVE:
        return RegistrationKind.REVIVED
    return RegistrationKind.REGISTER


def adopt(device: Device, registration: Registration, at: datetime) -> None:
    """What the app said now holds; what it left out stays, but for the token."""
    if device.token != registration.token or device.state != DeviceState.ACTIVE:
        device.token_updated_at = at
    if device.state != DeviceState.ACTIVE:
        device.registered_at = at
    device.token = registration.token
    device.state = DeviceState.ACTIVE
    device.invalid_at, device.invalid_reason = None, ""
    device.last_seen_at = at


def settle_permission(device: Device, registration: Registration, at: datetime) -> Derived:
    before = consent.facts_of(device)
    if device.platform != registration.platform:
        device.platform = registration.platform
        before = Facts(registration.platform, opted_out=device.opted_out)
    for name, value in registration.facts.items():
        setattr(device, name, value)
    facts = permission.upgraded(
        before,
        api_level=device.api_level,
        target_sdk=device.target_sdk,
        os_version=device.os_version,
    )
    direct = facts.is_ios and consent.ask_direct()
    derived = consent.write(device, facts, direct=direct)
    if registration.said is None:
        return derived
    if device.pk is None:
        device.save()  # its permission history needs the row
    return consent.take(device, registration.said, at, direct=direct)


def save_with_event(
    device: Device, kind: RegistrationKind, owner_before: int | None, log: Logbook
) -> None:
    if device.pk is None:
        device.save()
        device.reg_seq = log.write(device, kind, owner_before, device.owner_id)
        device.save(update_fields=["reg_seq"])
        return
    device.reg_seq = log.write(device, kind, owner_before, device.owner_id)
    device.save()


@serialized
def unregister(
    *,
    device_id: str | None = None,
    token: str | None = None,
    user_id: str | None = None,
    actor: Actor,
    request_id: str = "",
    at: datetime,
) -> Unregistered:
    """D6 to D9; give `device_id` or `token`. With `user_id` it acts only where she is the owner
    of an active device. A blank id must be refused before: it never widens to D6."""
    if user_id == "" or (device_id is None and token is None):
        raise ValueError("A blank user id, or neither device nor token.")
    lock(*names(device_id, None if device_id is not None else token))
    device = find(device_id, token)
    if device is None:
        return Unregistered("noop", "unknown_device")
    log = Logbook(actor, request_id, at)
    owner = device.owner_id
    if user_id is not None and not is_active_owner(device, user_id):
        log.write(device, RegistrationKind.UNREGISTER_NOOP, owner, owner)
        return Unregistered("noop", "not_active_owner")
    stop(device, DeviceState.UNREGISTERED, "unregistered", at)
    device.owner = None
    device.reg_seq = log.write(device, RegistrationKind.UNREGISTER, owner, None)
    device.save()
    return Unregistered("unregistered")


def find(device_id: str | None, token: str | None) -> Device | None:
    wanted = Q(device_id=device_id) if device_id is not None else Q(token_sha256=digest(token))
    return Device.objects.select_for_update().filter(wanted).first()


def is_active_owner(device: Device, user_id: str) -> bool:
    if device.state != DeviceState.ACTIVE or device.owner_id is None:
        return False
    return AppUser.objects.filter(pk=device.owner_id, user_id=user_id).exists()


@transaction.atomic(savepoint=False)
def retire(dead: Collection[tuple[int, str]], at: datetime) -> int:
    """D11: stop sending to the tokens that FCM called dead; returns how many were live.

    `dead` holds pairs (device pk, token). A device that has another token by now is left alone.
    Three queries however many, in the caller's transaction if there is one.
    """
    tokens = dict(dead)
    live = [
        device
        for device in Device.objects.select_for_update()
        .filter(pk__in=tokens, state=DeviceState.ACTIVE)
        .only("pk", "token", "owner_id")
        .order_by("pk")
        if device.token == tokens[device.pk]
    ]
    if not live:
        return 0
    Device.objects.filter(pk__in=[device.pk for device in live]).update(
        state=DeviceState.INVALID,
        token=None,
        token_sha256=None,
        token_updated_at=at,
        invalid_at=at,
        invalid_reason="fcm_unregistered",
    )
    log = Logbook(Actor.SENDER, "", at)
    RegistrationEvent.objects.bulk_create(
        log.entry(device, RegistrationKind.INVALIDATED, device.owner_id, device.owner_id)
        for device in live
    )
    outbox.invalidated([device.pk for device in live], at=at)
    return len(live)
