"""Persons as the app names them: found or made, described, erased."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from devices import preferences
from devices.locking import lock, serialized
from devices.models import (
    AppUser,
    Device,
    PermissionEvent,
    PromptEvent,
    PromptSession,
    PromptState,
    TestDevice,
)
from devices.states import DeviceState

SEEN_EVERY = timedelta(hours=1)  # how old `last_seen_at` may get before it is written again
ATTRIBUTES_MAX_BYTES = 8 * 1024
LISTED_MAX = 100  # aliases and tags of one person


class UnknownUser(Exception):
    """Nobody of that id, and this installation does not make people by itself."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"No user {user_id}. Make it with PUT /api/v1/users/{user_id} first.")


class TooMuch(ValueError):
    """What is known of a person would outgrow its bounds."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code


@dataclass(frozen=True, slots=True)
class Profile:
    """What a back end says of a person; None leaves a part as it is. In `attributes` and `tags`
    a None takes that one away. With `replace` nothing else stays."""

    user_id: str
    attributes: Mapping[str, Any] | None = None
    tags: Mapping[str, bool | None] | None = None
    aliases: list[str] | None = None
    locale: str | None = None
    timezone: str | None = None
    replace: bool = False


@dataclass(slots=True)
class Tally:
    """What a list of profiles did. `errors` are (position in the list, code, words)."""

    created: int = 0
    updated: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)


def found_or_made(user_id: str, at: datetime) -> AppUser:
    """Raises `UnknownUser` where `auto_create_users` is off."""
    user = AppUser.objects.filter(user_id=user_id).first()
    if user is None:
        if not preferences.get("auto_create_users"):
            raise UnknownUser(user_id)
        user, _ = AppUser.objects.get_or_create(
            user_id=user_id, defaults={"created_at": at, "last_seen_at": at}
        )
    if user.last_seen_at is None or at - user.last_seen_at > SEEN_EVERY:
        AppUser.objects.filter(pk=user.pk).update(last_seen_at=at)
    return user


@serialized
def describe(profile: Profile, at: datetime) -> tuple[AppUser, bool]:
    """Write it down; whether she is new. Raises `TooMuch`."""
    user = AppUser.objects.select_for_update().filter(user_id=profile.user_id).first()
    if user is None:
        user = apply(AppUser(user_id=profile.user_id, created_at=at), profile)
        user.save(force_insert=True)
        return user, True
    apply(user, profile).save()
    return user, False


@serialized
def describe_all(profiles: Sequence[tuple[int, Profile]], at: datetime) -> Tally:
    """Many at once, by their positions; the last one of a person counts, and one that cannot be
    kept does not hinder the others."""
    tally = Tally()
    ids = {profile.user_id for _, profile in profiles}
    users = {
        user.user_id: user
        for user in AppUser.objects.select_for_update().filter(user_id__in=ids).order_by("pk")
    }
    known, changed = set(users), set()
    for position, profile in profiles:
        user = users.get(profile.user_id) or AppUser(user_id=profile.user_id, created_at=at)
        try:
            apply(user, profile)
        except TooMuch as error:
            tally.errors.append((position, error.code, str(error)))
            continue
        users[profile.user_id] = user
        changed.add(profile.user_id)
    new = [users[user_id] for user_id in sorted(changed - known)]
    AppUser.objects.bulk_create(new)
    AppUser.objects.bulk_update(
        [users[user_id] for user_id in sorted(changed & known)],
        ["attributes", "aliases", "tags", "locale", "timezone"],
        batch_size=100,
    )
    tally.created, tally.updated = len(new), len(changed & known)
    return tally


def apply(user: AppUser, profile: Profile) -> AppUser:
    """Raises `TooMuch`, and then the user is as she was."""
    attributes = {} if profile.replace else dict(user.attributes)
    for name, value in (profile.attributes or {}).items():
        attributes.pop(name, None)
        if value is not None:
            attributes[name] = value
    tags = [] if profile.replace else list(user.tags)
    for tag, stays in (profile.tags or {}).items():
        tags = [kept for kept in tags if kept != tag] + ([tag] if stays else [])
    aliases = [] if profile.replace else user.aliases
    if profile.aliases is not None:
        aliases = list(dict.fromkeys(profile.aliases))
    check_size(attributes, tags, aliases)
    user.attributes, user.tags, user.aliases = attributes, tags, aliases
    for name in ("locale", "timezone"):
        if (value := getattr(profile, name)) is not None or profile.replace:
            setattr(user, name, value or "")
    return user


def check_size(attributes: Mapping[str, Any], tags: list[str], aliases: list[str]) -> None:
    size = len(json.dumps(attributes, ensure_ascii=False).encode())
    if size > ATTRIBUTES_MAX_BYTES:
        raise TooMuch(
            "attributes_too_large",
            f"All attributes of one user together may have {ATTRIBUTES_MAX_BYTES:,} bytes of "
            f"JSON; these have {size:,}.",
        )
    if len(tags) > LISTED_MAX or len(aliases) > LISTED_MAX:
        raise TooMuch("too_many", f"A user has at most {LISTED_MAX} tags and {LISTED_MAX} aliases.")


# Other apps keep things about people too: each adds a function that forgets one, called with the
# user inside the transaction, before her row goes.
forgetters: list[Callable[[AppUser], None]] = []


def also_forget(forget: Callable[[AppUser], None]) -> None:
    if forget not in forgetters:
        forgetters.append(forget)


@serialized
def erase(user_id: str, at: datetime) -> bool:
    """Forget a person: her attributes, phones, tokens; False if there is nobody of that id.

    The rows of her phones stay without a name, a token or an owner, because what was counted
    points at them. The logs name people by bare keys, which lead nowhere from now on.
    """
    lock(f"user:{user_id}")
    user = AppUser.objects.filter(user_id=user_id).first()
    if user is None:
        return False
    phones = list(Device.objects.select_for_update().filter(owner=user).order_by("pk"))
    for device in phones:
        anonymize(device, at)
    pks = [device.pk for device in phones]
    TestDevice.objects.filter(device__in=pks).delete()
    PermissionEvent.objects.filter(device__in=pks).update(facts={}, event_id="")
    forget_sessions(pks)
    for forget in forgetters:
        forget(user)
    user.delete()
    return True


def forget_sessions(pks: list[int]) -> None:
    """Ids that the app made up for its sessions and events may say whose they were."""
    PromptSession.objects.filter(device__in=pks).delete()
    PromptState.objects.filter(device__in=pks).update(last_session="")
    nameless = Concat(Value("erased-"), Cast(F("pk"), CharField()))
    PromptEvent.objects.filter(device__in=pks).update(session_id="", event_id=nameless)


def anonymize(device: Device, at: datetime) -> None:
    device.device_id = f"erased-{device.pk}"
    device.owner = None
    device.state, device.invalid_reason, device.invalid_at = DeviceState.INVALID, "erased", at
    device.token = device.token_sha256 = None
    device.model = device.locale = device.timezone = device.app_version = device.os_version = ""
    device.perm_channels = None
    device.save()
