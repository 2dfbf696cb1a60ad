"""Rules as a reader would say them."""

from dataclasses import dataclass
from typing import Any

from console.forms.audiences import rows_of, shown
from devices import audiences
from devices.audiences.fields import PERMISSIONS
from devices.models import Audience
from devices.states import Platform

JOINED = {"all": " and ", "any": " or ", "none": " or "}
ASKED = {
    "is": "is", "is_not": "is not", "one_of": "is one of", "contains": "contains",
    "more": "is more than", "less": "is less than", "between": "is between",
}  # fmt: skip
DAYS = {"more": "after", "less": "before", "between": "between"}
CHOICES = dict(Platform.choices) | PERMISSIONS
LONG = 60


@dataclass(frozen=True, slots=True)
class Described:
    audience: Audience
    sentence: str
    excluded: Audience | None


def described(audience: Audience) -> Described:
    excluded = audience.rules.get("exclude")
    other = Audience.objects.filter(pk=excluded).first() if excluded else None
    return Described(audience, sentence(audience), other)


def sentence(audience: Audience) -> str:
    if audiences.is_list(audience):
        return "A fixed list of people."
    group = next(name for name in audiences.GROUPS if name in audience.rules)
    items = audience.rules[group]
    if not items:
        return "Everyone."
    told = group_words(group, items)
    return told[0].upper() + told[1:] + "."


def group_words(group: str, items: list[dict[str, Any]]) -> str:
    parts = []
    for item in items:
        inner = next((name for name in audiences.GROUPS if name in item), "")
        words = group_words(inner, item[inner]) if inner else condition_words(item)
        parts.append(f"({words})" if inner in ("all", "any") else words)
    joined = JOINED[group].join(parts)
    return f"not ({joined})" if group == "none" else joined


def condition_words(item: dict[str, Any]) -> str:
    name, op = item["field"], item["op"]
    label = audiences.FIELDS[name].label.lower() if name in audiences.FIELDS else name
    if name == "opened":
        did = "opened" if op == "did" else "did not open"
        what = "anything" if item["notification"] == "any" else "one notification"
        return f"{did} {what} in the last {item['days']} days"
    row = next(iter(rows_of([item])))
    subject = item["name"] if name == "attribute" else label
    value = row.value if len(row.value) <= LONG else f"{row.value[:LONG]}…"
    value = CHOICES.get(value, value)
    if op == "exists":
        return f"{subject} is there" if item["value"] else f"{subject} is missing"
    if op in ("in_last", "not_in_last"):
        word = "in" if op == "in_last" else "not in"
        return f"{subject} {word} the last {shown(item['value'])} days"
    if name in ("registered", "last_seen") and op in DAYS:
        return f"{subject} {DAYS[op]} {value.replace(', ', ' and ')}"
    if op == "between":
        value = value.replace(", ", " and ")
    return f"{subject} {ASKED[op]} {value}"
