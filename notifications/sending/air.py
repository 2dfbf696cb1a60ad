"""Air between SQLite's writing transactions, so that pages get their turn.

IMMEDIATE transactions are unfair: a tight writer starves the others. At least 20 ms in every
100 ms are left free; PostgreSQL needs none of it.
"""

from time import monotonic, sleep
from typing import Any

from django.db import connection

BUSY_S, AIR_S = 0.080, 0.020


class Air:
    """Wrap each transaction in `with air:`."""

    def __init__(self) -> None:
        self._busy = 0.0
        self._ended = monotonic()
        self._began = 0.0

    def __enter__(self) -> None:
        now = monotonic()
        if connection.vendor != "sqlite":
            self._began = now
            return
        if now - self._ended >= AIR_S:
            self._busy = 0.0
        elif self._busy >= BUSY_S:
            sleep(AIR_S)
            self._busy = 0.0
        self._began = monotonic()

    def __exit__(self, *_: Any) -> None:
        self._ended = monotonic()
        self._busy += self._ended - self._began
