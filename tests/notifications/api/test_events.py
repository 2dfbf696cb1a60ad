"""POST /api/v1/events, as a phone sends it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from devices import keys
from devices.models import Device
from devices.states import KeyKind
from notifications import receipts
from notifications.models import Batch, Delivery, Notification, Receipt
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db

URL = "/api/v1/events"


def post(body: Any, kind: KeyKind = KeyKind.CLIENT) -> Any:
    key = keys.make(kind, "for a test").text
    return Client().post(
        URL, body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )


def make_delivery(outcome: str = "accepted") -> tuple[Notification, Device, Batch]:
    [device] = make_phones(1, prefix=f"p{uuid4().hex[:6]}")
    now = timezone.now()
    notification = make_draft()
    Notification.objects.filter(pk=notification.pk).update(started_at=now)
    batch = Batch.objects.create(notification=notification, kind="list", due_at=now)
    Delivery.objects.create(
        notification=notification, device=device, user=device.owner, batch=batch,
        platform=device.platform, outcome=outcome, started_at=now, at=now,
    )  # fmt: skip
    return notification, device, batch


def event(notification: Notification, device: Device, **fields: Any) -> dict[str, Any]:
    told = {
        "event_id": str(uuid4()),
        "type": "opened",
        "device_id": device.device_id,
        "notification_id": str(notification.uuid),
    }
    return told | fields


def row_of(device: Device) -> Delivery:
    return Delivery.objects.get(device=device)


def test_an_opened_message_is_counted_for_its_batch_and_system():
    notification, device, batch = make_delivery()

    answer = post({"events": [event(notification, device)]})

    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    batch.refresh_from_db()
    assert batch.opened_android == 1
    assert (batch.opened_ios, batch.received_android) == (0, 0)
    row = row_of(device)
    assert row.opened_at is not None
    assert row.received_at is None  # opened says nothing about received
    assert Receipt.objects.get().applied_at is not None


def test_the_same_event_twice_is_a_duplicate():
    notification, device, batch = make_delivery()
    told = event(notification, device)

    post({"events": [told]})
    answer = post({"events": [told, told]})

    assert answer.json() == {"accepted": 0, "duplicates": 2, "rejected": []}
    batch.refresh_from_db()
    assert batch.opened_android == 1


def test_two_events_of_one_delivery_open_it_once():
    notification, device, batch = make_delivery()

    first = post({"events": [event(notification, device), event(notification, device)]})

    assert first.json()["accepted"] == 2
    batch.refresh_from_db()
    assert batch.opened_android == 1


def test_one_bad_event_never_holds_up_the_others():
    notification, device, _ = make_delivery()
    good = event(notification, device, type="received")
    bad = [
        event(notification, device, event_id="no-such-phone", device_id="nobody's"),
        event(notification, device, event_id="no-such-message", notification_id=str(uuid4())),
        event(notification, device, event_id="no-such-type", type="tasted"),
        event(notification, device, event_id="which-message", notification_id=None),
        event(notification, device, event_id="bad-time", at="yesterday"),
    ]

    answer = post({"events": [*bad, good]})

    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert {one["event_id"]: one["code"] for one in answer.json()["rejected"]} == {
        "no-such-phone": "unknown_device",
        "no-such-message": "unknown_notification",
        "no-such-type": "type",
        "which-message": "notification_id",
        "bad-time": "at",
    }
    assert row_of(device).received_at is not None


def test_a_bare_list_and_a_single_event_are_taken_too():
    notification, device, _ = make_delivery()

    assert post([event(notification, device)]).json()["accepted"] == 1
    assert post(event(notification, device)).json()["accepted"] == 1


@pytest.mark.parametrize(
    "body", [{"events": []}, [], 7, ["opened"], {"events": [{"type": "opened"}]}]
)
def test_what_names_no_event_is_not_valid(body):
    answer = post(body)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_hundred_events_fit_and_one_more_does_not():
    notification, device, batch = make_delivery()
    many = [event(notification, device, type="received") for _ in range(101)]

    assert post({"events": many}).status_code == 413
    assert post({"events": many[:100]}).json()["accepted"] == 100
    batch.refresh_from_db()
    assert batch.received_android == 1


def test_a_phone_calls_with_a_client_key():
    notification, device, _ = make_delivery()
    body = {"events": [event(notification, device)]}

    assert post(body, KeyKind.SERVER).status_code == 403
    assert Client().post(URL, body, content_type="application/json").status_code == 401
    assert Client().get(URL).status_code in (401, 405)


def test_other_events_are_kept_with_their_words():
    _, device, _ = make_delivery()
    bought = {"event_id": "e-1", "type": "custom", "device_id": device.device_id}

    answer = post([bought | {"name": "booked", "props": {"hut": "sarnalp", "nights": 2}}])

    assert answer.json()["accepted"] == 1
    kept = Receipt.objects.get()
    assert (kept.name, kept.props["nights"]) == ("booked", 2)


def test_a_call_shows_that_the_phone_is_alive():
    notification, device, _ = make_delivery()
    before = device.last_seen_at

    post([event(notification, device)])

    device.refresh_from_db()
    assert device.last_seen_at > before


def test_a_phones_clock_never_tells_the_future_or_the_past():
    notification, device, _ = make_delivery()
    started = Notification.objects.get(pk=notification.pk).started_at

    post([event(notification, device, type="received", at="2031-01-01T00:00:00Z")])
    post([event(notification, device, type="opened", at="1999-01-01T00:00:00Z")])

    row = row_of(device)
    assert row.received_at <= timezone.now()
    assert row.opened_at == started


def test_a_phone_that_was_skipped_opens_nothing():
    notification, device, batch = make_delivery(outcome="skipped")

    post([event(notification, device)])

    batch.refresh_from_db()
    assert batch.opened_android == 0
    assert receipts.sweep(timezone.now() + receipts.GIVE_UP_AFTER * 2) == 0
    assert Receipt.objects.get().name == receipts.GIVEN_UP


def test_a_clock_that_is_wrong_by_ages_counts_as_a_year_old():
    [device] = make_phones(1)
    told = {"event_id": "e", "type": "custom", "name": "n", "device_id": device.device_id}

    answer = post([told | {"at": "0001-01-01T00:00:00Z"}])

    assert answer.json()["accepted"] == 1
    assert timezone.now() - Receipt.objects.get().at < receipts.OLDEST + timedelta(minutes=1)
