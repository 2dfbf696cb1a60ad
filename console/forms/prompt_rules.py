"""When a soft prompt shows itself, as rows of a form that needs no JavaScript.

A way is one or more conditions that must all hold; one way is enough. `triggers_of` makes JSON of
rows, `rows_of` rows of JSON; the domain decides what is right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from math import isfinite
from typing import Any

from console.forms.rows import number, posted, remove
from console.typed import whole

ROWS_MAX = 40
TEXT_MAX = 2_000
KINDS = (
    ("app_open", "The app is opened"),
    ("session_time", "After a time in the app"),
    ("event", "Something happens in the app"),
    ("custom", "A key of the app has a value"),
)
OPS = (
    ("=", "is"),
    ("!=", "is not"),
    (">", "is more than"),
    ("<", "is less than"),
    ("exists", "is set"),
)
OP_WORDS = dict(OPS)
KEYS = ("kind", "seconds", "name", "where", "key", "op", "value")
PAIR = re.compile(r'([^=<>!,"\n]+)(?:(!=|=|<|>)\s*("[^"\n]*"|[^,\n]*))?(?:,|\n|$)')
EXISTS = {"op": "exists"}
BUTTONS = ("add_condition", "add_way", "remove_condition", "redraw")


@dataclass(slots=True)
class Row:
    """One condition as it is typed."""

    way: int = 0
    kind: str = "app_open"
    seconds: str = "10"
    name: str = ""
    where: str = ""
    key: str = ""
    op: str = "="
    value: str = ""
    errors: list[str] = part(default_factory=list)


@dataclass(slots=True)
class Way:
    number: int
    rows: list[tuple[int, Row]]


@dataclass(slots=True)
class Builder:
    rows: list[Row] = part(default_factory=list)
    errors: list[str] = part(default_factory=list)

    @property
    def ways(self) -> list[Way]:
        """Rows of one way together, each with its place in the form."""
        numbers = sorted({row.way for row in self.rows})
        return [
            Way(number, [(i, row) for i, row in enumerate(self.rows) if row.way == number])
            for number in numbers
        ]

    @property
    def triggers(self) -> list[list[dict[str, Any]]]:
        return [[condition_of(row) for _, row in way.rows] for way in self.ways]

    def refuse(self, path: str, told: list[str]) -> None:
        """`triggers.0.1.seconds`: the row that its numbers name, else the whole."""
        numbers = [int(one) for one in path.split(".")[1:3] if one.isdecimal()]
        ways = self.ways
        if len(numbers) == 2 and numbers[0] < len(ways) and numbers[1] < len(ways[numbers[0]].rows):
            ways[numbers[0]].rows[numbers[1]][1].errors.extend(told)
        else:
            self.errors.extend(told)


def of_triggers(triggers: list[list[dict[str, Any]]]) -> Builder:
    return Builder(list(rows_of(triggers)))


def rows_of(triggers: list[list[dict[str, Any]]]) -> Iterator[Row]:
    for place, way in enumerate(triggers):
        for condition in way:
            yield Row(
                way=place,
                kind=condition["kind"],
                seconds=str(condition.get("seconds", "10")),
                name=condition.get("name", ""),
                where=written(condition.get("where", {})),
                key=condition.get("key", ""),
                op=condition.get("op", "="),
                value=shown(condition.get("value", "")),
            )


def shown(value: Any) -> str:
    """As `read_value` reads it back: a text that looks like a number stands in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = isinstance(read_value(value), str) and "," not in value
        return value if plain else f'"{value}"'
    return "" if value is None else str(value)


# ---------------------------------------------------------------- what was posted


def of_post(post: Mapping[str, str]) -> Builder:
    places = posted(post, "rows", ROWS_MAX)
    return Builder([typed_row(post, i) for i in places if f"row-{i}-kind" in post])


def typed_row(post: Mapping[str, str], index: int) -> Row:
    row = Row(way=whole(post.get(f"row-{index}-way", "")) or 0)
    for key in KEYS:
        if (typed := post.get(f"row-{index}-{key}")) is not None:
            setattr(row, key, typed.strip()[:TEXT_MAX])
    return row


def redrawn(builder: Builder, post: Mapping[str, str]) -> Builder:
    """The buttons that change rows without saving anything."""
    remove(builder.rows, post.get("remove_condition", ""))
    if len(builder.rows) < ROWS_MAX:
        if "add_way" in post:
            builder.rows.append(Row(way=max((row.way for row in builder.rows), default=-1) + 1))
        elif (way := whole(post.get("add_condition", ""))) is not None:
            builder.rows.append(Row(way=way, kind="custom"))
    return builder


# ---------------------------------------------------------------- rows → JSON


def condition_of(row: Row) -> dict[str, Any]:
    if row.kind == "session_time":
        return {"kind": row.kind, "seconds": number(row.seconds)}
    if row.kind == "event":
        return {"kind": row.kind, "name": row.name, "where": read(row.where)}
    if row.kind == "custom":
        condition = {"kind": row.kind, "key": row.key, "op": row.op}
        return condition if row.op == "exists" else condition | {"value": read_value(row.value)}
    return {"kind": row.kind}


def read(text: str) -> dict[str, Any]:
    """`hut = alm, nights > 2, member`; a name alone only has to be there."""
    where: dict[str, Any] = {}
    for name, op, value in PAIR.findall(text):
        if op == "=":
            where[name.strip()] = read_value(value.strip())
        elif name.strip():
            where[name.strip()] = {"op": op, "value": read_value(value.strip())} if op else EXISTS
    return where


def read_value(text: str) -> Any:
    """A number, true or false; else, or in quotes, a text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    found = number(text)
    return text if isinstance(found, float) and not isfinite(found) else found


def written(where: Mapping[str, Any]) -> str:
    return ", ".join(pair(name, wanted, "=") for name, wanted in where.items())


def pair(name: str, wanted: Any, equal: str) -> str:
    if not isinstance(wanted, Mapping):
        return f"{name} {equal} {shown(wanted)}"
    if wanted.get("op", "exists") == "exists":
        return name
    return f"{name} {wanted['op']} {shown(wanted.get('value'))}"


# ---------------------------------------------------------------- in words


def words_of(triggers: list[list[dict[str, Any]]]) -> str:
    """When the app is opened; or when “hut_saved” happens and plan is pro."""
    ways = [" and ".join(said(condition) for condition in way) for way in triggers if way]
    return " or ".join(f"when {way}" for way in ways) or "never: nothing brings it up"


def said(condition: Mapping[str, Any]) -> str:
    kind = condition.get("kind")
    if kind == "app_open":
        return "the app is opened"
    if kind == "session_time":
        return f"{condition.get('seconds')} s have passed in the app"
    if kind == "event":
        where = " and ".join(pair(k, v, "is") for k, v in condition.get("where", {}).items())
        return f"“{condition.get('name')}” happens" + (f" with {where}" if where else "")
    op = OP_WORDS.get(str(condition.get("op")), "is")
    value = "" if condition.get("op") == "exists" else f" {shown(condition.get('value'))}"
    return f"{condition.get('key')} {op}{value}"
