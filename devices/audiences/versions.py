"""Dotted versions compared part by part as numbers, so 10 comes after 9.

What is no dotted number is never more or less than another.
"""

from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Concat, LPad, StrIndex, Substr
from django.db.models.lookups import Exact, GreaterThan, LessThan

VERSION = r"^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$"
# The same of a phone, said by what it must not have: databases find that in half the time.
MISSHAPEN = r"^$|[^0-9.]|^[.]|[.]$|[.][.]|[0-9]{10}|[.].*[.].*[.].*[.]"
PARTS, DIGITS = 4, 9


def compared(column: str, op: str, value: Any) -> Q:
    """`more` or `less` than one version, or `between` two, both included."""
    if op == "between":
        low, high = map(padded, value)
        within = ~Q(_beyond(LessThan, column, low)) & ~Q(_beyond(GreaterThan, column, high))
    else:
        within = Q(_beyond(GreaterThan if op == "more" else LessThan, column, padded(value)))
    # Last of all: a regular expression costs most, which databases don't know.
    shaped = ExpressionWrapper(~Q(**{f"{column}__regex": MISSHAPEN}), BooleanField())
    return Q(Exact(Case(When(within, then=shaped), default=False), True))


def padded(version: str) -> str:
    parts = [*version.split("."), *[""] * PARTS][:PARTS]
    return "".join(part.rjust(DIGITS, "0") for part in parts)


def _beyond(beyond: Any, column: str, version: str) -> Any:
    """The first part mostly decides, and costs PostgreSQL a quarter of all four."""
    parts = _parts(column)
    all_parts = beyond(Concat(*parts), version)
    if connection.vendor != "postgresql":
        return all_parts
    first = version[:DIGITS]
    on = ExpressionWrapper(Q(all_parts), BooleanField())
    whens = When(beyond(parts[0], first), then=True), When(Exact(parts[0], first), then=on)
    return Exact(Case(*whens, default=False), True)


class SplitPart(Func):
    function = "SPLIT_PART"
    output_field = TextField()


def _parts(column: str) -> list[Any]:
    """Each padded with zeros to its digits."""
    if connection.vendor == "postgresql":
        split = (SplitPart(F(column), Value("."), Value(n)) for n in range(1, PARTS + 1))
        return [LPad(part, DIGITS, Value("0")) for part in split]
    rest: Any = Concat(F(column), Value("." * PARTS))
    parts = []
    for _ in range(PARTS):
        dot = StrIndex(rest, Value("."))
        parts.append(LPad(Substr(rest, 1, dot - 1), DIGITS, Value("0")))
        rest = Substr(rest, dot + 1)
    return parts
