"""Counting over millions of rows. PostgreSQL is told that the question is a large one: by itself it
shies from handing rows between processes and, misled by conditions it cannot foresee, looks up
hundreds of thousands of rows one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

MEMORY = "64MB"  # for sets of a million people, unless there is more
SETTINGS = {
    "parallel_tuple_cost": "0.01",
    "parallel_setup_cost": "100",
    "enable_nestloop": "off",
}


def count(asked: QuerySet[Any, Any]) -> int:
    with at_scale():
        return asked.count()


@contextmanager
def at_scale() -> Iterator[None]:
    """Ends with the transaction: its own, unless the caller is in one."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        before, memory = _current(cursor)
        _set(cursor, SETTINGS | {"work_mem": memory})
        yield
        _set(cursor, before)


def _current(cursor: Any) -> tuple[dict[str, str], str]:
    """What is set, and how many kB of memory shall be."""
    names = [*SETTINGS, "work_mem"]
    asked = ", ".join("current_setting(%s)" for _ in names)
    most = "greatest(pg_size_bytes(current_setting('work_mem')), pg_size_bytes(%s)) / 1024"
    cursor.execute(f"SELECT ({most})::text, {asked}", [MEMORY, *names])
    memory, *values = cursor.fetchone()
    return dict(zip(names, values, strict=True)), memory


def _set(cursor: Any, values: dict[str, str]) -> None:
    asked = ", ".join("set_config(%s, %s, true)" for _ in values)
    cursor.execute(f"SELECT {asked}", [one for pair in values.items() for one in pair])
