"""The rules once more, in plain Python over rows read one by one: what the property test holds
the queries to."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.models import AppUser, Device

Rules = Mapping[str, Any]


def is_in(rules: Rules, person: AppUser, phones: list[Device], now: datetime) -> bool:
    group = next(name for name in ("all", "any", "none") if name in rules)
    return not rules[group] or in_group(group, rules[group], person, phones, now)


def in_group(
    group: str, items: list[Rules], person: AppUser, phones: list[Device], now: datetime
) -> bool:
    about_phones = [i for i in items if i.get("field") in PHONE_FIELDS]
    answers = [
        in_group(inner, item[inner], person, phones, now)
        if (inner := next((g for g in ("all", "any", "none") if g in item), ""))
        else fits(item, person, phones, now)
        for item in items
        if item not in about_phones
    ]
    both = all if group == "all" else any
    if about_phones:
        active = [phone for phone in phones if phone.state == "active"]
        answers.append(
            any(both(PHONE_FIELDS[i["field"]](i, p) for i in about_phones) for p in active)
        )
    return not any(answers) if group == "none" else both(answers)


def fits(item: Rules, person: AppUser, phones: list[Device], now: datetime) -> bool:
    op, value = item["op"], item.get("value")
    if op == "is_not":
        return not fits({**item, "op": "is"}, person, phones, now)
    if op == "not_in_last":
        return not fits({**item, "op": "in_last"}, person, phones, now)
    match item["field"]:
        case "attribute":
            return attribute_fits(item, person.attributes, now)
        case "tag":
            return any(tag in person.tags for tag in wanted(item))
        case "registered":
            return moment_fits(op, value, person.created_at, now)
        case "last_seen":
            return person.last_seen_at is not None and moment_fits(
                op, value, person.last_seen_at, now
            )
    told = {"locale": locale_fits, "country": country_fits, "timezone": zone_fits}[item["field"]]
    column = "timezone" if item["field"] == "timezone" else "locale"
    own = getattr(person, column)
    texts = [own] if own else [getattr(p, column) for p in phones if p.state == "active"]
    return any(told(item, text) for text in texts)


def wanted(item: Rules) -> list[Any]:
    return item["value"] if item["op"] == "one_of" else [item["value"]]


def attribute_fits(item: Rules, attributes: Rules, now: datetime) -> bool:
    name, kind, op, value = item["name"], item["type"], item["op"], item["value"]
    if op == "exists":
        return (name in attributes) is value
    held = attributes.get(name)
    if kind == "boolean":
        return held is value
    if kind == "number":
        return (
            isinstance(held, int | float) and not isinstance(held, bool) and order(op, value, held)
        )
    if not isinstance(held, str):
        return False
    if kind == "string":
        return value in held if op == "contains" else held in wanted(item)
    if len(held) < 10 or held[4] != "-" or not held[:4].isdecimal():
        return False
    if op == "in_last":
        today = now.astimezone(UTC).date()
        return str(today - timedelta(days=value)) <= held[:10] <= str(today)
    return order(op, value, held[:10])


def order(op: str, value: Any, held: Any) -> bool:
    match op:
        case "is":
            return held == value
        case "one_of":
            return held in value
        case "more":
            return held > value
        case "less":
            return held < value
    return value[0] <= held <= value[1]


def moment_fits(op: str, value: Any, at: datetime, now: datetime) -> bool:
    if op == "in_last":
        return at >= now - timedelta(days=value)
    return order(op, value, at.astimezone(UTC).date().isoformat())


def locale_fits(item: Rules, text: str) -> bool:
    plain = text.replace("_", "-").lower()
    names = [one.replace("_", "-").lower() for one in wanted(item)]
    return any(plain == one or plain.startswith(f"{one}-") for one in names)


def country_fits(item: Rules, text: str) -> bool:
    parts = text.replace("_", "-").split("-")[1:]
    places = [part for part in parts if len(part) == 2]
    return bool(places) and places[0].upper() in wanted(item)


def zone_fits(item: Rules, text: str) -> bool:
    return item["value"] in text if item["op"] == "contains" else text in wanted(item)


# ---------------------------------------------------------------- phones
def choice_fits(item: Rules, phone: Device) -> bool:
    return (getattr(phone, item["field"]) in wanted(item)) is (item["op"] != "is_not")


def version_fits(item: Rules, phone: Device) -> bool:
    held = getattr(phone, item["field"])
    if item["op"] in ("is", "is_not", "one_of"):
        return choice_fits(item, phone)
    try:
        parts = numbers(held)
    except ValueError:
        return False
    value = item["value"]
    value = [numbers(v) for v in value] if isinstance(value, list) else numbers(value)
    return order(item["op"], value, parts)


def numbers(version: str) -> list[int]:
    parts = [int(part) for part in version.split(".")]
    if len(parts) > 4:
        raise ValueError(version)
    return parts + [0] * (4 - len(parts))


def permission_fits(item: Rules, phone: Device) -> bool:
    if phone.opted_out:
        state = "opted_out"
    elif phone.perm_system in ("provisional", "ephemeral"):
        state = "provisional"
    else:
        state = str(phone.perm_status).replace("should_explain_then_request", "should_request")
    return (state in wanted(item)) is (item["op"] != "is_not")


PHONE_FIELDS = {
    "platform": choice_fits,
    "os_version": version_fits,
    "app_version": version_fits,
    "permission": permission_fits,
}
