"""Proto3 JSON as Google's front reads it: one reader for each kind of field.

A reader takes a value, its path, and the list of violations so far; it returns the value in
canonical form. Every field is accepted in snake_case and lowerCamelCase and comes out in
snake_case; null means absent; unknown names, wrong types and wrong enum words are refused in
Google's words.
"""

import math
import re
from collections.abc import Callable
from typing import Any

Violations = list[tuple[str, str]]
Reader = Callable[[Any, str, Violations], Any]

_FCM = "type.googleapis.com/google.firebase.fcm.v1."
_WELL_KNOWN = "type.googleapis.com/google.protobuf."
DEPTH_MAX = 100

_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Invalid:
    """Stands for a value that was refused; the violation is in the list."""


INVALID = Invalid()


def _refuse(value: Any, kind: str, path: str, seen: Violations) -> Invalid:
    seen.append((path, f"Invalid value at '{path}' ({kind}), {_shown(value)}"))
    return INVALID


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, int | float) else ""


def _not_repeating(value: Any, path: str, seen: Violations) -> Invalid:
    name = path.rsplit(".", 1)[-1]
    what = "Proto field is not repeating, cannot start list."
    if isinstance(value, dict):
        what = "Proto field is not a message, cannot start object."
    parent = path.rpartition(".")[0]
    where = f" at '{parent}'" if parent else ""
    text = f'Invalid JSON payload received. Unknown name "{name}"{where}: {what}'
    seen.append((parent, text))
    return INVALID


def string(value: Any, path: str, seen: Violations) -> Any:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            seen.append((path, f"Invalid value at '{path}' (TYPE_STRING), invalid UTF-8"))
            return INVALID
        return value
    if isinstance(value, list | dict):
        return _not_repeating(value, path, seen)
    return _refuse(value, "TYPE_STRING", path, seen)


def boolean(value: Any, path: str, seen: Violations) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | dict):
        return _not_repeating(value, path, seen)
    return _refuse(value, "TYPE_BOOL", path, seen)


def _number(kind: str, whole: bool) -> Reader:
    def read(value: Any, path: str, seen: Violations) -> Any:
        if isinstance(value, list | dict):
            return _not_repeating(value, path, seen)
        try:
            number = None if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or not math.isfinite(number):
            return _refuse(value, kind, path, seen)
        if not whole:
            return number
        if number != int(number) or not -(2**31) <= number < 2**31:
            return _refuse(value, kind, path, seen)
        return int(number)

    return read


def duration(value: Any, path: str, seen: Violations) -> Any:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    if isinstance(value, list | dict):
        return _not_repeating(value, path, seen)
    if not isinstance(value, str):
        return _refuse(value, f"{_WELL_KNOWN}Duration", path, seen)
    name = path.rsplit(".", 1)[-1]
    why = "Illegal duration format; duration must end with 's'"
    if value.endswith("s"):
        why = "Illegal duration format"
    text = f"Invalid value at '{path}' ({_WELL_KNOWN}Duration), Field '{name}', {why}"
    seen.append((path, text))
    return INVALID


def instant(value: Any, path: str, seen: Violations) -> Any:
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        return value
    if isinstance(value, list | dict):
        return _not_repeating(value, path, seen)
    return _refuse(value, f"{_WELL_KNOWN}Timestamp", path, seen)


def struct(value: Any, path: str, seen: Violations) -> Any:
    """Any JSON object, kept as it is; not deeper than protobuf's own limit."""
    if not isinstance(value, dict):
        return _refuse(value, f"{_WELL_KNOWN}Struct", path, seen)
    if not _is_sound(value, DEPTH_MAX):
        seen.append((path, f"Invalid value at '{path}' ({_WELL_KNOWN}Struct)"))
        return INVALID
    return value


def _is_sound(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if not isinstance(value, list):
        return True
    return depth > 0 and all(_is_sound(each, depth - 1) for each in value)


def string_map(value: Any, path: str, seen: Violations) -> Any:
    """A map's entries are named by their position, as in 'message.data[0].value'."""
    if not isinstance(value, dict):
        return _refuse(value, "Map", path, seen)
    read = {}
    for index, (key, text) in enumerate(value.items()):
        string(key, f"{path}[{index}].key", seen)
        read[key] = string(text, f"{path}[{index}].value", seen)
    return read


def enum(name: str, *words: str, either_case: bool = False) -> Reader:
    """`either_case`: the SDKs send this one in lower case, and Google takes it."""

    def read(value: Any, path: str, seen: Violations) -> Any:
        word = value.upper() if either_case and isinstance(value, str) else value
        known = word in words if isinstance(word, str) else _is_index(word, words)
        return value if known else _refuse(value, f"{_FCM}{name}", path, seen)

    return read


def _is_index(value: Any, words: tuple[str, ...]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(words)


def repeated(item: Reader) -> Reader:
    def read(value: Any, path: str, seen: Violations) -> Any:
        if not isinstance(value, list):
            return _refuse(value, "List", path, seen)
        return [item(each, f"{path}[{index}]", seen) for index, each in enumerate(value)]

    return read


def message(name: str, fields: dict[str, Reader]) -> Reader:
    """A nested message: `fields` by their snake_case names."""
    names = {**{_camel(field): field for field in fields}, **{field: field for field in fields}}

    def read(value: Any, path: str, seen: Violations) -> Any:
        if isinstance(value, list):
            return _not_repeating(value, path, seen)
        if not isinstance(value, dict):
            return _refuse(value, f"{_FCM}{name}", path, seen)
        found: dict[str, Any] = {}
        for given, content in value.items():
            field = names.get(given)
            if field is None:
                seen.append((path, _unknown_name(given, path)))
            elif content is not None:
                found[field] = fields[field](content, f"{path}.{field}" if path else field, seen)
        return found

    return read


def _unknown_name(name: str, path: str) -> str:
    where = f" at '{path}'" if path else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


integer = _number("TYPE_INT32", whole=True)
floating = _number("TYPE_FLOAT", whole=False)
