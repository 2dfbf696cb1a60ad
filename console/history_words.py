"""What happened to a phone, one line each, as `_timeline.html` draws it."""

from typing import Any

from console.phone_words import name_of
from console.templatetags.beckon import status_word
from devices.models import PermissionEvent, RegistrationEvent
from devices.states import Actor, RegistrationKind

REGISTRATIONS = {  # kind: (icon, tone, text)
    RegistrationKind.REGISTER: ("device-mobile-plus", "", "Registered"),
    RegistrationKind.TAKEOVER: ("user-share", "warn", "Taken over by someone else"),
    RegistrationKind.TOKEN_MOVED: ("user-share", "", "Its address moved to another installation"),
    RegistrationKind.UNREGISTER: ("logout", "", "Unregistered"),
    RegistrationKind.UNREGISTER_NOOP: ("info-circle", "", "Unregister asked, nothing to do"),
    RegistrationKind.INVALIDATED: ("device-mobile-off", "bad", "App removed"),
    RegistrationKind.REVIVED: ("device-mobile-plus", "ok", "Registered again"),
    RegistrationKind.OVER_QUOTA: ("device-mobile-off", "warn", "Made room for a newer phone"),
}
PERMISSIONS = {  # kind: (icon, tone, text)
    "shown": ("message-question", "", "Asked for permission"),
    "granted": ("bell-ringing", "ok", "Allowed"),
    "denied": ("bell-off", "bad", "Said no"),
    "dismissed": ("x", "", "Swiped the question away"),
    "opt_out": ("user-off", "warn", "Opted out in the app"),
    "opt_in": ("user-check", "ok", "Opted in again"),
    "settings_opened": ("settings", "", "Opened the phone’s settings"),
}
SOURCES = {
    "prompt": "at the prompt",
    "settings": "in Settings",
    "auto": "by the system",
    "report": "reported by the app",
}


def registration_moment(event: RegistrationEvent, *, of: int | None = None) -> dict[str, Any]:
    """`of`: the person whose page it is; a takeover of someone else's phone is her sign-in."""
    icon, tone, text = REGISTRATIONS.get(
        RegistrationKind(event.kind), ("info-circle", "", event.kind)
    )
    if event.kind == RegistrationKind.TAKEOVER and of is not None and event.user_after_id == of:
        icon, tone, text = "user-plus", "", "Signed in, in another person’s place"
    return {
        "when": event.at,
        "icon": icon,
        "tone": tone,
        "text": f"{text} on {name_of(event.device)}" if of is not None else text,
        "note": f"by {Actor(event.actor).label}",
    }


def permission_moment(event: PermissionEvent, *, with_phone: bool = True) -> dict[str, Any]:
    icon, tone, text = PERMISSIONS.get(event.kind, ("bell", "", changed(event)))
    note = SOURCES.get(event.source, "")
    if not event.applied:
        note = "older than what was known, so it changed nothing"
    return {
        "when": event.at,
        "icon": icon,
        "tone": tone,
        "text": f"{text} on {name_of(event.device)}" if with_phone else text,
        "note": note,
    }


def changed(event: PermissionEvent) -> str:
    before, after = status_word(event.before), status_word(event.after)
    return after if before == after else f"{before} → {after}"
