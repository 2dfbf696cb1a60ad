"""A seeded, random run of misfortunes while a broadcast goes out, then the invariants.

The sandbox's inbox is the independent oracle: what it accepted is what phones would show.
"""

import os
import signal
import time
from collections.abc import Callable
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection

from notifications import lifecycle, reports, tasks
from notifications.models import Batch, Delivery, Notification
from notifications.sending import clock
from notifications.states import NotificationStatus as S
from notifications.states import Outcome
from tests.sending import confirmed, make_phones, make_staff, token_of

WINDOW, THREADS = 100, 2
LEASE_S = int(os.environ.get("BECKON_LEASE", "2"))  # more, where others keep the machine busy
PROCESSES = int(os.environ.get("BECKON_PROCESSES", "2"))
ENVIRONMENT = {
    "LEASE_SECONDS": str(LEASE_S), "TICK_SECONDS": "0.5", "SEND_WINDOW": str(WINDOW),
    "BATCH_SIZE": "400", "RETRY_SECONDS": "0.3", "QUOTA_SECONDS": "0.5",
}  # fmt: skip
# Answers that leave a device in doubt, and how many each fault may give at most.
FAULTS: list[tuple[dict[str, Any], int]] = [
    ({"match": {"share": 0.3}, "do": "unavailable", "times": 300}, 0),
    ({"match": {"share": 0.5}, "do": "quota", "retry_after": 1, "times": 20}, 0),
    ({"match": {"share": 0.3}, "do": "internal", "times": 100}, 0),
    ({"match": {"share": 0.1}, "do": "slow", "seconds": 0.5, "times": 100}, 0),
    ({"match": {"share": 0.02}, "do": "accept_then_reset", "times": 20}, 20),
    ({"match": {"share": 0.02}, "do": "reset_before_accept", "times": 20}, 20),
    ({"match": {"share": 0.02}, "do": "empty_200", "times": 20}, 20),
    ({"match": {"share": 0.02}, "do": "bad_gateway_html", "times": 20}, 20),
]


class Story:
    """What happened, so that a failing seed can be told."""

    def __init__(self, seed: int, sandbox: Any, start_worker: Callable[..., Any], redis: Any):
        self.random = Random(seed)  # noqa: S311  a story, no secret
        self.sandbox, self.redis = sandbox, redis
        self.start_worker = start_worker
        self.told: list[str] = [f"seed {seed}"]
        self.doubt = 0
        self.stopped = False
        self.workers = [self._worker() for _ in range(PROCESSES)]
        self.mia = make_staff()

    def _worker(self) -> Any:
        return self.start_worker(env=ENVIRONMENT, concurrency=THREADS)

    def tell(self, words: str) -> None:
        self.told.append(words)

    # ------------------------------------------------------------ misfortunes

    def kill(self, notification: Notification) -> None:
        place = self.random.randrange(PROCESSES)
        self.workers[place].kill()
        self.doubt += WINDOW * THREADS
        self.tell("kill -9")
        self.workers[place] = self._worker()

    def deploy(self, notification: Notification) -> None:
        place = self.random.randrange(PROCESSES)
        self.workers[place].signal(signal.SIGTERM)
        self.workers[place].process.wait(20)
        self.tell("SIGTERM")
        self.workers[place] = self._worker()

    def flush(self, notification: Notification) -> None:
        self.redis.flushall()
        self.tell("FLUSHALL")

    def fault(self, notification: Notification) -> None:
        fault, doubt = self.random.choice(FAULTS)
        self.sandbox.set_faults([fault])
        self.doubt += doubt
        self.tell(str(fault))

    def pause(self, notification: Notification) -> None:
        try:
            lifecycle.pause(notification, by=self.mia, now=clock.now())
        except lifecycle.WrongState:
            return
        self.tell("pause")
        time.sleep(self.random.random())
        lifecycle.resume(notification, by=self.mia, now=clock.now())

    def lock(self, notification: Notification) -> None:
        """The database is busy with something else for a moment."""
        self.tell("lock")
        held = "notifications_batch"
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
                time.sleep(1)
                cursor.execute("ROLLBACK")
            else:
                cursor.execute("BEGIN")
                cursor.execute(f"LOCK TABLE {held} IN EXCLUSIVE MODE")
                time.sleep(1)
                cursor.execute("ROLLBACK")

    def stop(self, notification: Notification) -> None:
        if self.random.random() < 0.8 or self.stopped:
            return
        try:
            lifecycle.stop(notification, by=self.mia, now=clock.now())
        except lifecycle.WrongState:
            return
        self.stopped = True
        self.tell("stop")

    # ------------------------------------------------------------ the run

    def play(self, phones: int, misfortunes: int) -> Notification:
        settings.BATCH_THRESHOLD = phones // 2
        make_phones(phones)
        notification = confirmed(batch_mode=True)
        tasks.tick.delay()
        happen = [self.kill, self.deploy, self.flush, self.fault, self.fault, self.pause,
                  self.lock, self.stop]  # fmt: skip
        for _ in range(misfortunes):
            time.sleep(self.random.uniform(0.1, 0.8))
            self.random.choice(happen)(notification)
            _ring()
        self.sandbox.set_faults([])
        self._wait(notification)
        return notification

    def _wait(self, notification: Notification, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not self._is_over(notification):
            assert time.monotonic() < deadline, (
                f"it did not end: {self.told} {_state(notification)}"
            )
            _ring()
            time.sleep(0.3)

    def _is_over(self, notification: Notification) -> bool:
        notification.refresh_from_db()
        if notification.status == S.PAUSED:
            lifecycle.resume(notification, by=self.mia, now=clock.now())
        waiting = Delivery.objects.filter(notification=notification, outcome=Outcome.WAITING)
        doubt = Batch.objects.filter(notification=notification, in_doubt__gt=0)
        return notification.status in (S.SENT, S.STOPPED) and not (
            waiting.exists() or doubt.exists()
        )


def _ring() -> None:
    """Beat's tick, which a broker may lose: that is part of the story."""
    tasks._publish(tasks.tick, (), "trigger")


def _state(notification: Notification) -> Any:
    rows = Batch.objects.filter(notification=notification, finished_at=None)
    return notification.status, list(rows.values("kind", "due_at", "leased_until", "blocked_by"))


def check(story: Story, notification: Notification, phones: int) -> None:
    """I1 to I6 of the promises, said of rows, counters and inbox alike."""
    found, told = reports.counts(notification), story.told
    rows = dict(
        Delivery.objects.filter(notification=notification).values_list("device_id", "outcome")
    )
    final = found.targeted - found.waiting
    assert found.waiting == 0, told
    assert len(rows) == final == found.targeted, (told, len(rows), found.numbers())
    assert story.stopped or found.targeted == found.planned == phones, (told, found.numbers())
    by_rows = {name: list(rows.values()).count(name) for name in set(rows.values())}
    by_counters = {name: n for name, n in found.numbers().items() if n and name in by_rows}
    assert by_rows == by_counters, told
    stats = story.sandbox.stats()
    assert stats["max_per_token"] <= 1, told
    assert found.accepted <= stats["accepted"] <= found.accepted + found.unknown, (
        told, found.numbers(), stats,
    )  # fmt: skip
    assert found.unknown <= story.doubt, (told, found.numbers(), found.reasons)
    sample = story.random.sample(sorted(rows), min(20, len(rows)))
    first = min(rows, default=0)
    for pk in sample:
        inbox = story.sandbox.messages(token=token_of(pk - first))
        assert (rows[pk] != Outcome.ACCEPTED) or len(inbox) == 1, told
