"""Words for the pages about people and their phones. `{% load people %}`."""

from django import template

from notifications import reasons
from notifications.models import Notification
from notifications.personal import Person
from notifications.revision import texts_of

register = template.Library()


@register.filter
def reason_label(code: str) -> str:
    """opted_out → Opted out in the app."""
    return reasons.label(code)


@register.filter
def title_for(notification: Notification, reader: Person) -> str:
    """The title as this person reads it."""
    texts = texts_of(notification)
    return str(notification) if texts.is_plain else texts.write(reader)[0]
