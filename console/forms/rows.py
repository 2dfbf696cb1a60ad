"""Rows of a form that needs no JavaScript: how many came, and which one goes."""

from collections.abc import Mapping
from typing import Any

from console.typed import whole


def posted(post: Mapping[str, str], name: str, most: int) -> range:
    """The places of the rows that the hidden field `name` counts."""
    return range(min(whole(post.get(name, "")) or 0, most))


def remove(rows: list[Any], place: str) -> None:
    """The row at `place`, as a button says it."""
    index = whole(place)
    if index is not None and index < len(rows):
        del rows[index]


def number(text: str) -> Any:
    """What is no number stays text, and is refused as such."""
    for reading in (int, float):
        try:
            return reading(text)
        except ValueError:
            continue
    return text
