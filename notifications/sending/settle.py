"""Taking over a batch whose holder died: what was in doubt is written down first.

In doubt = the manifest's devices that have no row, or whose row waits in this very batch. Never a
second evaluation of the audience.
"""

from datetime import datetime, timedelta

from django.conf import settings

from devices.models import Device
from notifications.models import Delivery, Notification
from notifications.sending import counters, ledger, pairs, plan
from notifications.sending.lease import Lease
from notifications.states import NotificationStatus as S
from notifications.states import Outcome

TAKEOVERS_MAX = 3


def settle(lease: Lease, now: datetime) -> int:
    """Inside the claim's transaction; returns how many devices were in doubt."""
    batch = lease.batch
    doubtful = _in_doubt(lease)
    takeovers = batch.takeovers + 1
    again = _is_repeated(batch.notification, takeovers)
    outcome = Outcome.WAITING if again else Outcome.UNKNOWN
    target = batch.pk
    if again and doubtful:
        due_at = now + timedelta(seconds=settings.RETRY_SECONDS)
        members = [(row.device_id, row.user_id or 0) for row in doubtful]
        target = plan.add_list(batch.notification, members, due_at, zone=batch.timezone).pk
    rows = [
        row._replace(batch_id=target, outcome=outcome, at=now, doubtful=True) for row in doubtful
    ]
    ledger.merge(rows)
    delta = counters.Delta((row.platform, row.outcome, row.reason) for row in rows)
    lease.keep(
        manifest=b"",
        in_doubt=0,
        takeovers=takeovers,
        counters=counters.apply(batch.counters, delta),
    )
    return len(rows)


def _is_repeated(notification: Notification, takeovers: int) -> bool:
    stopped = notification.status in (S.STOPPED, S.CANCELLED)
    return notification.at_least_once and not stopped and takeovers < TAKEOVERS_MAX


def _in_doubt(lease: Lease) -> list[ledger.Row]:
    batch = lease.batch
    listed = pairs.unpack(batch.manifest)
    pks = [pk for pk, _ in listed]
    fields = ("device_id", "outcome", "batch_id", "attempts", "started_at", "platform")
    known = {
        row[0]: row
        for row in Delivery.objects.filter(
            notification=batch.notification_id, device_id__in=pks
        ).values_list(*fields)
    }
    platforms = dict(Device.objects.filter(pk__in=pks).values_list("pk", "platform"))
    rows = []
    now = lease.now()
    for pk, user_id in listed:
        row = known.get(pk)
        if row and not (row[1] == Outcome.WAITING and row[2] == batch.pk):
            continue
        rows.append(
            ledger.Row(
                batch.notification_id,
                pk,
                user_id or None,
                batch.pk,
                row[5] if row else platforms.get(pk, "android"),
                Outcome.UNKNOWN,
                "worker_lost",
                "",
                (row[3] if row else 0) + 1,
                True,
                row[4] if row else now,
                now,
            )
        )
    return rows
