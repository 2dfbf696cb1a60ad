"""What may be a rule: its shape, its values, and whether anybody has such an attribute.

Errors are a ValidationError by path: `rules.all.0.value` is the value of the first condition.
"""

import difflib
import re
from typing import Any

from django.core.exceptions import ValidationError

from devices.audiences import attributes, values
from devices.audiences.fields import FIELDS, OPS_OF, Condition
from devices.audiences.values import Errors, listed
from devices.models import AppUser, Audience

VERSION_NOW = 1
GROUPS = ("all", "any", "none")
CONDITIONS_MAX = 50
ATTRIBUTE = re.compile(r'[^\x00-\x1f\x7f"\\_$\s][^\x00-\x1f\x7f"\\]{0,63}')
TYPES = {"string": "text", "number": "a number", "boolean": "yes or no", "date": "a date"}


def check(rules: Any, audience: Audience | None = None) -> dict[str, Any]:
    """The rules as they are kept. Raises ValidationError naming every place that is wrong."""
    errors = Errors()
    if not isinstance(rules, dict):
        errors.add("rules", "Rules are an object with version and one of all, any, none or list.")
    else:
        _check_top(rules, errors)
    if not errors:
        _check_attributes(rules, errors)
        _check_exclude(rules.get("exclude"), audience, errors)
    if errors:
        raise ValidationError(dict(errors))
    return dict(rules)


def _check_top(rules: dict[str, Any], errors: Errors) -> None:
    if rules.get("version") != VERSION_NOW or isinstance(rules.get("version"), bool):
        errors.add("rules.version", f"This is not version {VERSION_NOW}, the only one known.")
    for name in rules.keys() - {"version", "exclude", "list", *GROUPS}:
        errors.add(f"rules.{name}"[:80], f"Rules have no {name!r:.40}.")
    kinds = [name for name in (*GROUPS, "list") if name in rules]
    if len(kinds) != 1:
        errors.add("rules", "Name exactly one of all, any, none or list.")
    elif kinds == ["list"]:
        if rules["list"] is not True:
            errors.add("rules.list", "A fixed list is written list: true.")
    else:
        count = _check_group(rules[kinds[0]], f"rules.{kinds[0]}", errors, nested=False)
        if count > CONDITIONS_MAX:
            errors.add("rules", f"{count:,} conditions; {CONDITIONS_MAX} is the most.")


def _check_group(items: Any, path: str, errors: Errors, *, nested: bool) -> int:
    """How many conditions are in it; those beyond the most are not looked at."""
    if not isinstance(items, list):
        errors.add(path, "This is a list of conditions.")
        return 0
    if not items and nested:
        errors.add(path, "This group is empty. Add a condition or take it out.")
    if len(items) > CONDITIONS_MAX:
        return len(items)
    count = 0
    for position, item in enumerate(items):
        here = f"{path}.{position}"
        inner = [name for name in GROUPS if isinstance(item, dict) and name in item]
        if not isinstance(item, dict):
            errors.add(here, "A condition is an object with field, op and value.")
        elif not inner:
            count += 1
            _check_condition(item, here, errors)
        elif nested:
            errors.add(here, "Groups hold conditions, not further groups.")
        elif len(item) != 1:
            errors.add(here, "A group has exactly one of all, any or none, and nothing else.")
        else:
            count += _check_group(item[inner[0]], f"{here}.{inner[0]}", errors, nested=True)
    return count


def _check_condition(condition: dict[str, Any], path: str, errors: Errors) -> None:
    name = condition.get("field")
    known = FIELDS.get(name) if isinstance(name, str) else None
    if known is None:
        errors.add(f"{path}.field", f"There is no field {name!r:.40}. There are {listed(FIELDS)}.")
        return
    if known.check is not None:
        for key, sentence in known.check(condition).items():
            errors.add(f"{path}.{key}", sentence)
        return
    expected = {"field", "op", "value"}
    kind, ops = known.type, known.ops
    if name == "attribute":
        expected |= {"name", "type"}
        kind, ops = _attribute_type(condition, path, errors)
    for extra in condition.keys() - expected:
        errors.add(
            f"{path}.{extra}"[:80], f"A condition on {known.label.lower()} has no such part."
        )
    op = condition.get("op")
    if not ops:
        return
    if op not in ops:
        errors.add(f"{path}.op", f"{op!r:.40} can’t be asked here. There are {listed(ops)}.")
        return
    values.check(condition.get("value"), kind, str(op), known.choices, f"{path}.value", errors)


