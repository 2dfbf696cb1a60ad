"""Whom a notification or the policy holds back in a window: nobody is asked where nothing does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from notifications import reach
from notifications.models import Notification
from notifications.sending import ledger
from notifications.sending.retries import QUIET, Retries

if TYPE_CHECKING:
    from notifications.sending.window import Candidate


class Holder:
    """For the windows of one batch."""

    def __init__(self, notification: Notification) -> None:
        self._who = reach.who(notification)
        self._known: tuple[Any, reach.Limits | None] | None = None

    def look(
        self, candidates: Sequence["Candidate"], policy: reach.Policy, now: datetime
    ) -> dict[int, reach.Held]:
        """By device, those of `candidates` that nothing else holds back; one query."""
        asked = (policy.cap, policy.hours)
        if self._known is None or self._known[0] != asked:
            self._known = asked, reach.limits(self._who, policy, now)
        limits = self._known[1]
        if limits is None:
            return {}
        return limits.look([one.facts.pk for one in candidates if not one.reason], now)


def until_awake(
    asleep: Mapping[datetime, Sequence[ledger.Row]], retries: Retries, now: datetime
) -> list[ledger.Row]:
    """The rows with the list batches that take them up once quiet hours are over there; the time
    for their tries begins then."""
    rows: list[ledger.Row] = []
    for until, waiting in asleep.items():
        members = [(row.device_id, row.user_id or 0) for row in waiting]
        batch_pk = retries.add((QUIET, until.timestamp(), 0, ""), members, until, now)
        rows += [row._replace(batch_id=batch_pk, started_at=until) for row in waiting]
    return rows
