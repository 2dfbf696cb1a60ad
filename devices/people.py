"""Persons as the app names them: found or made, described, erased."""

from datetime import datetime, timedelta

from devices import preferences
from devices.models import AppUser

SEEN_EVERY = timedelta(hours=1)  # how old `last_seen_at` may get before it is written again


class UnknownUser(Exception):
    """Nobody of that id, and this installation does not make people by itself."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"No user {user_id}. Make it with PUT /api/v1/users/{user_id} first.")


def found_or_made(user_id: str, at: datetime) -> AppUser:
    """Raises `UnknownUser` where `auto_create_users` is off."""
    user = AppUser.objects.filter(user_id=user_id).first()
    if user is None:
        if not preferences.get("auto_create_users"):
            raise UnknownUser(user_id)
        user, _ = AppUser.objects.get_or_create(
            user_id=user_id, defaults={"created_at": at, "last_seen_at": at}
        )
    if user.last_seen_at is None or at - user.last_seen_at > SEEN_EVERY:
        AppUser.objects.filter(pk=user.pk).update(last_seen_at=at)
    return user
