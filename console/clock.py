"""Moments and spans in words: in full with zone and UTC, or short inside a day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

NARROW = "\u202f"  # no-break, between thousands and before a unit
MINUS = "\u2212"


def full_time(moment: datetime, zone: str = "") -> str:
    """Tue 24 Nov 2026, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC; the day again where UTC's differs."""
    tz = zone_of(zone)
    local, utc = moment.astimezone(tz), moment.astimezone(UTC)
    here = f"{date_words(local)}, {local:%H:%M}"
    if str(tz) == "UTC":
        return f"{here} UTC"
    there = (
        f"{utc:%H:%M} UTC" if local.date() == utc.date() else f"{date_words(utc)}, {utc:%H:%M} UTC"
    )
    return f"{here} {tz} ({offset(local)}) · {there}"


def offset(local: datetime) -> str:
    """UTC+1, UTC−3:30."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{MINUS if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def zone_of(name: str) -> Any:
    return ZoneInfo(name) if name else timezone.get_current_timezone()


def date_words(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b %Y}"


def day_word(local: datetime, today: datetime) -> str:
    days = (local.date() - today.date()).days
    word = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}.get(days)
    if word:
        return word
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year},"


def span(seconds: Any) -> str:
    """How long: 8 s, 2 min 36 s, 3 h 5 min, 2 days."""
    seconds = max(0, round(float(seconds or 0)))
    if seconds < 60:
        return f"{seconds}{NARROW}s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}{NARROW}min" + (f" {rest}{NARROW}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{NARROW}h" + (f" {minutes}{NARROW}min" if minutes else "")
    return f"{hours // 24} days"


def ago_text(gone: timedelta) -> str:
    seconds = int(gone.total_seconds())
    if seconds < 0:
        return f"in {span(-seconds)}"
    if seconds < 5:
        return "just now"
    if seconds >= 3600:
        seconds -= seconds % 3600
    elif seconds >= 60:
        seconds -= seconds % 60
    return f"{span(seconds)} ago"
