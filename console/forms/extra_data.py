"""Extra data as developers type it: one `key = value` a line, or a JSON object."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError


def read(text: str) -> dict[str, Any]:
    """Raises ValidationError naming the line. Values of a JSON object keep their type, so that
    `content.check` can say which of them is no text."""
    if text.lstrip().startswith("{"):
        return _json(text)
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        key, sign, value = line.partition("=")
        key = key.strip()
        if not sign or not key:
            raise ValidationError(f"Line {number}, “{line.strip()[:40]}”: write key = value.")
        if key in found:
            raise ValidationError(f"Line {number}: {key} is there twice.")
        found[key] = value.strip()
    return found


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"This is not valid JSON: {error}.") from None
    return dict(found)


def write(values: Mapping[str, str]) -> str:
    """The text that `read` turns into the same values."""
    plain = all(
        value == value.strip() and "\n" not in value and "=" not in key and key == key.strip()
        and not key.startswith("{") and "\n" not in key
        for key, value in values.items()
    )  # fmt: skip
    if plain:
        return "\n".join(f"{key} = {value}" for key, value in values.items())
    return json.dumps(values, ensure_ascii=False, indent=2)
