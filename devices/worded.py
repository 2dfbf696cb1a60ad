"""Statements of the hot paths: the ORM puts them into words once, and they are asked many times.

Compiling such a question costs Django one to three milliseconds, answering it the database a tenth
of that. The rules stay where they are, as querysets; only the words are kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

FIRST = datetime(1901, 1, 1, 3, 4, 5, tzinfo=UTC)


class Marks:
    """Stand-ins that no statement holds by itself, one for each value that changes."""

    def __init__(self, kinds: Sequence[type]) -> None:
        self.all = tuple(_mark(kind, number) for number, kind in enumerate(kinds))

    def places(self, params: Sequence[Any]) -> list[int | None]:
        """For each parameter the number of the value that goes there; None: it never changes."""
        at = {adapted(mark): number for number, mark in enumerate(self.all)}
        places = [at.get(param) if _is_plain(param) else None for param in params]
        if missing := set(at.values()) - set(places):
            raise AssertionError(f"the values {sorted(missing)} are not in the words: {params}")
        return places


def _mark(kind: type, number: int) -> Any:
    if kind is datetime:
        return FIRST + timedelta(days=number)
    if kind is UUID:
        return UUID(int=0xBEC0 + number)
    if kind is str:
        return f"beckon-stand-in-{number}"
    return -71_000_001 - number


def _is_plain(param: Any) -> bool:
    return isinstance(param, int | str | datetime | UUID)


def adapted(value: Any) -> Any:
    """As Django gives it to this database's driver."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


class Statement(ABC):
    """`build` gets a stand-in for each of `kinds` (int, str, datetime, UUID), and says it."""

    def __init__(self, build: Callable[..., Any], *kinds: type) -> None:
        self.build, self.marks = build, Marks(kinds)

    @cached_property
    def words(self) -> tuple[str, list[tuple[int | None, Any]]]:
        sql, params = self._compiled()
        return sql, list(zip(self.marks.places(params), params, strict=True))

    @abstractmethod
    def _compiled(self) -> tuple[str, Sequence[Any]]: ...

    def filled(self, values: Sequence[Any]) -> tuple[str, list[Any]]:
        sql, params = self.words
        ready = [adapted(value) for value in values]
        return sql, [param if place is None else ready[place] for place, param in params]


class Question(Statement):
    """A SELECT. Rows are as the driver gives them: on SQLite booleans are 0 and 1, UUIDs hex, and
    moments without a zone."""

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(*self.filled(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def _compiled(self) -> tuple[str, Sequence[Any]]:
        asked: QuerySet[Any, Any] = self.build(*self.marks.all)
        return asked.query.sql_with_params()


class Load(Question):
    """A SELECT of a model: its rows come as instances, with what `select_related` names."""

    _making: "_Making"

    def first(self, *values: Any) -> Any:
        """None where there is no row."""
        found = self.rows(*values)[:1]
        return self._making.instance(found[0]) if found else None

    def _compiled(self) -> tuple[str, Sequence[Any]]:
        compiler = self.build(*self.marks.all).query.get_compiler(connection=connection)
        words: tuple[str, Sequence[Any]] = compiler.as_sql()
        self._making = _Making(compiler)
        return words


class _Making:
    """From a row to an instance, as a queryset does it; `compiler` has said its SQL."""

    def __init__(self, compiler: Any) -> None:
        info, select = compiler.klass_info, compiler.select
        self._compiler, self._model = compiler, info["model"]
        self._names = [select[column][0].target.attname for column in info["select_fields"]]
        self._related = get_related_populators(info, select, connection.alias)  # type: ignore[call-arg]
        self._converters = compiler.get_converters([one[0] for one in select])

    def instance(self, row: tuple[Any, ...]) -> Any:
        [values] = self._compiler.apply_converters([row], self._converters)
        found = self._model.from_db(connection.alias, self._names, values[: len(self._names)])
        for related in self._related:
            related.populate(values, found)
        return found


class Change(Statement):
    """An UPDATE; `build` calls `update` itself, which is caught on its way to the database."""

    def run(self, *values: Any) -> int:
        """How many rows were changed."""
        with connection.cursor() as cursor:
            cursor.execute(*self.filled(values))
            return int(cursor.rowcount)

    def _compiled(self) -> tuple[str, Sequence[Any]]:
        caught: list[tuple[str, Sequence[Any]]] = []

        def catch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> None:
            caught.append((sql, tuple(params)))

        with connection.execute_wrapper(catch):
            self.build(*self.marks.all)
        [words] = caught
        return words
