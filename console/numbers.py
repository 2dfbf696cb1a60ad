"""The Overview's two expensive answers: who can be reached, and the last seven days.

A small installation counts them while one waits. A large one shows the last count at once, with
its time; where that is old, the page asks for a new one behind it.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from console import charts
from devices.models import Device
from devices.reachability import Reachability, reachability
from notifications import listing
from notifications.models import Notification

FEW_PHONES = 50_000  # walked in well under a second
FEW_SENDS = 2_000
KEEP_SECONDS = 24 * 3_600  # the time stands beside them
FRESH_SECONDS = 10  # so old they need not be counted again
OLD_SECONDS = 60  # so old the page asks for new ones
COUNTING_SECONDS = 20  # whoever counts is alone that long at most
PLOT_HEIGHT = 96
GROUPS = {  # (label, note)
    "granted": ("Allowed", "they show banners"),
    "provisional": ("Quietly", "iPhone, no banner"),
    "unreported": ("Never reported", "sent to, it may not show"),
    "should_request": ("Not asked yet", "an ask is left"),
    "denied": ("Off in Settings", "only they can change it"),
    "opted_out": ("Opted out", "in the app"),
    "app_removed": ("App removed", "retired"),
    "no_token": ("No address yet", "comes with the next start"),
}
ALWAYS = ("granted", "provisional", "should_request", "denied", "opted_out", "app_removed")


@dataclass(frozen=True, slots=True)
class Numbers:
    reach: Reachability
    week: list[listing.Day]
    counted_at: datetime


def at_hand(now: datetime) -> Numbers | None:
    """The last count, or a new one where that is quick; None: someone has to count."""
    found, few = last(), is_few(now)
    if found and not (few and age(found, now) > FRESH_SECONDS):
        return found
    return count(now) if few else None


def last() -> Numbers | None:
    kept = cache.get(key())
    return from_json(kept) if kept else None


def anew(now: datetime) -> Numbers:
    """A count that was just made is as good as a new one, and while somebody counts the others
    see the last one: a walk over every phone is never made twice at once for one page."""
    found = last()
    if found and (
        age(found, now) <= FRESH_SECONDS or not cache.add(counting(), 1, COUNTING_SECONDS)
    ):
        return found
    try:
        return count(now)
    finally:
        cache.delete(counting())


def count(now: datetime) -> Numbers:
    """Walks every phone, and the batches of a week."""
    found = Numbers(reach=reachability(), week=listing.week(now), counted_at=now)
    cache.set(key(), as_json(found), KEEP_SECONDS)
    return found


def as_json(found: Numbers) -> dict[str, Any]:
    return {
        "reach": asdict(found.reach),
        "week": [asdict(day) | {"day": day.day.isoformat()} for day in found.week],
        "counted_at": found.counted_at.isoformat(),
    }


def from_json(kept: dict[str, Any]) -> Numbers:
    days = [day | {"day": date.fromisoformat(day["day"])} for day in kept["week"]]
    return Numbers(
        reach=Reachability(**kept["reach"]),
        week=[listing.Day(**day) for day in days],
        counted_at=datetime.fromisoformat(kept["counted_at"]),
    )


def has_few_phones() -> bool:
    """By the highest key: quick whatever there is."""
    newest = Device.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return newest <= FEW_PHONES


def is_few(now: datetime) -> bool:
    """By keys and by an index."""
    if not has_few_phones():
        return False
    week = Notification.objects.filter(started_at__gte=now - timedelta(days=7))
    return week[: FEW_SENDS + 1].count() <= FEW_SENDS


def key() -> str:
    """A week has other days in another zone."""
    return f"overview:numbers:{timezone.get_current_timezone_name()}"


def counting() -> str:
    return f"{key()}:counting"


def age(found: Numbers, now: datetime) -> float:
    return (now - found.counted_at).total_seconds()


def as_context(found: Numbers | None, now: datetime, *, asks: bool = True) -> dict[str, Any]:
    """`asks`: whether the page may ask for newer ones by itself; the answer to that may not."""
    if found is None:
        return {"reach": None, "week": None}
    return {
        "old": asks and age(found, now) > OLD_SECONDS,
        "reach": found.reach,
        "groups": groups(found.reach),
        "week": week(found.week),
        "counted_at": found.counted_at,
    }


def groups(reach: Reachability) -> list[dict[str, Any]]:
    """The six groups everybody has, and the others only where they are not empty."""
    phones = reverse("devices")
    return [
        {
            "kind": name, "label": label, "note": note, "count": reach.groups[name],
            "url": f"{phones}?group={name}",
        }
        for name, (label, note) in GROUPS.items()
        if name in ALWAYS or reach.groups[name]
    ]  # fmt: skip


def week(days: list[listing.Day]) -> dict[str, Any]:
    """Two columns a day, and the day that makes the point."""
    top = max((day.accepted for day in days), default=0)
    accepted = [(f"{day.day:%a}", day.accepted) for day in days]
    opened = [(f"{day.day:%a}", day.opened) for day in days]
    return {
        "days": days,
        "accepted": sum(day.accepted for day in days),
        "opened": sum(day.opened for day in days),
        "sent": sum(day.sent for day in days),
        "columns": charts.columns(accepted, top, PLOT_HEIGHT),
        "opened_columns": charts.columns(opened, top, PLOT_HEIGHT, shift=6.6),
        "height": PLOT_HEIGHT,
        "highest": max(days, key=lambda day: day.accepted) if top else None,
    }
