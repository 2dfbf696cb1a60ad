"""When in a session a prompt may come up. Pure.

Triggers are groups joined by OR, of conditions joined by AND:
`[[{"kind": "app_open"}], [{"kind": "session_time", "seconds": 30}, {"kind": "event", …}]]`.
A group is met by what happens now if all its conditions hold in this session and what happens
now is one of them: an old event alone brings up nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Condition = Mapping[str, Any]
Groups = Sequence[Sequence[Condition]]

KINDS = ("app_open", "session_time", "event", "custom")
OPS = ("=", "!=", "<", ">", "exists")
GROUPS_MAX = CONDITIONS_MAX = WHERE_MAX = 10
NAME_MAX, VALUE_MAX = 80, 200
SECONDS_MAX = 24 * 3600


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in a session; `seconds` is how old the session was."""

    kind: str
    name: str = ""
    seconds: float | None = None
    key: str = ""
    value: Any = None
    props: Mapping[str, Any] = field(default_factory=dict)


AT_APP_OPEN = Happening("app_open", seconds=0)


def met(groups: Groups, now: Happening, earlier: Sequence[Happening] = ()) -> bool:
    return any(
        any(fires(condition, now) for condition in group)
        and all(holds(condition, now, earlier) for condition in group)
        for group in groups
    )


def fires(condition: Condition, now: Happening) -> bool:
    """Does it hold because of what happens now?"""
    if condition["kind"] != now.kind:
        return False
    match now.kind:
        case "session_time":
            return now.seconds is not None and now.seconds >= condition["seconds"]
        case "event":
            return now.name == condition["name"] and _where(condition, now.props)
        case "custom":
            return now.key == condition["key"] and _custom(condition, now.value)
    return True


def holds(condition: Condition, now: Happening, earlier: Sequence[Happening]) -> bool:
    match condition["kind"]:
        case "app_open":
            return True  # nothing happens while the app is closed
        case "session_time":
            ages = [one.seconds for one in (now, *earlier) if one.seconds is not None]
            return max(ages, default=-1) >= float(condition["seconds"])
        case "custom":
            key = condition["key"]
            told = [one for one in (*earlier, now) if one.kind == "custom" and one.key == key]
            return bool(told) and _custom(condition, told[-1].value)
    return any(fires(condition, one) for one in (now, *earlier))


def _where(condition: Condition, props: Mapping[str, Any]) -> bool:
    return all(
        compares(props.get(name), *_wanted(wanted))
        for name, wanted in condition.get("where", {}).items()
    )


def _wanted(wanted: Any) -> tuple[str, Any]:
    if isinstance(wanted, Mapping):
        return wanted["op"], wanted.get("value")
    return "=", wanted


def _custom(condition: Condition, value: Any) -> bool:
    return compares(value, condition.get("op", "exists"), condition.get("value"))


def compares(value: Any, op: str, wanted: Any) -> bool:
    """Numbers with numbers, texts with texts, true and false with themselves."""
    match op:
        case "exists":
            return value is not None
        case "=":
            return _kind(value) == _kind(wanted) and value == wanted
        case "!=":
            return not compares(value, "=", wanted)
    if _kind(value) != "number" or _kind(wanted) != "number":
        return False
    return bool(value < wanted if op == "<" else value > wanted)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


# ---------------------------------------------------------------- what may be a trigger


def check(groups: Any) -> dict[str, str]:
    """What is wrong, by place: `triggers.0.1.seconds`. Nothing is {}."""
    errors: dict[str, str] = {}
    if not isinstance(groups, list) or not groups:
        return {"triggers": "Say when it may come up: at least one group with one condition."}
    if len(groups) > GROUPS_MAX:
        return {"triggers": f"{len(groups)} groups; {GROUPS_MAX} is the most."}
    for number, group in enumerate(groups):
        path = f"triggers.{number}"
        if not isinstance(group, list) or not group:
            errors[path] = "This group has no condition. Add one or take it out."
        elif len(group) > CONDITIONS_MAX:
            errors[path] = f"{len(group)} conditions; {CONDITIONS_MAX} is the most in a group."
        else:
            for place, condition in enumerate(group):
                errors |= _check_condition(condition, f"{path}.{place}")
    return errors


KEYS = {
    "app_open": {"kind"},
    "session_time": {"kind", "seconds"},
    "event": {"kind", "name", "where"},
    "custom": {"kind", "key", "op", "value"},
}


def _check_condition(condition: Any, path: str) -> dict[str, str]:
    kind = condition.get("kind") if isinstance(condition, dict) else None
    if not isinstance(kind, str) or kind not in KEYS:
        return {path: f"A condition has a kind: {', '.join(KINDS)}."}
    if unknown := sorted(map(str, condition.keys() - KEYS[kind])):
        return {f"{path}.{unknown[0]:.40}": f"A condition of the kind {kind} has no such part."}
    match kind:
        case "session_time":
            return _check_seconds(condition.get("seconds"), path)
        case "event":
            return _check_name(condition.get("name"), f"{path}.name") or _check_where(
                condition.get("where", {}), f"{path}.where"
            )
        case "custom":
            return _check_name(condition.get("key"), f"{path}.key") or _check_op(condition, path)
    return {}


def _check_seconds(seconds: Any, path: str) -> dict[str, str]:
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if whole and 1 <= seconds <= SECONDS_MAX:
        return {}
    return {f"{path}.seconds": f"Seconds of the session: a whole number from 1 to {SECONDS_MAX:,}."}


def _check_name(name: Any, path: str) -> dict[str, str]:
    if isinstance(name, str) and name.strip() and len(name) <= NAME_MAX:
        return {}
    return {path: f"Name it, with 1 to {NAME_MAX} characters."}


def _check_where(where: Any, path: str) -> dict[str, str]:
    if not isinstance(where, dict) or len(where) > WHERE_MAX:
        return {path: f"At most {WHERE_MAX} properties, each with the value it must have."}
    errors: dict[str, str] = {}
    for name, wanted in where.items():
        errors |= _check_name(name, path)
        if isinstance(wanted, dict):
            errors |= _check_op(wanted, f"{path}.{name:.40}")
        else:
            errors |= _check_value(wanted, f"{path}.{name:.40}")
    return errors


def _check_op(condition: Condition, path: str) -> dict[str, str]:
    op = condition.get("op", "exists")
    if op not in OPS:
        return {f"{path}.op": f"{op!r:.20} can’t be asked. There are {' '.join(OPS)}"}
    if op == "exists":
        return {}
    value = condition.get("value")
    if op in ("<", ">") and _kind(value) != "number":
        return {f"{path}.value": f"{op} compares numbers."}
    return _check_value(value, f"{path}.value")


def _check_value(value: Any, path: str) -> dict[str, str]:
    if isinstance(value, bool | int | float) or (
        isinstance(value, str) and len(value) <= VALUE_MAX
    ):
        return {}
    return {path: f"A text of at most {VALUE_MAX} characters, a number, true or false."}
