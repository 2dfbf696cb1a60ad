"""Settings that staff change on pages, with their defaults: one row each, read when needed."""

import json
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone

from devices.models import Preference

DEFAULTS: dict[str, Any] = {
    # devices and permission (semantics.md)
    "secure_identity": True,
    "auto_create_users": True,
    "allow_anonymous_devices": False,
    "devices_per_person": 50,
    "ios_ask_direct": False,
    "ask_at_app_start": False,
    # sound and channels (console.md, section 9): ids of channels that the Android app made
    "sound_channel": "",
    "silent_channel": "",
    "ios_image_extension": True,
    # sending policy
    "send_when_permission_unknown": True,
    "skip_stale": False,
    "support_limit": 100,
    "marketer_limit": 0,
    "ops_limit": 0,
    "ticket_roles": [],
    "frequency_limit": 0,
    "frequency_hours": 24,
    "frequency_triggers": False,
    "quiet_on": False,
    "quiet_from": "22:00",
    "quiet_to": "08:00",
    "hold_on_drift": True,
    "pause_all_since": "",
    "pause_all_triggers": True,
    # what halts a notification in waves: shares of FCM's answers, once there are guard_least
    "guard_least": 20,
    "guard_rejected_percent": 2,
    "guard_dead_token_percent": 10,
    "guard_mismatch_percent": 1,
    # the app as people see it in previews
    "app_name": "Your app",
    "app_timezone": "UTC",
    # the types of events that any webhook listens to; kept by notifications.webhooks
    "webhook_events": [],
}


def read(*names: str) -> dict[str, Any]:
    """The named settings (all of them when none is named), in one query."""
    wanted = names or tuple(DEFAULTS)
    with connection.cursor() as cursor:
        cursor.execute(_asking_for(len(wanted)), wanted)
        rows = cursor.fetchall()
    return {name: DEFAULTS[name] for name in wanted} | {
        name: json.loads(value) for name, value in rows
    }


@cache
def _asking_for(count: int) -> str:
    """The engine reads its policy once a window: the question is put into words once."""
    marks = ", ".join(["%s"] * count)
    return f"SELECT name, value FROM devices_preference WHERE name IN ({marks})"  # noqa: S608


def get(name: str) -> Any:
    return read(name)[name]


def put(**values: Any) -> None:
    """Raises KeyError for a name that no default knows."""
    for name, value in values.items():
        DEFAULTS[name]
        Preference.objects.update_or_create(
            name=name, defaults={"value": value, "changed_at": timezone.now()}
        )
