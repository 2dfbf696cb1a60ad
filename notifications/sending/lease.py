"""A lease on one batch: taken by a conditional UPDATE, proven again in every transaction.

No lock outlives a transaction and no race is lost: whoever's token stands in the row may write.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import choice
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Q

from devices.worded import Change, Load, Question
from notifications.models import Batch
from notifications.querysets import BatchQuerySet
from notifications.sending import clock, glance, pause
from notifications.sending.glance import Glance

NEAR = 32
SKIPPED = 64  # batches that one chain may look past


def span() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


@dataclass(slots=True)
class Lease:
    batch: Batch
    token: UUID
    renewed: float = field(default_factory=monotonic)
    _asked: float = 0.0
    _seen_at: datetime | None = None  # the fence's moment, by the database's clock

    def now(self) -> datetime:
        return clock.now()

    def fence(self) -> Glance | None:
        """Inside a transaction: lock the row if it is still ours and read anew what others may
        have changed. Without it nothing that follows may be written."""
        asked = monotonic()
        seen = glance.take(self.batch.pk, self.token)
        if seen is None:
            return None
        batch = self.batch
        batch.cursor, batch.counters = seen.cursor, seen.counters
        batch.started_at = (batch.started_at or seen.now) if seen.started else None
        self._asked, self._seen_at = asked, seen.now
        return seen

    def keep(self, **fields: Any) -> None:
        """Write fields of the fenced row and renew the lease, from the fence's moment on; no
        UPDATE by anyone else between."""
        seen_at, asked = self._seen_at, self._asked
        if seen_at is None:
            asked, seen_at = monotonic(), clock.now()
        self.renewed = asked
        self._write(leased_until=seen_at + span(), **fields)

    def finish(self, **fields: Any) -> None:
        """The batch's last record: nothing is in doubt and nobody holds it."""
        now = clock.now()
        self._write(
            leased_until=None, lease_token=None, manifest=b"", in_doubt=0, finished_at=now, **fields
        )

    def let_go(self, **fields: Any) -> None:
        """Clear the lease of an unfinished batch; whoever claims it next goes on at the cursor."""
        self._write(leased_until=None, lease_token=None, manifest=b"", in_doubt=0, **fields)

    def _write(self, **fields: Any) -> None:
        with connection.cursor() as cursor:
            values = [
                _columns()[name].get_db_prep_save(fields[name], connection) for name in fields
            ]
            key = _columns()["lease_token"].get_db_prep_save(self.token, connection)
            cursor.execute(_update(tuple(fields)), [*values, self.batch.pk, key])
        for name, value in fields.items():
            setattr(self.batch, name, value)

    @property
    def safe_until(self) -> float:
        """On the monotonic clock: past it nothing more goes on the wire, for the lease might end
        before the answer is recorded."""
        lease_s = float(settings.LEASE_SECONDS)
        return self.renewed + lease_s - min(20.0, lease_s / 3)


@cache
def _columns() -> dict[str, Any]:
    return {one.name: one for one in Batch._meta.concrete_fields}


@cache
def _update(names: tuple[str, ...]) -> str:
    """The UPDATE of these fields under the lease, put into words once."""
    table, changes = Batch._meta.db_table, ", ".join(f"{name} = %s" for name in names)
    return f"UPDATE {table} SET {changes} WHERE id = %s AND lease_token = %s"  # noqa: S608


def _take(pk: int, now: datetime, token: UUID, until: datetime) -> None:
    Batch.objects.filter(pk=pk).filter(
        pk__in=Batch.objects.claimable(now).filter(pk=pk).values("pk")
    ).filter(Q(leased_until=None) | Q(leased_until__lte=now)).update(
        lease_token=token, leased_until=until
    )


_TAKE = Change(_take, int, datetime, UUID, datetime)
_CLAIMED = Load(lambda pk: Batch.objects.select_related("notification").filter(pk=pk), int)


def claim(batch_id: int) -> Lease | None:
    """Inside a transaction: one UPDATE decides who holds the batch."""
    now, token = clock.now(), uuid4()
    won = _TAKE.run(batch_id, now, token, now + span())
    if not won:
        return None
    return Lease(_CLAIMED.first(batch_id), token)


def due(queue: str) -> BatchQuerySet:
    """What a worker of that queue may take now, oldest first. While everything is paused only
    what a dead holder left in doubt: it is settled, not sent."""
    now = clock.now()
    return _due(queue, tuple(pause.held(now)), now)


def _due(queue: str, held: tuple[str, ...], now: datetime) -> BatchQuerySet:
    found = Batch.objects.claimable(now).filter(queue=queue).order_by("due_at", "pk")
    return found.filter(Q(in_doubt__gt=0) | ~Q(notification__kind__in=held)) if held else found


@cache
def _first_due(queue: str, held: tuple[str, ...], most: int) -> Question:
    return Question(lambda now: _due(queue, held, now).values_list("pk")[:most], datetime)


def next_due(queue: str, skip: Container[int]) -> int | None:
    """A batch of that queue that waits long, if any is free now, but for `skip`. Of many short
    ones not always the first: else all threads would try for it and all but one in vain."""
    now = clock.now()
    waiting = _first_due(queue, tuple(sorted(pause.held(now))), NEAR + SKIPPED).rows(now)
    near = [pk for (pk,) in waiting if pk not in skip][: NEAR if queue == "trigger" else 1]
    return choice(near) if near else None  # noqa: S311  no secret
