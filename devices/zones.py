"""Which time zone a phone is in: its own, else its person's, else the app's. A name that the
time zone database does not know counts as none."""

from collections.abc import Iterable
from zoneinfo import available_timezones

from django.db.models import Q

ZONES = frozenset(available_timezones())


def name_of(phone_zone: str, user_zone: str, app_zone: str) -> str:
    for name in (phone_zone, user_zone, app_zone):
        if name in ZONES:
            return name
    return "UTC"


def phones_in(names: Iterable[str], app_zone: str) -> Q:
    """`name_of` as SQL, over Device: phones whose zone is one of `names`."""
    wanted = sorted(ZONES.intersection(names))
    if not wanted:
        return Q(pk__in=[])
    every = sorted(ZONES)
    hers = Q(owner__timezone__in=wanted)
    if name_of("", "", app_zone) in wanted:
        hers |= ~Q(owner__timezone__in=every)
    return Q(timezone__in=wanted) | (~Q(timezone__in=every) & hers)


def is_unknown() -> Q:
    """Of a phone or a person that says nothing of its zone, or nothing that is one."""
    return ~Q(timezone__in=sorted(ZONES))
