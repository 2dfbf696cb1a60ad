"""Broker, database and clock fail under worker processes: it ends by itself, nothing is lost."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from notifications import lifecycle, reports, tasks
from notifications.models import Batch, Notification
from notifications.sending import clock
from notifications.states import NotificationStatus as S
from tests import services
from tests.console.composing import value_of
from tests.console.staff import client_of
from tests.notifications.test_workers import QUICK, accepted_so_far, status_of, tick_until
from tests.sending import confirmed, make_draft, make_phones, make_staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
    pytest.mark.usefixtures("sandbox"),
]
SLOW = [{"match": {}, "do": "slow", "seconds": 0.15}]
UNHURRIED = QUICK | {"LEASE_SECONDS": "15"}  # where nobody is killed: outlasts a busy machine


def whole(notification, sandbox, phones: int, unknown: int = 0) -> None:
    """All of it, once each, and the ledger and the inbox agree."""
    notification.refresh_from_db()
    found = reports.counts(notification)
    assert (found.planned, found.targeted, found.waiting) == (phones, phones, 0)
    assert found.accepted + found.unknown == phones
    assert found.unknown <= unknown
    stats = sandbox.stats()
    assert stats["max_per_token"] == 1
    assert found.accepted <= stats["accepted"] <= found.accepted + found.unknown


# ---------------------------------------------------------------- Redis


def test_redis_flushed_at_a_third_and_filled_up_it_goes_on(start_worker, sandbox, redis_client):
    make_phones(1_200)
    sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.2}])
    notification = confirmed(batch_mode=True)
    # Twelve batches of four windows each on two threads: when it happens, most wait to be begun.
    env = UNHURRIED | {"BATCH_SIZE": "100", "SEND_WINDOW": "25"}
    worker = start_worker(concurrency=2, env=env)
    tick_until(lambda: accepted_so_far(sandbox) > 400)

    redis_client.flushall()
    tick_until(lambda: accepted_so_far(sandbox) > 700)
    redis_client.config_set("maxmemory", "1")  # every write is refused: OOM
    try:
        tasks._publish(tasks.tick, (), "trigger")  # a page that rings is not hurt
        time.sleep(1)
    finally:
        redis_client.config_set("maxmemory", "0")
    tick_until(lambda: status_of(notification) == S.SENT or worker.process.poll() is not None)
    if worker.process.poll() is not None:  # Celery may give up with its broker; `up` restarts it
        start_worker(env=env)
    tick_until(lambda: status_of(notification) == S.SENT)

    whole(notification, sandbox, 1_200)


def test_confirmed_while_redis_is_away_it_is_sent_when_redis_is_back(
    start_worker, sandbox, redis_client
):
    make_phones(300)
    mia, notification = client_of("ops", "mia"), make_draft(batch_mode=True)
    page = f"/notifications/{notification.uuid}/review/"
    worker = start_worker(env=QUICK)
    redis_client.shutdown(nosave=True)
    try:
        began = time.monotonic()
        said = {"phrase": "Send Notification", "token": value_of(mia.get(page), "token")}
        answer = mia.post(page, said)
        took = time.monotonic() - began
        Notification.objects.update(due_at=clock.now())  # nobody waits for the undo
        time.sleep(2)
    finally:
        services.start_redis(Path(settings.DATA_DIR))
    if worker.process.poll() is not None:  # Celery may give up with its broker; `up` restarts it
        start_worker(env=QUICK)
    tick_until(lambda: status_of(notification) == S.SENT)

    assert (answer.status_code, answer.headers["Location"]) == (302, page.removesuffix("review/"))
    assert took < 5, "a doorbell that cannot ring keeps nobody waiting"
    whole(notification, sandbox, 300)


# ---------------------------------------------------------------- the database


@contextmanager
def database_away(seconds: float):
    """SQLite: someone else holds the lock. PostgreSQL: every connection ends, none is let in."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            cursor.execute("ROLLBACK")
        yield
        return
    elsewhere = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    connection.close()
    with psycopg.connect(elsewhere, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            time.sleep(seconds)
        finally:
            other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    yield


def test_with_the_database_away_for_a_while_nothing_is_lost_or_doubled(start_worker, sandbox):
    make_phones(1_200)
    sandbox.set_faults(SLOW)
    notification = confirmed(batch_mode=True)
    start_worker(env=QUICK | {"LEASE_SECONDS": "20"})
    tick_until(lambda: accepted_so_far(sandbox) > 300)

    with database_away(4):
        pass
    # The lease outlived the outage: the worker that waited writes down what it had.
    tick_until(lambda: status_of(notification) == S.SENT, seconds=90)

    # But for a commit that went through and whose answer was cut off: one window at most.
    whole(notification, sandbox, 1_200, unknown=100)


# ---------------------------------------------------------------- workers


def test_a_worker_that_slept_past_its_lease_adds_what_it_knows(start_worker, sandbox):
    """SIGSTOP mid-send; another settles its phones as unknown; SIGCONT: its answers, read late,
    say that they were accepted. Nobody is sent to twice."""
    make_phones(400)
    sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.8}])
    notification = confirmed(batch_mode=True)
    sleeper = start_worker(concurrency=1, env=QUICK)
    tick_until(lambda: accepted_so_far(sandbox) >= 50)

    sleeper.signal(signal.SIGSTOP)
    time.sleep(2.5)
    sandbox.set_faults([])
    start_worker(env=QUICK)
    tick_until(lambda: reports.counts(notification).unknown > 0)
    in_doubt = reports.counts(notification).unknown
    sleeper.signal(signal.SIGCONT)
    tick_until(lambda: status_of(notification) == S.SENT)
    tick_until(lambda: reports.counts(notification).unknown == 0, seconds=20)

    assert 0 < in_doubt <= 100
    whole(notification, sandbox, 400)


