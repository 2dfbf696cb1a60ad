"""The variables of a message card, {order_no}, in what its copy leaves open.

Values go into words that were read before: braces in a value mean nothing.
"""

import re
from collections.abc import Mapping

from notifications.personal.parts import Parts

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def names(text: str) -> list[str]:
    """The variables that a text asks for, each once."""
    return list(dict.fromkeys(PLACE.findall(text)))


def names_in(parts: Parts) -> list[str]:
    return [name for part in parts if isinstance(part, str) for name in names(part)]


def fill_text(text: str, values: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def fill(parts: Parts, values: Mapping[str, str]) -> Parts:
    return tuple(fill_text(part, values) if isinstance(part, str) else part for part in parts)
