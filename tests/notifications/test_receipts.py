"""A phone may tell before the engine has written: receipts wait for their row."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from devices.models import Device
from notifications import receipts, reports
from notifications.models import Batch, Delivery, Notification, Receipt
from notifications.receipts import Event
from tests.sending import confirmed, make_draft, make_phones, run_all

NOW = timezone.now()


def opened(notification: Notification, device: Device, **fields) -> Event:
    told = {"event_id": str(uuid4()), "type": "opened"} | fields
    return Event(device_id=device.device_id, notification_id=notification.uuid, **told)


def make_row(notification: Notification, device: Device, outcome: str = "accepted") -> Batch:
    batch = Batch.objects.create(notification=notification, kind="list", due_at=NOW)
    Delivery.objects.create(
        notification=notification, device=device, batch=batch, platform=device.platform,
        outcome=outcome, started_at=NOW, at=NOW,
    )  # fmt: skip
    return batch


@pytest.mark.django_db
def test_a_receipt_waits_for_its_row_and_is_applied_with_it():
    [device] = make_phones(1)
    notification = make_draft()
    taken = receipts.take([opened(notification, device)], NOW)
    assert taken.accepted == 1
    assert Receipt.objects.get().applied_at is None

    batch = make_row(notification, device)
    settled = receipts.apply_waiting(notification.pk, [device.pk], NOW)

    batch.refresh_from_db()
    assert (settled, batch.opened_android) == (1, 1)
    assert Delivery.objects.get().opened_at is not None
    assert receipts.apply_waiting(notification.pk, [device.pk], NOW) == 0


@pytest.mark.django_db
def test_nothing_waiting_costs_one_query(django_assert_num_queries):
    notification = make_draft()

    with django_assert_num_queries(1):
        receipts.apply_waiting(notification.pk, list(range(500)), NOW)


@pytest.mark.django_db
def test_the_tick_applies_what_fell_between_two_transactions():
    [device] = make_phones(1)
    notification = make_draft()
    receipts.take([opened(notification, device)], NOW)
    batch = make_row(notification, device)

    assert receipts.sweep(NOW) == 1

    batch.refresh_from_db()
    assert batch.opened_android == 1


@pytest.mark.django_db
def test_after_an_hour_the_tick_gives_up():
    [device] = make_phones(1)
    notification = make_draft()
    receipts.take([opened(notification, device)], NOW)

    receipts.sweep(NOW + timedelta(minutes=59))
    assert Receipt.objects.get().applied_at is None
    receipts.sweep(NOW + timedelta(minutes=61))

    assert Receipt.objects.get().name == receipts.GIVEN_UP
    assert not Receipt.objects.filter(applied_at=None).exists()


@pytest.mark.django_db
def test_what_is_in_doubt_can_still_be_received():
    [device] = make_phones(1)
    notification = make_draft()
    batch = make_row(notification, device, outcome="unknown")

    receipts.take([opened(notification, device, type="received")], NOW)

    batch.refresh_from_db()
    assert batch.received_android == 1
    assert Delivery.objects.get().outcome == "unknown"


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_events(django_assert_max_num_queries):
    devices = make_phones(40)
    notification = make_draft()
    batch = Batch.objects.create(notification=notification, kind="list", due_at=NOW)
    for device in devices:
        Delivery.objects.create(
            notification=notification, device=device, batch=batch, platform=device.platform,
            outcome="accepted", started_at=NOW, at=NOW,
        )  # fmt: skip

    with django_assert_max_num_queries(40 + 14):  # one conditional UPDATE each, and the rest
        receipts.take([opened(notification, device) for device in devices], NOW)

    batch.refresh_from_db()
    assert (batch.opened_ios, batch.opened_android) == (20, 20)


@pytest.mark.django_db(transaction=True)
def test_the_same_event_from_two_threads_counts_once():
    [device] = make_phones(1)
    notification = make_draft()
    batch = make_row(notification, device)
    event, line, answers = opened(notification, device), Barrier(2), []

    def tell() -> None:
        line.wait()
        answers.append(receipts.take([event], timezone.now()))
        connections.close_all()

    threads = [Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken.accepted for taken in answers) == [0, 1]
    batch.refresh_from_db()
    assert batch.opened_android == 1


@pytest.mark.django_db(transaction=True)
def test_the_engine_applies_what_a_fast_phone_told_before_its_row(sandbox):
    devices = make_phones(3)
    notification = confirmed()
    receipts.take([opened(notification, device) for device in devices], timezone.now())

    run_all()

    found = reports.counts(notification)
    assert (found.accepted, found.opened) == (3, 3)
    assert not Receipt.objects.filter(applied_at=None).exists()
