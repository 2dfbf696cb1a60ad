"""Clock times and rules as the schedule writes them."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from console import halted, when_words
from console.clock import zone_of
from console.schedule.clocks import place
from notifications.models import Notification

register = template.Library()


@register.filter
def clock(local: datetime) -> str:
    """09:30, as it stands: it is on its own clock already."""
    return f"{local:%H:%M}"


@register.filter
def clock_here(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


@register.filter
def clock_in(moment: datetime, zone: str) -> str:
    """08:00 New York, with the day where it is another one there."""
    there, here = moment.astimezone(zone_of(zone)), timezone.localtime(moment)
    day = "" if there.date() == here.date() else f" {there:%a}"
    return f"{there:%H:%M} {place(zone)}{day}"


@register.filter
def rule_words(rule: dict[str, Any]) -> str:
    return when_words.rule_words(rule)


@register.filter
def held_words(notification: Notification) -> str:
    """Why it is held, without the way out."""
    return halted.held_text(notification)


@register.filter
def starts_words(notification: Notification) -> str:
    return when_words.when_words(notification)
