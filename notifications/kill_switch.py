"""Pause all sending: one preference that starting and every opening obey, until it is lifted."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from devices import preferences
from notifications import access, audit
from notifications.sending import pause
from notifications.states import Kind

PHRASE = "Pause all sending"


def since() -> str:
    """When it was thrown (ISO), or "" while sending is free."""
    return str(preferences.get("pause_all_since"))


def holds_triggers() -> bool:
    """Whether triggers wait too, while it is thrown."""
    return bool(preferences.get("pause_all_triggers"))


def held_kinds() -> frozenset[str]:
    """The kinds of notifications that wait while it is thrown; none while it is not."""
    known = preferences.read(*pause.ALL)
    return frozenset(kind for kind in Kind.values if pause.all_holds(kind, known))


def throw(
    *, by: Any, phrase: str, now: datetime, triggers: bool = True, ip: str | None = None
) -> None:
    """Nothing starts and nothing is opened from here on (but for triggers, where they are not to
    wait too); what is on the wire is still recorded.

    Raises NotAllowed, or ValidationError({"phrase": …})."""
    access.check(by, "settings")
    if phrase.strip() != PHRASE:
        raise ValidationError({"phrase": [f"Type exactly: {PHRASE}"]})
    with transaction.atomic():
        if since():
            return
        preferences.put(pause_all_since=now.isoformat(), pause_all_triggers=triggers)
        audit.record(by, "paused all sending", facts={"triggers": triggers}, ip=ip)


def lift(*, by: Any, now: datetime, ip: str | None = None) -> None:
    """What waited goes on; a broadcast that is late by now is held for a person."""
    access.check(by, "settings")
    with transaction.atomic():
        if not since():
            return
        preferences.put(pause_all_since="")
        audit.record(by, "resumed all sending", ip=ip)