def _attribute_type(condition: Condition, path: str, errors: Errors) -> tuple[str, tuple[str, ...]]:
    name, kind = condition.get("name"), condition.get("type")
    if not isinstance(name, str) or not ATTRIBUTE.fullmatch(name):
        errors.add(
            f"{path}.name",
            "Name an attribute: 1 to 64 characters, no quotes or backslashes.",
        )
    if not isinstance(kind, str) or kind not in OPS_OF:
        errors.add(f"{path}.type", f"The type is one of {listed(OPS_OF)}.")
        return "", ()
    return kind, OPS_OF[kind]


# ---------------------------------------------------------------- what people have


def _check_attributes(rules: dict[str, Any], errors: Errors) -> None:
    for path, condition in walk(rules):
        if condition["field"] != "attribute":
            continue
        name, kind = condition["name"], condition["type"]
        wanted = attributes.is_day(name) if kind == "date" else attributes.of_kind(name, kind)
        if condition["op"] == "exists":
            wanted = attributes.exists(name)
        if AppUser.objects.filter(wanted).exists():
            continue
        person = AppUser.objects.filter(attributes.exists(name)).first()
        if person is None:
            errors.add(f"{path}.name", _nobody_has(name))
        else:
            found = _type_word(person.attributes.get(name))
            errors.add(f"{path}.type", f"{name} is {found}; nobody has {TYPES[kind]} there.")


def walk(rules: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every condition with its path, groups opened."""
    found = []
    for group in GROUPS:
        for position, item in enumerate(rules.get(group, [])):
            path = f"rules.{group}.{position}"
            inner = next((name for name in GROUPS if name in item), "")
            if not inner:
                found.append((path, item))
            for place, each in enumerate(item.get(inner, []) if inner else []):
                found.append((f"{path}.{inner}.{place}", each))
    return found


def _nobody_has(name: str) -> str:
    near = difflib.get_close_matches(name, known_names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"Nobody has an attribute {name}. Capitals count.{hint}"


def known_names(sample: int = 500) -> list[str]:
    """Attributes of the newest people."""
    newest = AppUser.objects.order_by("-pk").values_list("attributes", flat=True)[:sample]
    names = {name for one in newest if isinstance(one, dict) for name in one}
    return sorted(names)


def is_known(name: str) -> bool:
    """Whether anybody has it."""
    if not ATTRIBUTE.fullmatch(name):
        return False
    return name in known_names() or AppUser.objects.filter(attributes.exists(name)).exists()


def _type_word(value: Any) -> str:
    for types, word in (((bool,), "yes or no"), ((int, float), "a number"), ((str,), "text")):
        if isinstance(value, types):
            return word
    return "a list or an object"


# ---------------------------------------------------------------- exclude


def _check_exclude(excluded: Any, audience: Audience | None, errors: Errors) -> None:
    """An audience never leads back to itself, over however many others."""
    if excluded is None:
        return
    path = "rules.exclude"
    if not isinstance(excluded, int) or isinstance(excluded, bool) or not 0 < excluded < 2**63:
        errors.add(path, "Exclude an audience by its number.")
        return
    seen = {audience.pk} if audience and audience.pk else set()
    following: int | None = excluded
    while following is not None:
        if following in seen:
            errors.add(path, "An audience can’t exclude itself, not even by way of others.")
            return
        seen.add(following)
        row = Audience.objects.filter(pk=following).first()
        if row is None:
            errors.add(path, f"There is no audience {following}.")
            return
        following = row.rules.get("exclude")
