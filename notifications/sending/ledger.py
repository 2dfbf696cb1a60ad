"""Writing deliveries in bulk: COPY on PostgreSQL, executemany on SQLite; no ORM object per row.

`insert` is for devices that surely have no row (the fence holds and the batch is a range),
`merge` for all others: it changes only rows that are `waiting` or `unknown`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from notifications.states import Outcome

TABLE = "notifications_delivery"
COLUMNS = (
    "notification_id", "device_id", "user_id", "batch_id", "platform", "outcome", "reason",
    "message_id", "attempts", "doubtful", "started_at", "at",
)  # fmt: skip
CHANGED = (
    "batch_id", "outcome", "reason", "message_id", "attempts", "doubtful", "started_at", "at",
)  # fmt: skip


class Row(NamedTuple):
    notification_id: int
    device_id: int
    user_id: int | None
    batch_id: int
    platform: str
    outcome: str
    reason: str
    message_id: str
    attempts: int
    doubtful: bool
    started_at: datetime
    at: datetime


_names = ", ".join(COLUMNS)
_marks = ", ".join(["%s"] * len(COLUMNS))
_changes = ", ".join(f"{name} = excluded.{name}" for name in CHANGED)
# S608: every part is a constant of this module.
_INSERT = f"INSERT INTO {TABLE} ({_names}) VALUES ({_marks})"  # noqa: S608
_ON_CONFLICT = (
    f" ON CONFLICT (notification_id, device_id) DO UPDATE SET {_changes}"
    f" WHERE {TABLE}.outcome IN ('{Outcome.WAITING}', '{Outcome.UNKNOWN}')"
)
_COPY = f"COPY {TABLE} ({_names}) FROM STDIN"
_STAGE = "beckon_delivery_stage"


def insert(rows: Sequence[Row]) -> None:
    """New rows only; a row that is there already raises IntegrityError."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, _COPY, rows)
        else:
            cursor.executemany(_INSERT, _plain(rows))


def merge(rows: Sequence[Row]) -> None:
    """New rows, or the new truth about rows that were waiting or unknown; others stay."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(_INSERT + _ON_CONFLICT, _plain(rows))
            return
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_STAGE} (LIKE {TABLE}) ON COMMIT DELETE ROWS"
        )
        _copy(cursor, _COPY.replace(TABLE, _STAGE), rows)
        # Ordered, so that two merges never lock the same rows crosswise.
        cursor.execute(
            f"INSERT INTO {TABLE} ({_names}) SELECT {_names} FROM {_STAGE} "  # noqa: S608
            f"ORDER BY device_id{_ON_CONFLICT}"
        )
        cursor.execute(f"DELETE FROM {_STAGE}")  # noqa: S608


def _copy(cursor: Any, statement: str, rows: Sequence[Row]) -> None:
    lines = "".join(
        f"{r[0]}\t{r[1]}\t{_null(r[2])}\t{r[3]}\t{r[4]}\t{r[5]}\t{_text(r[6])}\t{_text(r[7])}\t"
        f"{r[8]}\t{'t' if r[9] else 'f'}\t{r[10].isoformat()}\t{r[11].isoformat()}\n"
        for r in rows
    )
    with cursor.copy(statement) as copy:
        copy.write(lines)


def _null(value: int | None) -> str:
    return r"\N" if value is None else str(value)


def _text(value: str) -> str:
    """Text for COPY; reasons and ids are plain, but FCM's words are never trusted to be."""
    if value.isascii() and value.isprintable() and "\\" not in value:
        return value
    return value.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _plain(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Django's SQLite adapter would format each datetime; most rows share theirs."""
    seen: dict[datetime, str] = {}

    def stamp(moment: datetime) -> str:
        if moment not in seen:
            seen[moment] = str(connection.ops.adapt_datetimefield_value(moment))
        return seen[moment]

    return [(*row[:10], stamp(row[10]), stamp(row[11])) for row in rows]
