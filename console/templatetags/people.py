"""Words for the pages about people and their phones. `{% load people %}`."""

from django import template

from notifications import reasons

register = template.Library()


@register.filter
def reason_label(code: str) -> str:
    """opted_out → Opted out in the app."""
    return reasons.label(code)
