"""The parts of a text: words as they stand, and slots for an attribute of the person."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VALUE_MAX = 100  # characters that one value adds at most
ELLIPSIS = "…"
# C0 and C1 control characters but for newline and tab, and what turns the writing direction
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Argument = str | int
Filter = tuple[str, tuple[Argument, ...]]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a person's value goes, through its filters in order."""

    attribute: str
    filters: tuple[Filter, ...] = ()

    @property
    def has_default(self) -> bool:
        return any(name == "default" and arguments[0] != "" for name, arguments in self.filters)

    def value(self, attributes: Mapping[str, Any]) -> str:
        text = shown(attributes.get(self.attribute))
        for name, arguments in self.filters:
            text = FILTERS[name](text, *arguments)
        return text[:VALUE_MAX]


Part = str | Slot
Parts = tuple[Part, ...]


def join(parts: Parts, attributes: Mapping[str, Any]) -> str:
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return "".join(
        [part if isinstance(part, str) else part.value(attributes) for part in parts]
    ).strip()


def shown(value: Any) -> str:
    """A value as people read it, at most VALUE_MAX characters; lists and objects show nothing."""
    if isinstance(value, str):
        text = value[:VALUE_MAX]
        return text if text.isprintable() else UNSEEN.sub("", text).replace("\n", " ").strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)[:VALUE_MAX] if abs(value) < 10**100 else ""
    if isinstance(value, float):
        return f"{value:.15g}"
    return ""


# ---------------------------------------------------------------- filters


def _default(text: str, instead: Argument) -> str:
    return text if text.strip() else str(instead)


def _truncate(text: str, length: Argument = 50, end: Argument = ELLIPSIS) -> str:
    most, tail = int(length), str(end)
    return text if len(text) <= most else text[: max(0, most - len(tail))].rstrip() + tail


FILTERS: Mapping[str, Callable[..., str]] = {
    "default": _default,
    "upcase": str.upper,
    "downcase": str.lower,
    "capitalize": str.capitalize,
    "truncate": _truncate,
}
# How each filter's arguments may look: for `truncate` a number, then perhaps the end.
ARGUMENTS: Mapping[str, tuple[tuple[type, ...], ...]] = {
    "default": ((str,), (int,)),
    "upcase": ((),),
    "downcase": ((),),
    "capitalize": ((),),
    "truncate": ((int,), (int, str)),
}
USAGE: Mapping[str, str] = {
    "default": 'default: "there"',
    "upcase": "upcase",
    "downcase": "downcase",
    "capitalize": "capitalize",
    "truncate": "truncate: 20",
}


# ---------------------------------------------------------------- frozen


def to_json(parts: Parts) -> list[Any]:
    return [
        part
        if isinstance(part, str)
        else {"attribute": part.attribute, "filters": [[n, *args] for n, args in part.filters]}
        for part in parts
    ]


def from_json(frozen: Sequence[Any]) -> Parts:
    return tuple(
        part
        if isinstance(part, str)
        else Slot(part["attribute"], tuple((f[0], tuple(f[1:])) for f in part["filters"]))
        for part in frozen
    )
