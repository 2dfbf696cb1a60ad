"""What a step must know before it writes, in one statement that the database has seen before.

The hot loop asks this once a window: through the ORM each of these questions would cost more to
put into words than to answer.
"""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

# Who waits for a row's lock reads what was true when the statement began, but for that row: a stop
# holds it until the notification is stopped, so it is locked first and asked then. {0}: the clock.
_LOCK = "SELECT 1 FROM notifications_batch WHERE id = %s AND lease_token = %s FOR UPDATE"
_ASK = """
SELECT {0}, b.cursor, b.counters, b.started_at IS NOT NULL,
  n.status, n.paused_reason, n.brake_released,
  (SELECT until FROM notifications_projectpause WHERE id = 1)
FROM notifications_batch b JOIN notifications_notification n ON n.id = b.notification_id
WHERE b.id = %s AND b.lease_token = %s
"""
_SQLITE = _ASK.format("NULL")  # its transaction holds the whole file
_POSTGRES = _ASK.format("clock_timestamp()")


class Glance(NamedTuple):
    now: datetime
    cursor: int
    counters: dict[str, Any]
    started: bool
    status: str
    paused_reason: str
    brake_released: bool
    project_until: datetime | None  # while Google wants the whole project to be quiet


def take(batch_id: int, token: UUID) -> Glance | None:
    """Inside a transaction: locks the batch's row and reads it, its notification and the project's
    pause as they are now; None where the lease is someone else's."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_LOCK, [batch_id, token])
            cursor.execute(_POSTGRES, [batch_id, token])
        else:
            cursor.execute(_SQLITE, [batch_id, token.hex])
        row = cursor.fetchone()
    if row is None:
        return None
    now = row[0] or timezone.now()
    until = _moment(row[7])
    return Glance(
        now, row[1], json.loads(row[2]), bool(row[3]), row[4], row[5], bool(row[6]),
        until if until and until > now else None,
    )  # fmt: skip


def _moment(value: datetime | None) -> datetime | None:
    """SQLite keeps UTC without saying so."""
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
