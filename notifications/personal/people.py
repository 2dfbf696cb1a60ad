"""Somebody as a text may know her."""

from devices.models import AppUser, Device
from notifications.personal.texts import Person


def of_user(user: AppUser) -> Person:
    """Without a locale of her own she reads in that of the phone she used last."""
    return Person(user.attributes or {}, user.locale or phone_locale(user))


def phone_locale(user: AppUser) -> str:
    phones = Device.objects.active().filter(owner=user).exclude(locale="")
    return phones.order_by("-last_seen_at").values_list("locale", flat=True).first() or ""
