"""Words for the API's pages. `{% load api_docs %}`."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def told(text: str) -> SafeString:
    """What stands between backticks is code."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return mark_safe(marked)  # noqa: S308  escaped right above


@register.filter
def addr(path: str) -> SafeString:
    """An address may break after each slash; what is filled in stands out."""
    breaking = escape(path.removeprefix("/api/v1")).replace("/", "/<wbr>")
    return mark_safe(re.sub(r"(\{\w+\})", r"<i>\1</i>", breaking))  # noqa: S308  escaped
