"""How many people a role may send to at once, and whether it must say why (Settings → Sending
policy). Admins, and API keys with the scope for campaigns, have no limit."""

from typing import Any

from devices import preferences
from devices.models import ApiKey

ROLES = ("support", "marketer", "ops")


def limit_of(user: Any) -> int:
    """0: none."""
    roles = _roles(user)
    if not roles:
        return 0
    known = preferences.read(*(f"{role}_limit" for role in roles))
    limits = [int(limit) for limit in known.values()]
    return 0 if 0 in limits else max(limits)


def over(user: Any, people: int) -> str:
    """Why she may not send to so many, as a sentence; "" when she may."""
    limit = limit_of(user)
    if not limit or people <= limit:
        return ""
    most = "one person" if limit == 1 else f"{limit:,} people"
    return f"Your role can send to at most {most}; this has {people:,}. Ask ops."


def needs_ticket(user: Any) -> bool:
    roles = _roles(user)
    return bool(roles) and bool(roles & set(preferences.get("ticket_roles")))


def _roles(user: Any) -> set[str]:
    """Those that can be limited; none for whoever also has one that can't."""
    if isinstance(user, ApiKey) or user.is_superuser:
        return set()
    names = set(user.groups.values_list("name", flat=True))
    return names & set(ROLES) if "admin" not in names else set()