def test_stopped_at_a_third_nothing_goes_out_two_seconds_later(start_worker, sandbox):
    make_phones(1_200)
    sandbox.set_faults(SLOW)
    notification = confirmed(batch_mode=True)
    start_worker(env=QUICK)
    tick_until(lambda: accepted_so_far(sandbox) > 400)

    lifecycle.stop(notification, by=make_staff(), now=clock.now())
    time.sleep(2)
    after_two_seconds = accepted_so_far(sandbox)
    time.sleep(1)

    assert accepted_so_far(sandbox) == after_two_seconds < 1_200
    tick_until(lambda: not Batch.objects.filter(in_doubt__gt=0).exists())
    notification.refresh_from_db()
    found = reports.counts(notification)
    assert (notification.status, found.waiting, found.unknown) == (S.STOPPED, 0, 0)
    assert found.accepted == after_two_seconds
    assert found.not_sent == 1_200 - found.targeted


def test_sigterm_to_all_workers_leaves_nothing_unknown_and_nothing_twice(start_worker, sandbox):
    make_phones(800)
    sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.8}])
    notification = confirmed(batch_mode=True)
    workers = [start_worker(concurrency=2, env=UNHURRIED) for _ in range(2)]
    tick_until(lambda: accepted_so_far(sandbox) > 100)

    for worker in workers:
        worker.signal(signal.SIGTERM)
    for worker in workers:
        worker.process.wait(15)
    when_they_ended = accepted_so_far(sandbox)
    sandbox.set_faults([])
    start_worker(env=QUICK)
    tick_until(lambda: status_of(notification) == S.SENT)

    assert when_they_ended < 800, "they opened no new window"
    whole(notification, sandbox, 800, unknown=0)


def test_access_tokens_that_live_for_seconds_are_minted_as_they_run_out(sandbox):
    """In this process: one mint a lifetime, no failed row."""
    from tests.sending import run_all

    settings_window, settings.SEND_WINDOW = settings.SEND_WINDOW, 20
    try:
        make_phones(200)
        sandbox.control("PUT", "oauth", {"token_lifetime": 2})
        sandbox.set_faults([{"match": {}, "do": "slow", "seconds": 0.2}])
        notification = confirmed()
        began, minted = time.monotonic(), sandbox.stats()["token_mints"]
        run_all()
        took = time.monotonic() - began
    finally:
        settings.SEND_WINDOW = settings_window

    whole(notification, sandbox, 200)
    assert took > 2
    assert 1 < sandbox.stats()["token_mints"] - minted <= took + 2
