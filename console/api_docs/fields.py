"""One schema of the description: as rows for what is sent, as a type for what comes back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

WORDS = {"date-time": "time", "date": "date", "uuid": "UUID", "uri": "URL", "binary": "file"}
FIELDS_DEEP = 4


@dataclass(frozen=True, slots=True)
class Field:
    """`within` is the dotted way to it: of `permission.system` it is `permission.`"""

    within: str
    name: str
    kind: str
    required: bool = False
    told: str = ""
    limits: str = ""
    choices: tuple[str, ...] = ()


class Shapes:
    """The description's named schemas."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.named = named

    def plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Without references; of "this or null" only this, with null among its types."""
        if "$ref" in schema:
            return self.plain(self.named[schema["$ref"].rpartition("/")[2]])
        options = schema.get("oneOf") or schema.get("allOf") or []
        real = [one for one in options if not self.is_null(one) and one.get("maxLength") != 0]
        if not real:
            return schema
        found = self.plain(real[0])
        if any(map(self.is_null, options)) and found.get("type"):
            found = found | {"type": [*types(found), "null"]}
        return found | {key: schema[key] for key in ("description",) if key in schema}

    def is_null(self, schema: dict[str, Any]) -> bool:
        named = self.named.get(schema.get("$ref", "").rpartition("/")[2], schema)
        return bool(named.get("type") == "null" or named.get("enum") == [None])

    def rows(self, schema: dict[str, Any], within: str = "") -> Iterator[Field]:
        """Each field, and right after it those inside it."""
        shape = self.plain(schema)
        if "array" in types(shape):
            yield from self.rows(shape.get("items", {}), within)
            return
        for name, part in shape.get("properties", {}).items():
            found = self.plain(part)
            yield Field(
                within, name, self.kind(found), name in shape.get("required", ()),
                told(part) or told(found), limits(found), self.choices(found),
            )  # fmt: skip
            if within.count(".") < FIELDS_DEEP:
                ending = "[]." if "array" in types(found) else "."
                yield from self.rows(found, f"{within}{name}{ending}")

    def kind(self, shape: dict[str, Any]) -> str:
        names = [self.kind_of(each, shape) for each in real(shape)]
        nullable = ["null"] if "null" in types(shape) else []
        return " or ".join(names + nullable) or "any"

    def kind_of(self, name: str, shape: dict[str, Any]) -> str:
        if name == "array":
            return f"list of {self.kind(self.plain(shape.get('items', {})))}s"
        return WORDS.get(shape.get("format", ""), name)

    def choices(self, shape: dict[str, Any]) -> tuple[str, ...]:
        if "array" in types(shape):
            return self.choices(self.plain(shape.get("items", {})))
        return tuple(str(each) for each in shape.get("enum", ()))

    def written(self, schema: dict[str, Any], indent: str = "") -> str:
        """What comes back, as TypeScript would write it; what is told about it as comments."""
        shape = self.plain(schema)
        nullable = " | null" if "null" in types(shape) else ""
        if shape.get("enum"):
            return " | ".join(json.dumps(each) for each in shape["enum"]) + nullable
        return " | ".join(self._one(each, shape, indent) for each in real(shape)) + nullable

    def _one(self, name: str, shape: dict[str, Any], indent: str) -> str:
        if name == "array":
            return f"{self._wrapped(self.written(shape.get('items', {}), indent))}[]"
        if shape.get("properties"):
            return self._object(shape, indent)
        if isinstance(more := shape.get("additionalProperties"), dict) and more:
            return f"{{ [name]: {self.written(more, indent)} }}"
        return {"integer": "number", "any": "any"}.get(name) or WORDS.get(
            shape.get("format", ""), name
        )

    def _object(self, shape: dict[str, Any], indent: str) -> str:
        inner, lines = indent + "  ", []
        for name, part in shape["properties"].items():
            lines += [f"{inner}// {line}" for line in told(part).splitlines()]
            maybe = "" if name in shape.get("required", ()) else "?"
            lines.append(f"{inner}{name}{maybe}: {self.written(part, inner)}")
        return "\n".join(["{", *lines, indent + "}"])

    def _wrapped(self, text: str) -> str:
        return f"({text})" if " | " in text and not text.startswith("{") else text


def types(shape: dict[str, Any]) -> list[str]:
    found = shape.get("type", "any")
    return found if isinstance(found, list) else [found]


def real(shape: dict[str, Any]) -> list[str]:
    return [each for each in types(shape) if each != "null"]


def told(schema: dict[str, Any]) -> str:
    """Without the list of choices that the generator writes into it."""
    return str(schema.get("description", "")).partition("* `")[0].strip()


def limits(shape: dict[str, Any]) -> str:
    if (longest := shape.get("maxLength")) is not None:
        return f"at most {longest:,} characters"
    if (most := shape.get("maxItems")) is not None:
        return f"at most {most:,}"
    low, high = shape.get("minimum"), shape.get("maximum")
    if high is not None and high < 2**31 - 1:
        return f"{low or 0:,} to {high:,}"
    return f"at least {low:,}" if low else ""
