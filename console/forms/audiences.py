"""The rule builder: rows of conditions in up to two groups, as a form that needs no JavaScript.

`rules_of` makes JSON of what was posted, `rows_of` rows of JSON; `checking` in devices decides
what is right. A row keeps what was typed, whatever it is worth.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from console import countries
from console.forms.audience_rows import Row, ops_of
from console.forms.rows import number, posted, remove
from devices import audiences
from devices.audiences import checking
from devices.audiences.fields import OPS_OF
from devices.models import Audience

ROWS_MAX = checking.CONDITIONS_MAX
VALUE_MAX = 300_000  # a thousand values, and what is refused as too many
KEYS = ("group", "field", "name", "type", "op", "value")
GROUPS = (("all", "all of these"), ("any", "any of these"), ("none", "none of these"))
NAMED = ("name", "type", "notification")  # parts that stand before the value


@dataclass(slots=True)
class Builder:
    """All that the page's form holds."""

    name: str = ""
    description: str = ""
    kind: str = "rules"
    group: str = "all"
    exclude: str = ""
    rows: list[Row] = part(default_factory=list)
    errors: dict[str, list[str]] = part(default_factory=dict)

    @property
    def rules(self) -> dict[str, Any]:
        return rules_of(self)

    @property
    def other_errors(self) -> list[str]:
        return [one for path, told in self.errors.items() if path not in SHOWN for one in told]

    @property
    def asks_phones(self) -> bool:
        return any(audiences.FIELDS[row.field].about == "phone" for row in self.rows)

    def refuse(self, errors: Mapping[str, list[str]]) -> None:
        """Each sentence goes to the row that its path names."""
        places = dict(paths_of(self))
        for path, told in errors.items():
            row = next((places[one] for one in places if f"{path}.".startswith(f"{one}.")), None)
            if row is None:
                self.errors.setdefault(path, []).extend(told)
            else:
                row.errors.extend(told)
                row.wrong = "name" if path.rpartition(".")[2] in NAMED else "value"

    @property
    def sections(self) -> list[tuple[str, str, list[tuple[int, Row]]]]:
        """(group, its words, rows with their places): those on their own as they stand, those of
        a group together where its first one stands."""
        found: list[tuple[str, str, list[tuple[int, Row]]]] = []
        groups: dict[str, list[tuple[int, Row]]] = {}
        for index, row in enumerate(self.rows):
            if row.group in groups:
                groups[row.group].append((index, row))
                continue
            rows = [(index, row)]
            found.append((row.group, dict(GROUPS).get(row.group, ""), rows))
            if row.group:
                groups[row.group] = rows
        return found

    @property
    def more_groups(self) -> list[tuple[str, str]]:
        """Groups that could be begun: of each kind there is one."""
        have = {row.group for row in self.rows} | {self.group}
        return [(name, words) for name, words in GROUPS if name not in have]


SHOWN = ("name", "description", "rules.exclude")


def of_audience(audience: Audience | None) -> Builder:
    if audience is None:
        return Builder(rows=[])
    rules = audience.rules
    group = next((name for name in audiences.GROUPS if name in rules), "all")
    return Builder(
        name=audience.name,
        description=audience.description,
        kind="list" if audiences.is_list(audience) else "rules",
        group=group,
        exclude=str(rules.get("exclude") or ""),
        rows=list(rows_of(rules.get(group, []))),
    )


def rows_of(items: list[dict[str, Any]], group: str = "") -> Iterator[Row]:
    for item in items:
        inner = next((name for name in audiences.GROUPS if name in item), "")
        if inner:
            yield from rows_of(item[inner], inner)
        elif item["field"] == "opened":
            yield Row(group, "opened", item["notification"], "", item["op"], str(item["days"]))
        else:
            told = countries.name_of if item["field"] == "country" else str
            yield Row(
                group, item["field"], item.get("name", ""), item.get("type", "string"),
                item["op"], shown(item.get("value"), told),
            )  # fmt: skip


