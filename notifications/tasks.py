"""The conveyor: tick → plan → deliver. Tasks carry one id; the rows know everything else.

The broker is a doorbell that may lose, repeat or reorder anything, so every task looks at the
rows, does what is due, and may be called any number of times.
"""

import logging
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from celery.worker import state as worker_state
from django.db import transaction
from django.utils import timezone

from devices.worded import Question
from notifications import pulse, receipts, starting
from notifications.models import Batch
from notifications.sending import channel, clock, delivery, failpoints, lease, sweep
from notifications.states import BatchKind, NotificationStatus
from notifications.webhooks import beside_beat  # noqa: F401  its thread starts with beat

logger = logging.getLogger(__name__)

QUEUES = ("trigger", "bulk")
DOORBELLS = 2  # a worker and queue; each deliver goes on with the next due batch by itself


def ring(task: Any, *ids: int, queue: str | None = None) -> None:
    """Wake a worker after the commit. Never breaks the caller: beat ticks anyway."""
    transaction.on_commit(lambda: _publish(task, ids, queue), robust=True)


def _publish(task: Any, ids: tuple[int, ...], queue: str | None) -> None:
    try:
        task.apply_async(args=ids, queue=queue, retry=False)
    except Exception as error:
        logger.warning("The doorbell of %s did not ring: %s", task.name, error)


def is_stopping() -> bool:
    """A worker that was told to end opens no new window. The flag's value may be 0."""
    flag = worker_state.should_stop
    terminate = worker_state.should_terminate
    return (flag is not None and flag is not False) or (
        terminate is not None and terminate is not False
    )


@worker_ready.connect
def _warm_up(**_: Any) -> None:
    Thread(target=channel.warm_up, daemon=True, name="warm-up").start()


@shared_task
def tick() -> None:
    """Start what is due, ring for what waits, finish what is done. Any number may run at once."""
    now = clock.now()
    starting.start_due(now)
    ring_due()
    sweep.finish_all(now)
    sweep.stop_stragglers(now)
    receipts.sweep(now)


def ring_due() -> None:
    """At most two doorbells a worker and queue; each goes on with the next batch by itself."""
    for queue in QUEUES:
        for pk in lease.due(queue).values_list("pk", flat=True)[: DOORBELLS * pulse.workers(queue)]:
            _publish(deliver, (pk,), queue)


@shared_task
def deliver(batch_id: int) -> None:
    """Send what is left of a batch, then the next one of its queue that is due."""
    queue = next((queue for (queue,) in _QUEUE.rows(batch_id)), None)
    if queue is None:
        return
    tried: deque[int] = deque(maxlen=lease.SKIPPED)
    current: int | None = batch_id
    while current is not None and not is_stopping():
        tried.append(current)
        _deliver_one(current)
        current = lease.next_due(queue, tried)


_QUEUE = Question(lambda pk: Batch.objects.filter(pk=pk).values_list("queue"), int)


def _deliver_one(batch_id: int, get_client: Callable[[], Any] = channel.client) -> None:
    try:
        batch = delivery.deliver(batch_id, get_client=get_client, stopping=is_stopping)
    except Exception:
        # Its lease ends by itself; whoever takes over settles what is in doubt.
        logger.exception("Batch %s broke off.", batch_id)
        return
    if batch is None:
        return
    if batch.notification.status == NotificationStatus.SENDING:
        failpoints.reached("before_finish")
        sweep.finish_if_done(batch.notification_id, clock.now())
    if batch.kind == BatchKind.PLAN:
        _ring_planned(batch.notification_id)


def _ring_planned(notification_id: int) -> None:
    """Wake a few workers for what was just planned; each goes on by itself."""
    due = Batch.objects.claimable(clock.now()).filter(notification=notification_id)
    for pk, queue in due.order_by("pk").values_list("pk", "queue")[:DOORBELLS]:
        _publish(deliver, (pk,), queue)


@shared_task
def upkeep() -> None:
    """Hourly: what has outlived KEEP_DAYS goes; dialogs that nobody answered are closed."""
    from devices import upkeep as phones
    from notifications import upkeep as chores
    from notifications.webhooks import courier

    chores.run(timezone.now())
    phones.keep(timezone.now())
    courier.forget_old(timezone.now())
