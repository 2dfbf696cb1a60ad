"""When a notification goes out: its time worked out at the confirm, and held to at its start."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count

from devices import preferences
from devices import zones as phone_zones
from notifications import reach
from notifications.models import Notification
from notifications.timing import cron, rules, walls, zones

FAR = timedelta(days=2 * 366)
SPREADS = (0, 5, 10, 15, 30, 60, 120, 240)  # minutes
PASSED = "That time has passed. Choose a later one, or Now."


def check(notification: Notification, now: datetime) -> None:
    """Raises ValidationError({"send_at": …} or {"repeat": …}) while no time is left."""
    if notification.waves and notification.each_clock:
        raise ValidationError({"waves": ["Waves and each person’s own clock exclude each other."]})
    if notification.waves and notification.spread_min:
        raise ValidationError({"waves": ["In waves it is spread already: choose one of the two."]})
    if notification.repeat:
        _check_repeat(notification.repeat, now)
    elif notification.each_clock:
        wall = walls.of_text(notification.wall)
        if wall is None:
            raise ValidationError({"send_at": ["Choose a date and a time."]})
        if walls.last_anywhere(wall) <= now:
            raise ValidationError({"send_at": ["That time has passed everywhere on Earth."]})
    elif notification.send_at and notification.send_at <= now:
        raise ValidationError({"send_at": [PASSED]})


def _check_repeat(repeat: dict[str, Any], now: datetime) -> None:
    try:
        rule = rules.of_json(repeat)
    except (KeyError, TypeError, ValueError) as error:
        raise ValidationError({"repeat": [f"This does not say when: {error}"]}) from None
    try:
        check_rule(rule, now)
    except ValidationError as error:
        raise ValidationError({"repeat": error.messages}) from None


def check_rule(rule: rules.Rule, now: datetime) -> None:
    """Raises ValidationError({"weekdays": …}, {"cron": …} or {"repeat": …})."""
    if rule.every == rules.WEEK and not rule.weekdays:
        raise ValidationError({"weekdays": ["Choose a day of the week."]})
    if rule.every == rules.CRON:
        try:
            cron.parse(rule.cron)
        except cron.BadCron as error:
            raise ValidationError({"cron": [str(error)]}) from None
    try:
        first = next(rules.occurrences(rule, not_before=now), None)
        close = rules.closest(rule, now)
    except (ValueError, OverflowError) as error:
        raise ValidationError({"repeat": [f"This does not say when: {error}"]}) from None
    if first is None:
        raise ValidationError({"repeat": ["No time is left: its end comes before its first time."]})
    if first.at > now + FAR:
        raise ValidationError({"repeat": ["Its first time is more than two years away."]})
    if close is not None and close < rules.OFTEN:
        raise ValidationError({"repeat": ["At most once in 15 minutes."]})


# ---------------------------------------------------------------- at the confirm


def fields_at_confirm(notification: Notification, undo: timedelta, now: datetime) -> dict[str, Any]:
    """`due_at`, and what else is settled by it."""
    soonest = now + undo
    if notification.each_clock:
        begins = first_turn(notification, soonest)
        return {"due_at": begins, "send_at": begins if begins > soonest else None}
    return {"due_at": notification.send_at or soonest}


def first_turn(notification: Notification, begins: datetime) -> datetime:
    found = [one.turn.at for one in turns(notification, begins)]
    return min(found, default=begins)


@dataclass(frozen=True, slots=True)
class ZoneTurn:
    turn: zones.Turn
    phones: int


def turns(notification: Notification, begins: datetime) -> list[ZoneTurn]:
    """Each zone of the audience that has phones: when its turn is, and for how many."""
    wall = walls.of_text(notification.wall)
    if wall is None:
        return []
    counted = phones_by_zone(notification)
    otherwise = notification.timezone
    return [
        ZoneTurn(turn, counted[turn.zone])
        for turn in zones.turns(wall, counted, begins, notification.if_past, otherwise)
    ]


def phones_by_zone(notification: Notification) -> Counter[str]:
    """Active phones of the audience by the zone they are in; the notification's own zone stands
    for whoever has none."""
    target, found = reach.who(notification), Counter[str]()
    for devices in reach.devices_of(target):
        rows = devices.active().on(target.target_os).order_by()
        told = rows.values_list("timezone", "owner__timezone").annotate(n=Count("pk"))
        for hers, theirs, n in told:
            found[phone_zones.name_of(hers, theirs or "", notification.timezone)] += n
    return found


def app_zone() -> str:
    return str(preferences.get("app_timezone"))


# ---------------------------------------------------------------- at the start


def moved(notification: Notification) -> dict[str, str] | None:
    """The zone's rules changed since the time was chosen: what it was, and what it would be."""
    wall = walls.of_text(notification.wall)
    zone, was = notification.timezone, notification.send_at
    if wall is None or notification.each_clock or was is None or zone not in walls.ZONES:
        return None
    present = walls.instant(wall, zone)
    if present == was:
        return None
    return {
        "wall": notification.wall,
        "zone": zone,
        "was": was.isoformat(),
        "is": present.isoformat(),
    }
