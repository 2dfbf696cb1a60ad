"""The list batches for what must be tried again: few, however many transactions record answers.

A worker adds to a list batch that it made itself, as long as nobody has claimed it and it is not
due before the wait that is asked for. Everything else gets a batch of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from notifications.models import Batch, Notification
from notifications.sending import backoff, pairs, plan

Key = tuple[str, float | None, int, str]  # reason, Retry-After, attempts, blocked_by
QUIET = "quiet_hours"  # waits for a moment that is known: no attempt, no jitter


class Mine(NamedTuple):
    pk: int
    size: int


class Retries:
    """For one transaction. `known` comes from the last one that was committed; what `known` is
    after this one counts only once this one is committed too: a rolled back pk may be another's."""

    def __init__(
        self, notification: Notification, known: Mapping[Key, Mine], zone: str = ""
    ) -> None:
        self.notification = notification
        self.known, self.zone = dict(known), zone

    def add(
        self, key: Key, members: Sequence[pairs.Pair], not_before: datetime, now: datetime
    ) -> int:
        """The pk of the batch that will try `members` again, no sooner than `not_before`."""
        mine = self.known.get(key)
        if mine is None or not self._append(key, mine, members, not_before):
            batch = plan.add_list(
                self.notification, list(members), _due(key, not_before, now), blocked_by=key[3],
                zone=self.zone,
            )  # fmt: skip
            mine = Mine(batch.pk, 0)
        self.known[key] = mine._replace(size=mine.size + len(members))
        return mine.pk

    def _append(
        self, key: Key, mine: Mine, members: Sequence[pairs.Pair], not_before: datetime
    ) -> bool:
        size = mine.size + len(members)
        if size > settings.BATCH_SIZE:
            return False
        free = Batch.objects.filter(
            pk=mine.pk, lease_token=None, finished_at=None, blocked_by=key[3]
        )
        if not key[3]:
            free = free.filter(due_at__gte=not_before)
        there = free.select_for_update().values_list("members", flat=True).first()
        if there is None:
            return False
        joined = bytes(there) + pairs.pack(members)
        queue = plan.queue_of("list", size)
        return bool(free.update(members=joined, last_pk=pairs.count(joined), queue=queue))


def _due(key: Key, not_before: datetime, now: datetime) -> datetime:
    if key[3] or key[0] == QUIET:
        return not_before
    floor = (not_before - now).total_seconds()
    return not_before + timedelta(seconds=backoff.jitter_s(floor))
