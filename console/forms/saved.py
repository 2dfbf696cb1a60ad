"""A saved notification as Compose shows it again; or what a new one starts with."""

from typing import Any

from console.forms import compose_waves, extra_data
from console.forms.compose_languages import initial_languages
from console.forms.compose_when import initial_when
from console.forms.leave_out import initial_leave_out
from notifications.models import TTL_DEFAULT_S, Notification
from notifications.states import SendTo, TargetOS


def initial_of(notification: Notification | None) -> dict[str, Any]:
    if notification is None:
        return {
            "send_to": SendTo.EVERYONE, "target_os": TargetOS.ALL, "sound": True,
            "ttl_s": TTL_DEFAULT_S, **initial_leave_out(None), **initial_when(None),
            **compose_waves.initial_of({}),
        }  # fmt: skip
    names = (
        "title", "body", "send_to", "target_os", "initial_page", "sound", "batch_mode", "ttl_s",
    )  # fmt: skip
    return {name: getattr(notification, name) for name in names} | {
        "recipients": "\n".join(notification.recipients),
        "audience": notification.audience_id,
        "extra": extra_data.write(notification.data),
        **initial_languages(notification.variants),
        **initial_leave_out(notification),
        **initial_when(notification),
        **compose_waves.initial_of(notification.waves),
    }
