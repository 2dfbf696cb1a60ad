"""Who among the staff may do what. Pages and API ask the same functions.

*Access* is for staff; *permission* is for phones.
"""

from typing import Any

from devices.models import ApiKey
from notifications import role_limits
from notifications.models import Notification
from notifications.states import Kind, SendTo

WORDS = {
    "compose": "compose notifications",
    "test": "send tests",
    "confirm": "confirm this notification",
    "undo": "undo this notification",
    "cancel": "cancel this notification",
    "edit": "edit this notification",
    "pause": "pause this notification",
    "resume": "resume this notification",
    "stop": "stop this notification",
    "duplicate": "duplicate notifications",
    "resend_unknown": "resend this notification",
    "correct": "correct this notification",
    "resend_unopened": "compose notifications",
    "release": "release this notification",
    "series": "pause, resume or end what repeats",
    "settings": "change settings",
    "keys": "manage API keys",
    "webhooks": "manage webhooks",
    "team": "manage the team",
    "people": "change people and their phones",
    "audiences": "make or change audiences",
    "cards": "make or change message cards",
    "prompts": "make or change permission prompts",
    "audit": "read the audit log",
}
SIMPLE = {
    "compose": "compose_notification",
    "test": "compose_notification",
    "duplicate": "compose_notification",
    "resend_unopened": "compose_notification",
    "people": "confirm_to_users",
    "audiences": "confirm_broadcast",
    "cards": "confirm_broadcast",
    "series": "confirm_broadcast",
    "prompts": "confirm_broadcast",
    "settings": "change_settings",
    "keys": "manage_keys",
    "webhooks": "manage_keys",
    "team": "manage_team",
}
BY_KEY = {  # what a server key with the scope campaigns may do in the place of a person
    "view", "compose", "confirm", "undo", "cancel", "edit", "pause", "resume", "stop", "correct",
    "release", "series",
}  # fmt: skip
OF_AUTHOR = {"undo", "cancel", "edit", "pause", "stop"}
BY_PERSON = ("", "by_person")


class NotAllowed(Exception):
    """The text is a sentence for the person who asked."""


class OverLimit(NotAllowed):
    """More people than her role may send to."""


def has(user: Any, codename: str) -> bool:
    return bool(user.is_active and user.has_perm(f"notifications.{codename}"))


def refusal(user: Any, verb: str, notification: Notification | None = None) -> str:
    """Why `user` may not, as a sentence; empty when she may."""
    may = _may(user, verb, notification)
    if may is True:
        return _over_limit(user, verb, notification)
    return may or f"Your role can't {WORDS.get(verb, verb)}. Ask an admin."


def _key_may(key: ApiKey, verb: str, notification: Notification | None) -> bool | str:
    if key.revoked_at is not None or "campaigns" not in key.scopes or verb not in BY_KEY:
        return "This key may not do that. It takes a server key with the scope campaigns."
    guarded = notification is not None and notification.paused_reason not in BY_PERSON
    if verb in ("resume", "release") and guarded:
        return "Beckon stopped it for a reason. A person looks at it in the console first."
    return True


def _may(user: Any, verb: str, notification: Notification | None) -> bool | str:
    if isinstance(user, ApiKey):
        return _key_may(user, verb, notification)
    if not user.is_authenticated or not user.is_active:
        return "Sign in first."
    if verb in ("view", "audit"):
        return True
    if verb in SIMPLE:
        return has(user, SIMPLE[verb])
    if notification is None:
        return any(has(user, name) for name in ("operate_notification", "compose_notification"))
    if verb in ("confirm", "correct"):
        return _may_confirm(user, notification)
    is_author = notification.author_id == user.pk or notification.confirmed_by_id == user.pk
    if verb in OF_AUTHOR:
        return has(user, "operate_notification") or (
            is_author and has(user, "compose_notification")
        )
    if verb in ("resume", "resend_unknown", "release"):
        if verb == "resume" and notification.paused_reason in BY_PERSON and is_author:
            return has(user, "compose_notification")
        return has(user, "resume_guarded")
    return False


def _may_confirm(user: Any, notification: Notification) -> bool | str:
    if notification.kind == Kind.TEST:
        return has(user, "compose_notification")
    source = notification.corrects or notification.resends
    if notification.send_to == SendTo.REACHED and source is not None:
        return _may_confirm(user, source)
    if notification.send_to != SendTo.USERS:
        return has(user, "confirm_broadcast")
    return has(user, "confirm_broadcast") or has(user, "confirm_to_users")


def _over_limit(user: Any, verb: str, notification: Notification | None) -> str:
    """Only of people named one by one: how many others are is known once they were counted."""
    if verb != "confirm" or notification is None or notification.send_to != SendTo.USERS:
        return ""
    return role_limits.over(user, len(notification.recipients))


def check_people(user: Any, people: int) -> None:
    """Raises OverLimit where her role may not send to so many."""
    if sentence := role_limits.over(user, people):
        raise OverLimit(sentence)


def allowed(user: Any, verb: str, notification: Notification | None = None) -> bool:
    return not refusal(user, verb, notification)


def check(user: Any, verb: str, notification: Notification | None = None) -> None:
    """Raises NotAllowed with the sentence."""
    if sentence := refusal(user, verb, notification):
        is_limit = sentence == _over_limit(user, verb, notification)
        raise OverLimit(sentence) if is_limit else NotAllowed(sentence)
