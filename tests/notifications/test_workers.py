"""Real Celery workers in processes of their own: killed, stopped, and many at once."""

import signal
import time
from collections.abc import Callable

import pytest

from notifications import reports, tasks
from notifications.models import Notification
from notifications.states import NotificationStatus as S
from tests.sending import confirmed, make_phones

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("sandbox"),
]
QUICK = {"LEASE_SECONDS": "2", "TICK_SECONDS": "0.5", "SEND_WINDOW": "100", "BATCH_SIZE": "500"}


def tick_until(done: Callable[[], bool], seconds: float = 60) -> None:
    """What beat does, from here, so that a test needs no beat."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to an end"
        tasks.tick.delay()
        time.sleep(0.3)


def status_of(notification: Notification) -> str:
    return Notification.objects.values_list("status", flat=True).get(pk=notification.pk)


def accepted_so_far(sandbox) -> int:
    return sandbox.stats()["accepted"]


def test_killed_twice_it_finishes_and_sends_nothing_twice(start_worker, sandbox, settings):
    settings.BATCH_THRESHOLD = 1_000
    make_phones(3_000)
    sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.15}])
    notification = confirmed(batch_mode=True)
    for part in (500, 1_200):
        worker = start_worker(env=QUICK)
        tick_until(lambda part=part: accepted_so_far(sandbox) > part)
        worker.kill()

    start_worker(env=QUICK)
    tick_until(lambda: status_of(notification) == S.SENT)

    notification.refresh_from_db()
    found = reports.counts(notification)
    assert found.targeted == found.planned == 3_000
    assert found.accepted + found.unknown == 3_000
    assert 0 < found.unknown <= 2 * 4 * 100  # two kills, at most four batches each held
    stats = sandbox.stats()
    assert stats["max_per_token"] == 1
    assert found.accepted <= stats["accepted"] <= found.accepted + found.unknown


def test_a_deploy_leaves_nothing_unknown(start_worker, sandbox):
    make_phones(1_500)
    sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.1}])
    notification = confirmed(batch_mode=True)
    worker = start_worker(env=QUICK)
    tick_until(lambda: accepted_so_far(sandbox) > 300)

    worker.signal(signal.SIGTERM)
    worker.process.wait(15)
    start_worker(env=QUICK)
    tick_until(lambda: status_of(notification) == S.SENT)

    notification.refresh_from_db()
    found = reports.counts(notification)
    assert (found.accepted, found.unknown) == (1_500, 0)
    assert sandbox.stats()["max_per_token"] == 1


def test_the_doorbell_may_ring_fifty_times(start_worker, sandbox):
    make_phones(400)
    notification = confirmed()
    start_worker(env=QUICK | {"LEASE_SECONDS": "15"})  # nobody dies here
    tasks.tick.delay()
    tick_until(lambda: notification.batches.exists())
    for batch in notification.batches.all():
        for _ in range(50):
            tasks.deliver.apply_async(args=[batch.pk], queue="bulk")

    tick_until(lambda: status_of(notification) == S.SENT)

    assert reports.counts(notification).accepted == 400
    assert sandbox.stats()["max_per_token"] == 1
