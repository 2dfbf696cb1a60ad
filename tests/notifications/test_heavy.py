"""Long and large misfortunes, too slow for every run: `make soak` plays them."""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from devices.models import Device
from devices.states import DeviceState
from notifications import reports
from notifications.models import Delivery
from notifications.states import NotificationStatus as S
from tests import services
from tests.notifications.test_faults_of_services import database_away, whole
from tests.notifications.test_workers import accepted_so_far, status_of, tick_until
from tests.sending import confirmed, make_phones

pytestmark = [
    pytest.mark.usefixtures("sandbox"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not os.environ.get("BECKON_HEAVY"), reason="`make soak` plays it"),
]
PHONES = int(os.environ.get("BECKON_HEAVY_PHONES", "100000"))
ROUGH = [
    {"match": {"nth": 2_000}, "do": "quota", "scope": "project", "retry_after": 7},
    {"match": {"token_share": 0.03}, "do": "unregistered"},
    {"match": {"share": 0.01}, "do": "accept_then_reset"},
    {"match": {"share": 0.005}, "do": "quota", "scope": "device", "retry_after": 3},
    {"match": {"share": 0.2}, "do": "unavailable"},
]
SLOW = [{"match": {}, "do": "slow", "seconds": 0.15}]


def test_a_hundred_thousand_on_a_rough_day_end_by_themselves(start_worker, sandbox):
    make_phones(PHONES)
    sandbox.set_faults(ROUGH)
    notification = confirmed(batch_mode=True)
    env = {"RETRY_SECONDS": "2", "LEASE_SECONDS": "20", "TICK_SECONDS": "1"}
    start_worker("bulk", concurrency=1, env=env)
    start_worker("trigger", concurrency=4, env=env)

    tick_until(lambda: accepted_so_far(sandbox) > PHONES // 20, seconds=300)
    burst = {"match": {}, "do": "quota", "scope": "project", "retry_after": 7, "times": 50}
    sandbox.set_faults([burst, *ROUGH])
    tick_until(lambda: status_of(notification) == S.SENT, seconds=1_200)

    notification.refresh_from_db()
    found, stats = reports.counts(notification), sandbox.stats()
    print(found.numbers(), stats)
    rows = Delivery.objects.filter(notification=notification)
    assert (found.planned, found.targeted, found.waiting) == (PHONES, PHONES, 0)
    assert rows.count() == PHONES
    assert stats["max_per_token"] == 1
    assert found.accepted <= stats["accepted"] <= found.accepted + found.unknown
    assert found.expired <= PHONES // 1_000
    assert found.unknown <= 0.02 * PHONES
    dead = Device.objects.filter(state=DeviceState.INVALID).count()
    assert dead == found.dead_token
    assert 0.02 * PHONES < dead < 0.04 * PHONES


def test_redis_gone_for_a_minute_no_one_needs_to_do_anything(start_worker, sandbox, redis_client):
    make_phones(3_000)
    sandbox.set_faults(SLOW)
    notification = confirmed(batch_mode=True)
    worker = start_worker()
    tick_until(lambda: accepted_so_far(sandbox) > 600)

    redis_client.shutdown(nosave=True)
    try:
        time.sleep(60)
    finally:
        services.start_redis(Path(settings.DATA_DIR))
    if worker.process.poll() is not None:  # Celery may give up with its broker; `up` restarts it
        start_worker()
    tick_until(lambda: status_of(notification) == S.SENT, seconds=240)

    whole(notification, sandbox, 3_000)


def test_the_database_gone_for_as_long_as_a_restart_takes(start_worker, sandbox):
    """SQLite locked for 10 s, PostgreSQL away for 20: shorter than a lease."""
    make_phones(3_000)
    sandbox.set_faults(SLOW)
    notification = confirmed(batch_mode=True)
    start_worker()
    tick_until(lambda: accepted_so_far(sandbox) > 600)

    with database_away(10 if connection.vendor == "sqlite" else 20):
        pass
    tick_until(lambda: status_of(notification) == S.SENT, seconds=240)

    whole(notification, sandbox, 3_000, unknown=4 * settings.SEND_WINDOW)