def shown(value: Any, told: Callable[[Any], str] = str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(one, told) for one in value)
    return told(value)


def of_post(post: Mapping[str, str]) -> Builder:
    places = posted(post, "rows", ROWS_MAX)
    rows = [typed_row(post, index) for index in places if f"row-{index}-field" in post]
    for row in rows:
        row.type = row.type if row.type in OPS_OF else "string"
        if (ops := ops_of(row)) and row.op not in ops:
            row.op = ops[0]  # the field was changed: its first way of asking
    return Builder(
        name=post.get("name", ""),
        description=post.get("description", ""),
        kind="list" if post.get("kind") == "list" else "rules",
        group=post.get("group", "all"),
        exclude=post.get("exclude", ""),
        rows=rows,
    )


def typed_row(post: Mapping[str, str], index: int) -> Row:
    row = Row()
    for key in KEYS:
        setattr(row, key, post.get(f"row-{index}-{key}", "").strip()[:VALUE_MAX])
    return row


def redrawn(builder: Builder, post: Mapping[str, str]) -> Builder:
    """The two buttons that change rows without saving anything."""
    remove(builder.rows, post.get("remove_condition", ""))
    if "add_condition" in post and len(builder.rows) < ROWS_MAX:
        group = post["add_condition"]
        builder.rows.append(Row(group if group in audiences.GROUPS else ""))
    return builder


# ---------------------------------------------------------------- rows → JSON


def rules_of(builder: Builder) -> dict[str, Any]:
    rules: dict[str, Any] = {"version": audiences.VERSION_NOW}
    if builder.kind == "list":
        rules["list"] = True
    else:
        group = builder.group if builder.group in audiences.GROUPS else "all"
        rules[group] = items_of(builder.rows)
    if builder.exclude:
        rules["exclude"] = int(builder.exclude) if builder.exclude.isdecimal() else builder.exclude
    return rules


def items_of(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows of the same group come together, where its first one stands."""
    items: list[dict[str, Any]] = []
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if not row.group:
            items.append(condition_of(row))
        elif row.group in groups:
            groups[row.group].append(condition_of(row))
        else:
            groups[row.group] = [condition_of(row)]
            items.append({row.group: groups[row.group]})
    return items


def paths_of(builder: Builder) -> Iterator[tuple[str, Row]]:
    """Where each row's condition stands in the JSON."""
    base = f"rules.{builder.group}"
    seen: dict[str, tuple[int, int]] = {}
    position = 0
    for row in builder.rows:
        if not row.group:
            yield f"{base}.{position}", row
            position += 1
        elif row.group in seen:
            place, count = seen[row.group]
            seen[row.group] = (place, count + 1)
            yield f"{base}.{place}.{row.group}.{count}", row
        else:
            seen[row.group] = (position, 1)
            yield f"{base}.{position}.{row.group}.0", row
            position += 1


def condition_of(row: Row) -> dict[str, Any]:
    if row.field == "opened":
        named = row.name or "any"
        return {"field": "opened", "op": row.op, "notification": named, "days": number(row.value)}
    condition: dict[str, Any] = {"field": row.field, "op": row.op, "value": value_of(row)}
    if row.field == "attribute":
        condition |= {"name": row.name, "type": row.type}
    return condition


def value_of(row: Row) -> Any:
    known = audiences.FIELDS.get(row.field)
    kind = row.type if row.field == "attribute" else (known.type if known else "string")
    if row.op in ("in_last", "not_in_last"):
        return number(row.value)
    if row.op == "exists":
        return truth(row.value)
    if row.op in ("one_of", "between"):
        return [typed(one.strip(), kind) for one in row.value.split(",") if one.strip()]
    return typed(row.value, kind)


def typed(text: str, kind: str) -> Any:
    if kind == "number":
        return number(text)
    if kind == "country":
        return countries.code_of(text)
    return truth(text) if kind == "boolean" else text


def truth(text: str) -> Any:
    return {"yes": True, "true": True, "": True, "no": False, "false": False}.get(
        text.lower(), text
    )
