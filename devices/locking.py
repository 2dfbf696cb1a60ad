"""One after the other, on both databases: whoever names the same things waits.

PostgreSQL takes advisory locks of the names, in one order, until the transaction ends. SQLite
has one writer: its transactions are IMMEDIATE.
"""

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
DEADLOCKS = {"40001", "40P01"}  # serialization failure, deadlock detected


def serialized(function: Callable[P, R]) -> Callable[P, R]:
    """Run in one transaction, and again when another one was in its way, five times at most."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except (IntegrityError, OperationalError) as error:
                if not left or not worth_another_try(error):
                    raise
        raise AssertionError("unreachable")

    return run


def worth_another_try(error: Exception) -> bool:
    """Inside somebody's transaction only a unique row that was first can be tried again."""
    if isinstance(error, IntegrityError):
        return True
    broken = connection.in_atomic_block
    return getattr(error.__cause__, "sqlstate", "") in DEADLOCKS and not broken


def lock(*names: str) -> None:
    """Until the end of the transaction. Call it before the first read."""
    if connection.vendor != "postgresql":
        return
    keys = sorted({number(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
