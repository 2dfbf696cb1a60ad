"""Answers that reach a worker after it lost its lease: merged, never allowed to undo the truth.

`waiting` becomes anything final; `unknown` becomes `accepted`; `accepted` is never left.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from devices import registry
from notifications.fcm.outcomes import Answer, Kind
from notifications.models import Batch, Delivery
from notifications.sending import counters
from notifications.states import Outcome

if TYPE_CHECKING:
    from notifications.sending.opening import Out

FINAL = {
    Kind.ACCEPTED: Outcome.ACCEPTED,
    Kind.DEAD_TOKEN: Outcome.DEAD_TOKEN,
    Kind.REJECTED: Outcome.REJECTED,
}


def merge(batch: Batch, answered: Sequence[tuple[int, "Out", Answer]], now: datetime) -> None:
    """Inside a transaction, without the fence. The settled rows are there already."""
    final = {pk: (out, answer) for pk, out, answer in answered if answer.kind in FINAL}
    if not final:
        return
    Batch.objects.select_for_update().get(pk=batch.pk)
    rows = Delivery.objects.select_for_update().filter(
        notification=batch.notification_id,
        device_id__in=list(final),
        outcome__in=(Outcome.WAITING, Outcome.UNKNOWN),
    )
    delta = counters.Delta()
    for row in rows.order_by("device_id"):
        out, answer = final[row.device_id]
        outcome = FINAL[answer.kind]
        if row.outcome == Outcome.UNKNOWN and outcome != Outcome.ACCEPTED:
            continue
        delta[row.platform, row.outcome, row.reason] -= 1
        delta[row.platform, outcome, answer.reason if outcome != Outcome.ACCEPTED else ""] += 1
        Delivery.objects.filter(notification=row.notification_id, device_id=row.device_id).update(
            outcome=outcome,
            reason="" if outcome == Outcome.ACCEPTED else answer.reason,
            message_id=answer.message_id.rpartition("/")[2][:100],
            at=now,
        )
        if outcome == Outcome.DEAD_TOKEN:
            registry.retire([(row.device_id, out.token)], now)
    fresh = Batch.objects.select_for_update().get(pk=batch.pk)
    Batch.objects.filter(pk=batch.pk).update(counters=counters.apply(fresh.counters, delta))
