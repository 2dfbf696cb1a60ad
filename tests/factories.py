"""Plain functions that make rows, taking only what matters to the test."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from devices import consent, identity, keys, registry
from devices.models import AppUser, Device
from devices.permission import Facts
from devices.states import DeviceState, KeyKind

numbers = count(1)


def make_user(user_id: str | None = None, **fields: Any) -> AppUser:
    return AppUser.objects.create(user_id=user_id or f"user-{next(numbers)}", **fields)


def make_token(name: str = "") -> str:
    return f"{name or f'token-{next(numbers)}'}:" + "A" * 20


def make_device(
    owner: AppUser | str | None = None,
    *,
    platform: str = "android",
    system: str = "authorized",
    token: str | None = "",
    **fields: Any,
) -> Device:
    """An active phone that may show notifications, with a person and a token of its own.
    `token=None` is a phone without one; `system="unknown"` one that never reported."""
    device_id = fields.pop("device_id", f"device-{next(numbers)}")
    if not isinstance(owner, AppUser):
        owner = AppUser.objects.filter(user_id=owner).first() or make_user(owner)
    if fields.get("state", DeviceState.ACTIVE) != DeviceState.ACTIVE:
        token = None
    raw = {
        name: fields.pop(name)
        for name in ("api_level", "target_sdk", "os_version", "opted_out")
        if name in fields
    } | {
        name.removeprefix("perm_"): fields.pop(name)
        for name in list(fields)
        if name in ("perm_rationale", "perm_denials")
    }
    api_level = raw.pop("api_level", 34 if platform == "android" else None)
    device = Device(
        device_id=device_id,
        owner=owner,
        platform=platform,
        token=make_token(device_id) if token == "" else token,
        bucket=registry.bucket_of(device_id),
        api_level=api_level,
        **({k: v for k, v in raw.items() if k in ("target_sdk", "os_version")} | fields),
    )
    facts = Facts(platform, api_level=api_level, system=system, known=system != "unknown", **raw)
    consent.write(device, facts)
    device.save()
    return device


def make_key(kind: str = "client", scopes: Sequence[str] | None = None, name: str = "a key") -> str:
    """The key's text, as it goes into `Authorization: Bearer …`."""
    return keys.make(KeyKind(kind), name, scopes).text


def signature_of(user_id: str) -> str:
    """What the app's back end would send as X-User-Signature."""
    return identity.sign(user_id, identity.current())
