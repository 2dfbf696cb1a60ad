"""Finding a person or a phone by what someone at a desk knows of them. Reads only.

Every question is answered from an index where the database has one: an id or its beginning
anywhere; an alias or an attribute's value on PostgreSQL. SQLite reads the table for those two.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from devices.fields import digest
from devices.models import ID_MAX, TOKEN_MAX, AppUser, Device

LAST = "\U0010ffff"  # sorts after everything that can follow a prefix


@dataclass(frozen=True, slots=True)
class Found:
    """`more`: there were others; a longer query would tell them apart."""

    people: list[AppUser]
    more: bool


def people(query: str, limit: int = 25) -> Found:
    """By id, the beginning of an id, an alias, `attribute=value`, or the value of any attribute;
    in that order. Ids are case-sensitive."""
    query = query.strip().removeprefix("users/")
    found: dict[int, AppUser] = {}
    for rows in ways(query):
        for person in rows[: limit + 1]:
            found.setdefault(person.pk, person)
        if len(found) > limit:
            break
    return Found(list(found.values())[:limit], more=len(found) > limit)


def ways(query: str) -> Iterable[QuerySet[AppUser]]:
    everyone = AppUser.objects.order_by("pk")
    if not query or "\0" in query:
        return
    if len(query) <= ID_MAX:
        yield everyone.filter(user_id=query)
        yield starting_with(AppUser.objects.all(), "user_id", query)
    yield everyone.filter(with_alias(query))
    name, equals, value = query.partition("=")
    if equals and name.strip() and value.strip():
        yield everyone.filter(with_attribute(value.strip(), name.strip()))
    yield everyone.filter(with_attribute(query))


def starting_with(rows: QuerySet[Any], column: str, start: str) -> QuerySet[Any]:
    """A range on SQLite, whose LIKE ignores the index; LIKE on PostgreSQL, which has one for it."""
    if connection.vendor == "sqlite":
        between = {f"{column}__gte": start, f"{column}__lt": start + LAST}
        return rows.filter(**between).order_by(column)
    return rows.filter(**{f"{column}__startswith": start}).order_by(column)


def with_alias(alias: str) -> RawSQL:
    if connection.vendor == "sqlite":
        return truth(
            "EXISTS (SELECT 1 FROM json_each(devices_appuser.aliases) WHERE value = %s)", alias
        )
    return truth("devices_appuser.aliases @> %s::jsonb", json.dumps([alias]))


def with_attribute(value: str, name: str = "") -> RawSQL:
    """The value as text, or as the number or truth that it reads as."""
    if connection.vendor == "sqlite":
        column = "EXISTS (SELECT 1 FROM json_each(devices_appuser.attributes) AS one WHERE {})"
        same = "CAST(one.value AS TEXT) IN ({})".format(", ".join(["%s"] * len(texts(value))))
        if name:
            return truth(column.format(f"one.key = %s AND {same}"), name, *texts(value))
        return truth(column.format(same), *texts(value))
    key = json.dumps(name) if name else "*"
    same = " || ".join(f"@ == {each}" for each in json_values(value))
    return truth("devices_appuser.attributes @? %s::jsonpath", f"$.{key} ? ({same})")


def json_values(text: str) -> list[str]:
    """`42` may be kept as text or as a number; `true` as text or as a truth."""
    values = [json.dumps(text)]
    try:
        read = json.loads(text)
    except ValueError:
        return values
    if isinstance(read, bool | int | float) and text not in ("NaN", "Infinity", "-Infinity"):
        values.append(text)
    return values


def texts(value: str) -> list[str]:
    """As SQLite's json_each hands values out: true is 1."""
    return [value, {"true": "1", "false": "0"}.get(value, value)]


def truth(sql: str, *values: str) -> RawSQL:
    return RawSQL(sql, values, output_field=BooleanField())  # noqa: S611  values are parameters


def devices(query: str, limit: int = 25) -> list[Device]:
    """By the installation's id or its beginning, by the whole token, or by the owner's id."""
    query = query.strip()
    if not query or "\0" in query:
        return []
    rows = Device.objects.select_related("owner")
    found: dict[int, Device] = {}
    for some in (
        rows.filter(device_id=query),
        rows.filter(token_sha256=digest(query)) if len(query) <= TOKEN_MAX else rows.none(),
        rows.filter(owner__user_id=query.removeprefix("users/")).order_by("pk"),
        starting_with(rows, "device_id", query),
    ):
        for device in some[:limit]:
            found.setdefault(device.pk, device)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]
