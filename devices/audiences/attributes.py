"""What stands inside a person's JSON, asked the same way of both databases.

The templates are fixed; names and values only ever travel as parameters.
"""

from typing import Any

from django.db.models import BooleanField, Case, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, StrIndex, Substr
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
    Regex,
)

# What each database calls the kinds; neither uses the other's words for anything else.
KINDS = {
    "string": ("string", "text"),
    "number": ("number", "integer", "real"),
    "boolean": ("boolean", "true", "false"),
}
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"


class Inside(Func):
    """A function of an attribute. SQLite names the place by a path; `"` in a name would end it,
    so rules refuse such names."""

    sqlite_function: str
    output_field = TextField()

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(F("attributes"), Value(name), **extra)
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        there = self.copy()
        column = self.get_source_expressions()[0]
        there.set_source_expressions([column, Value(f'$."{self.name}"')])
        template = f"{self.sqlite_function}(%(expressions)s)"
        return there.as_sql(compiler, connection, template=template, **context)


class Text(Inside):
    """The attribute as text; NULL where there is none."""

    template = "jsonb_extract_path_text(%(expressions)s)"
    sqlite_function = "JSON_EXTRACT"


class Kind(Inside):
    template = "jsonb_typeof(jsonb_extract_path(%(expressions)s))"
    sqlite_function = "JSON_TYPE"


class Listed(Func):
    """Whether a JSON list of texts holds one: SQLite only, PostgreSQL has a lookup for it."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s))"
    arg_joiner = ") WHERE json_each.value = ("
    output_field = BooleanField()


def _kind(name: str) -> Coalesce:
    return Coalesce(Kind(name), Value(""), output_field=TextField())


def _text(name: str) -> Coalesce:
    """A text even of what is none."""
    return Coalesce(Cast(Text(name), TextField()), Value(""), output_field=TextField())


def of_kind(name: str, kind: str) -> Q:
    """True or false for everyone, never NULL: what is combined with it can be negated."""
    return Q(In(_kind(name), KINDS[kind]))


def exists(name: str) -> Q:
    return ~Q(Exact(_kind(name), ""))


def is_text(name: str, value: str) -> Q:
    return of_kind(name, "string") & Q(Exact(Text(name), value))


def is_one_text(name: str, values: list[str]) -> Q:
    return of_kind(name, "string") & Q(In(Text(name), values))


def has_text(name: str, part: str) -> Q:
    """Capitals count, as they do everywhere in attributes."""
    return of_kind(name, "string") & Q(GreaterThan(StrIndex(Text(name), Value(part)), 0))


def is_true(name: str) -> Q:
    """PostgreSQL says so in the text, SQLite in the kind."""
    said = Q(Exact(_kind(name), "true")) | Q(Exact(_text(name), "true"))
    return of_kind(name, "boolean") & said


def number(name: str) -> Case:
    """NULL where it is none: a text is never turned into a number, which could fail."""
    return Case(
        When(of_kind(name, "number"), then=Cast(Text(name), FloatField())),
        output_field=FloatField(),
    )


def compare_number(name: str, op: str, value: Any) -> Q:
    return of_kind(name, "number") & _compared(number(name), op, value)


def is_day(name: str) -> Q:
    """A text that begins as an ISO date does."""
    return of_kind(name, "string") & Q(Regex(_text(name), DAY))


def compare_day(name: str, op: str, value: Any) -> Q:
    return is_day(name) & _compared(Substr(Text(name), 1, 10), op, value)


def _compared(left: Any, op: str, value: Any) -> Q:
    if op == "between":
        return Q(GreaterThanOrEqual(left, value[0])) & Q(LessThanOrEqual(left, value[1]))
    if op == "one_of":
        return Q(In(left, value))
    lookup = {"is": Exact, "more": GreaterThan, "less": LessThan}[op]
    return Q(lookup(left, value))
