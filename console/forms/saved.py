"""A saved notification as Compose shows it again; or what a new one starts with."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from console.forms import extra_data
from console.middleware import ZONES
from notifications.models import TTL_DEFAULT_S, Notification
from notifications.states import SendTo, TargetOS


def initial_of(notification: Notification | None) -> dict[str, Any]:
    here = timezone.get_current_timezone_name()
    if notification is None:
        return {
            "send_to": SendTo.EVERYONE, "target_os": TargetOS.ALL, "sound": True, "when": "now",
            "ttl_s": TTL_DEFAULT_S, "timezone": here,
        }  # fmt: skip
    zone = notification.timezone if notification.timezone in ZONES else here
    local = notification.send_at and notification.send_at.astimezone(ZoneInfo(zone))
    names = (
        "title", "body", "send_to", "target_os", "initial_page", "sound", "batch_mode", "ttl_s",
    )  # fmt: skip
    return {name: getattr(notification, name) for name in names} | {
        "recipients": "\n".join(notification.recipients),
        "audience": notification.audience_id,
        "extra": extra_data.write(notification.data),
        "when": "at" if local else "now",
        "date": local.date() if local else None,
        "time": local.time() if local else None,
        "timezone": zone if local else here,
    }
