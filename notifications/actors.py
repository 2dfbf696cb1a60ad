"""Who acts: a member of staff, or an API key that does what the console's verbs do."""

from typing import Any

from devices.models import ApiKey


def is_key(actor: Any) -> bool:
    return isinstance(actor, ApiKey)


def wrote(actor: Any) -> dict[str, Any]:
    """The fields of a new notification that say who wrote it."""
    return {"author_key": actor} if is_key(actor) else {"author": actor}


def confirmed(actor: Any) -> dict[str, Any]:
    return {"confirmed_by_key": actor} if is_key(actor) else {"confirmed_by": actor}


def mark(actor: Any) -> str | int:
    """What a review token is bound to."""
    return f"key {actor.pk}" if is_key(actor) else actor.pk


def is_author(actor: Any, notification: Any) -> bool:
    mine = "author_key_id" if is_key(actor) else "author_id"
    return bool(getattr(notification, mine) == actor.pk)
