"""When something goes out, in words: one moment, everybody's own clock, or a rule that repeats."""

from datetime import datetime
from typing import Any

from console.clock import date_words, full_time, span
from notifications.models import Notification
from notifications.timing import rules, walls
from notifications.timing.rules import Rule

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rule_words(told: dict[str, Any]) -> str:
    """Every Monday and Thursday at 09:00 Europe/Vienna, until Thu 3 Dec 2026."""
    rule = rules.of_json(told)
    clock = "" if rule.every == rules.CRON else f" at {rule.clock:%H:%M}"
    return f"{_how_often(rule)}{clock} {rule.zone}{_end(rule)}"


def _how_often(rule: Rule) -> str:
    if rule.every == rules.CRON:
        return f"By cron {rule.cron},"
    if rule.every == rules.WEEK:
        return f"Every {listed([WEEKDAYS[day] for day in rule.weekdays])}"
    if rule.every == rules.MONTH:
        return f"Every month on {f'day {rule.day}' if rule.day else 'its last day'}"
    return "Every day"


def _end(rule: Rule) -> str:
    if rule.until:
        return f", until {rule.until:%a} {rule.until.day} {rule.until:%b %Y}"
    if rule.count:
        return f", {rule.count} times" if rule.count > 1 else ", once"
    return ""


def listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def each_clock(wall_text: str) -> str:
    wall = walls.of_text(wall_text)
    if wall is None:
        return "On each person’s own clock"
    return f"{date_words(wall)}, {wall:%H:%M} on each person’s own clock"


def when_words(one: Notification, now_words: str = "Now") -> str:
    """As it stands in the row, before or after its confirm."""
    if one.repeat:
        said = rule_words(one.repeat)
    elif one.each_clock:
        said = each_clock(one.wall)
    elif one.send_at:
        said = full_time(one.send_at, one.timezone)
    else:
        said = now_words
    return f"{said}, spread over {span(one.spread_min * 60)}" if one.spread_min else said


def moment_words(at: datetime, zone: str) -> str:
    return full_time(at, zone)
