"""What is told: how notifications ended, which phones they missed, what phones may show."""

import pytest
from django.utils import timezone

from devices import consent, registry
from devices.models import Device, OutboxEvent
from devices.permission import Report
from devices.states import KeyKind
from notifications import triggers
from notifications.models import Delivery, Notification
from notifications.sending import guards
from notifications.webhooks import courier, handing
from tests.console.staff import make_member
from tests.factories import make_device
from tests.sending import confirmed, make_phones, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def told(receiver):
    courier.turn(timezone.now())
    return [(event["type"], event["data"]) for event in receiver.events]


def test_a_notification_that_is_through_is_told_with_its_numbers(listen, receiver):
    listen("notification.sent")
    make_phones(3)
    notification = confirmed()

    run_all()

    [(event, data)] = told(receiver)
    assert event == "notification.sent"
    assert data["id"] == str(notification.uuid)
    assert (data["targeted"], data["accepted"], data["status"]) == (3, 3, "sent")
    assert data["finished_at"]


def test_one_that_no_phone_accepted_is_failed_and_names_the_phones(listen, receiver, sandbox):
    listen("notification.failed", "delivery.failed")
    make_phones(2)
    sandbox.set_faults([{"match": {}, "do": "unregistered"}])
    confirmed()

    run_all()

    found = dict(told(receiver))
    assert found["notification.failed"]["dead_token"] == 2
    assert {row["device_id"] for row in found["delivery.failed"]["deliveries"]} == {
        "phone-device-0", "phone-device-1",
    }  # fmt: skip
    assert {row["outcome"] for row in found["delivery.failed"]["deliveries"]} == {"dead_token"}


def test_more_failures_than_go_into_one_event_come_in_several_each_phone_once(
    listen, receiver, monkeypatch, sandbox
):
    monkeypatch.setattr(handing, "PHONES", 2)
    listen("delivery.failed")
    make_phones(5)
    sandbox.set_faults([{"match": {}, "do": "unregistered"}])
    confirmed()
    run_all()

    for _ in range(4):
        courier.turn(timezone.now())

    named = [row["device_id"] for event in receiver.events for row in event["data"]["deliveries"]]
    assert [len(event["data"]["deliveries"]) for event in receiver.events] == [2, 2, 1]
    assert len(set(named)) == Delivery.objects.count() == 5


def test_triggers_are_told_only_to_those_who_want_them_and_tests_to_nobody(listen, receiver):
    from devices import keys

    make_phones(1)
    listen("notification.sent")
    key = keys.make(KeyKind.SERVER, "back end", ["trigger"]).key
    order = triggers.Order("Hi", "There", ["phone-0"])

    triggers.start(order, key=key, now=timezone.now())
    run_all()
    assert told(receiver) == []

    listen("notification.sent", triggers=True)
    triggers.start(order, key=key, now=timezone.now())
    run_all()
    assert [data["kind"] for _, data in told(receiver)] == ["trigger"]

    Notification.objects.update(kind="test")
    last = Notification.objects.latest("pk")
    OutboxEvent.objects.create(type="notification.sent", facts={"notification": last.pk})
    assert len(told(receiver)) == 1


def test_what_a_guard_halts_is_told_with_its_reason(listen, receiver):
    listen("notification.halted")
    make_phones(1)
    notification = confirmed()
    Notification.objects.filter(pk=notification.pk).update(status="sending")
    notification.refresh_from_db()

    guards.pause(notification, "brake", {"detail": ""}, timezone.now())

    [(event, data)] = told(receiver)
    assert (event, data["reason"], data["status"]) == ("notification.halted", "brake", "paused")


def test_what_a_person_stops_is_told(listen, receiver):
    from notifications import lifecycle

    listen("notification.stopped")
    make_phones(1)
    notification = confirmed()
    Notification.objects.filter(pk=notification.pk).update(status="paused")
    notification.refresh_from_db()

    lifecycle.stop(notification, by=make_member("ops"), now=timezone.now())

    assert [event for event, _ in told(receiver)] == ["notification.stopped"]


def test_phones_whose_token_is_dead_are_told_with_their_people(listen, receiver):
    listen("device.invalidated")
    device = make_device("ada", device_id="D", platform="ios")

    registry.retire([(device.pk, str(device.token))], timezone.now())

    assert told(receiver) == [
        ("device.invalidated", {"devices": [{"device_id": "D", "user_id": "ada", "platform": "ios"}]})
    ]  # fmt: skip


def test_a_changed_permission_is_told_once_with_what_it_was_and_is(listen, receiver):
    listen("permission.changed")
    make_device("ada", device_id="D")
    said = consent.Said(Report(system="denied"))

    consent.report("D", said, at=timezone.now())
    consent.report("D", said, at=timezone.now())

    [(_, data)] = told(receiver)
    assert (data["device_id"], data["user_id"]) == ("D", "ada")
    assert data["before"]["status"] == "granted"
    assert data["after"]["deliverable"] is False


def test_a_fact_that_is_rolled_back_was_never_told(listen, receiver):
    from django.db import transaction

    listen("device.invalidated")
    device = make_device("ada")

    with transaction.atomic():
        registry.retire([(device.pk, str(device.token))], timezone.now())
        transaction.set_rollback(True)

    assert told(receiver) == []
    assert Device.objects.get().token


def test_nobody_listening_costs_a_registration_and_a_dead_token_no_query(
    django_assert_max_num_queries,
):
    device = make_device("ada")
    from devices import outbox

    outbox.listens("device.invalidated")

    with django_assert_max_num_queries(6):
        registry.retire([(device.pk, str(device.token))], timezone.now())

    assert not OutboxEvent.objects.exists()


def test_an_erased_person_is_named_in_no_event(listen):
    from devices import outbox, people

    listen("device.invalidated", "permission.changed")
    make_device("ada")
    now = timezone.now()
    for user_id in ("ada", "adam"):
        outbox.write("permission.changed", {"user_id": user_id}, at=now)
        outbox.write("device.invalidated", {"devices": [{"user_id": user_id}]}, at=now)

    people.erase("ada", now)

    assert OutboxEvent.objects.count() == 2
    assert "'ada'" not in str(list(OutboxEvent.objects.values_list("facts", flat=True)))
