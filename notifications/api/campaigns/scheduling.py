"""`schedule`: from what a body says of times to a notification's fields, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from devices.api.problems import Problem
from notifications import moments
from notifications.models import Notification
from notifications.states import IfPast
from notifications.timing import rules, walls

NOWHERE: dict[str, Any] = {"send_at": None, "wall": "", "each_clock": False, "repeat": {}}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def fields_of(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """A moment of its own, what a clock says, or what repeats by one. Raises Problem."""
    if not facts:
        return NOWHERE
    zone = facts.get("tz") or moments.app_zone()
    if zone not in walls.ZONES:
        told = f"{zone!s:.60} is no IANA time zone, such as Europe/Berlin."
        raise Problem(422, "timezone", told, field="schedule.tz")
    try:
        at = datetime.fromisoformat(facts["at"])
    except ValueError:
        told = "Give a time such as 2026-11-24T09:00, with an offset or a tz."
        raise Problem(422, "validation", told, field="schedule.at") from None
    if facts.get("repeat"):
        return _repeated(facts, _wall(at, "What repeats"), zone)
    if facts["local"]:
        if_past = facts.get("if_past", IfPast.TOMORROW)
        wall = walls.text_of(_wall(at, "What each person's clock says"))
        return NOWHERE | {
            "each_clock": True, "wall": wall, "timezone": moments.app_zone(), "if_past": if_past,
        }  # fmt: skip
    return NOWHERE | {"timezone": zone} | _moment(at, zone)


def _wall(at: datetime, what: str) -> datetime:
    if at.tzinfo is not None:
        raise Problem(422, "validation", f"{what} has no offset.", field="schedule.at")
    return at.replace(second=0, microsecond=0)


def _moment(at: datetime, zone: str) -> dict[str, Any]:
    """Not in the past, not more than two years away."""
    wall = ""
    try:
        if at.tzinfo is None:
            at = at.replace(second=0, microsecond=0)
            wall, at = walls.text_of(at), walls.instant(at, zone)
        is_past, is_far = at <= timezone.now(), at > timezone.now() + moments.FAR
        at = at.astimezone(timezone.get_default_timezone())
    except (OverflowError, ValueError):
        is_past, is_far = False, True
    if is_past:
        raise Problem(422, "send_at_past", "That time has passed.", field="schedule.at")
    if is_far:
        told = "That is more than two years away."
        raise Problem(422, "validation", told, field="schedule.at")
    return {"send_at": at, "wall": wall}


# ---------------------------------------------------------------- what repeats


def _repeated(facts: Mapping[str, Any], first: datetime, zone: str) -> dict[str, Any]:
    if facts["local"]:
        told = "What repeats goes by one clock, that of tz. Leave local out."
        raise Problem(422, "validation", told, field="schedule.local")
    said = facts["repeat"]
    rule = rules.Rule(
        every=said["every"],
        zone=zone,
        start=first.date(),
        clock=first.time(),
        weekdays=tuple(sorted({WEEKDAYS.index(day) for day in said.get("weekdays", ())})),
        day=said.get("day", rules.LAST_DAY),
        cron=" ".join(said.get("cron", "").split()),
        until=said.get("until"),
        count=said.get("count"),
    )
    try:
        moments.check_rule(rule, timezone.now())
    except ValidationError as error:
        part, messages = next(iter(error.message_dict.items()))
        field = "schedule.repeat" + ("" if part == "repeat" else f".{part}")
        raise Problem(422, "repeat", messages[0], field=field) from None
    return NOWHERE | {"repeat": rule.as_json(), "timezone": zone}


# ---------------------------------------------------------------- and back


def told(one: Notification) -> dict[str, Any] | None:
    """As a body would say it."""
    if one.repeat:
        rule = rules.of_json(one.repeat)
        first = walls.text_of(datetime.combine(rule.start, rule.clock))
        return _told(first, rule.zone) | {"repeat": _rule_told(rule)}
    if one.each_clock:
        return _told(one.wall, one.timezone) | {"local": True, "if_past": one.if_past}
    if one.send_at:
        return _told(one.wall or one.send_at.isoformat().replace("+00:00", "Z"), one.timezone)
    return None


def _told(at: str, zone: str) -> dict[str, Any]:
    return {"at": at, "tz": zone, "local": False, "if_past": None, "repeat": None}


def _rule_told(rule: rules.Rule) -> dict[str, Any]:
    own: dict[str, dict[str, Any]] = {
        rules.WEEK: {"weekdays": [WEEKDAYS[day] for day in rule.weekdays]},
        rules.MONTH: {"day": rule.day},
        rules.CRON: {"cron": rule.cron},
    }
    ends = {"until": rule.until.isoformat()} if rule.until else {"count": rule.count}
    return {"every": rule.every} | own.get(rule.every, {}) | ends
