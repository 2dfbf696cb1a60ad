"""Lists page by page, each after the key of the last row of the one before."""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def cut(rows: "QuerySet[M]", most: int, key: str = "pk") -> tuple[list[M], int | None]:
    """The first `most` of `rows`, which are in the order of `key`; and the key of their last where
    there are more."""
    found = list(rows[: most + 1])
    last: int | None = getattr(found[most - 1], key) if len(found) > most else None
    return found[:most], last
