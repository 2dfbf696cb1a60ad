"""What a person and a phone are called in sentences: by name where one is known, never by gender."""

from devices.models import AppUser, Device
from devices.states import Platform


def person(user: AppUser) -> str:
    """What their attributes call them, else their id."""
    known = user.attributes if isinstance(user.attributes, dict) else {}
    name = known.get("name") or " ".join(
        str(known[part]) for part in ("first_name", "last_name") if known.get(part)
    )
    return str(name or user.user_id)


def phone(device: Device) -> str:
    return device.model or ("iPhone" if device.platform == Platform.IOS else "Android phone")
