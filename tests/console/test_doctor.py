"""Health, said three ways: the page, `manage.py doctor`, and /metrics."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from devices import preferences
from notifications import health, pulse, starting
from notifications.models import Heartbeat
from tests.sending import confirmed, make_phones, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def named(checks, name):
    return next(check for check in checks if check.name == name)


def test_silent_workers_and_beat_are_named_with_the_command_that_starts_them(sandbox):
    checks = health.examine(timezone.now())

    assert named(checks, "Workers").ok is False
    assert "manage.py up --only worker-bulk" in named(checks, "Workers").remedy
    assert named(checks, "Clock").ok is False


def test_doctor_ends_with_1_while_something_is_wrong_and_0_when_all_is_well(sandbox):
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=said)
    assert ended.value.code == 1
    assert "WRONG  Workers" in said.getvalue()

    for name, role in (("a", "worker-trigger"), ("b", "worker-bulk"), ("c", "beat")):
        Heartbeat.objects.create(name=name, role=role)
    call_command("doctor", stdout=said)


def test_an_overdue_batch_is_told(sandbox):
    make_phones(1)
    notification = confirmed()
    starting.start_due(timezone.now())
    notification.batches.update(due_at=timezone.now() - timedelta(minutes=3))

    assert named(health.examine(timezone.now()), "Queue").ok is False


def test_redis_away_is_told_with_what_it_means(settings, sandbox):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    told = named(health.examine(timezone.now()), "Redis")

    assert told.ok is False
    assert "an eighth of the rate" in told.remedy


def test_the_page_and_the_metrics_answer(client, sandbox):
    client.force_login(make_staff("vera", "viewer"), "django.contrib.auth.backends.ModelBackend")

    Heartbeat.objects.create(name="killed", role="beat", at=timezone.now() - timedelta(minutes=2))

    page = client.get("/health/")
    numbers = client.get("/metrics")

    assert page.status_code == 200
    assert "Not well" in page.content.decode()
    assert "Silent" in page.content.decode()
    assert 'beckon_well{check="workers"} 0.0' in numbers.content.decode()
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 401


def test_a_pause_of_everything_is_told_and_its_queue_asks_for_no_more_workers(sandbox):
    make_phones(1)
    notification = confirmed()
    starting.start_due(timezone.now())
    notification.batches.update(due_at=timezone.now() - timedelta(minutes=3))
    preferences.put(pause_all_since="2026-03-01T09:00:00+00:00")

    checks = health.examine(timezone.now())

    assert named(checks, "Sending").sentence == "All sending is paused since Sun 1 Mar, 09:00 UTC."
    assert named(checks, "Queue").sentence == "1 batch waits until the pause of all sending ends."
    assert named(checks, "Queue").ok


def test_the_silence_of_one_queue_is_not_that_of_another(sandbox):
    now = timezone.now()
    Heartbeat.objects.create(name="a", role="worker-trigger", at=now)
    Heartbeat.objects.create(name="b", role="worker-bulk", at=now - timedelta(minutes=7))

    told = named(health.examine(now), "Workers")

    assert told.sentence == "No worker listens to bulk: the last heartbeat is 7 min old."


def test_a_process_that_ends_in_good_order_leaves_no_heartbeat():
    pulse.start("worker-bulk")
    pulse.start("beat")
    Heartbeat.objects.create(name="beat@elsewhere:1", role="beat", at=timezone.now())

    pulse.end()

    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["beat@elsewhere:1"]
