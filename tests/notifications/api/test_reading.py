"""GET /api/v1/notifications…: the numbers and the rows, for back ends and the console."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from devices import keys
from devices.models import Device
from devices.states import KeyKind
from notifications.models import Batch, Delivery, Notification, Receipt
from tests.console.staff import client_of
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db

NUMBERS = {
    "targeted", "waiting", "accepted", "rejected", "dead_token", "skipped", "expired", "stopped",
    "unknown", "received", "opened", "reasons",
}  # fmt: skip


def get(path: str, key: str = "") -> Any:
    key = key or keys.make(KeyKind.SERVER, "reader", ["read"]).text
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {key}"})


def make_sent(phones: int = 5) -> Notification:
    """Accepted by all but the first, which was skipped."""
    now = timezone.now()
    notification = make_draft()
    devices = make_phones(phones, prefix=uuid4().hex[:6])
    counters: dict[str, Any] = {
        "ios": {"targeted": phones // 2, "accepted": phones // 2},
        "android": {
            "targeted": phones - phones // 2,
            "accepted": phones - phones // 2 - 1,
            "skipped": 1,
            "reasons": {"skipped:opted_out": 1},
        },
    }
    batch = Batch.objects.create(
        notification=notification, kind="range", ordinal=1, due_at=now, finished_at=now,
        counters=counters, opened_ios=1,
    )  # fmt: skip
    Delivery.objects.bulk_create(
        Delivery(
            notification=notification, device=device, user=device.owner, batch=batch,
            platform=device.platform, started_at=now, at=now,
            outcome="accepted" if place else "skipped",
            reason="" if place else "opted_out",
            message_id=f"0:{place}" if place else "",
        )
        for place, device in enumerate(devices)
    )  # fmt: skip
    Notification.objects.filter(pk=notification.pk).update(planned=phones)
    notification.refresh_from_db()
    return notification


def test_a_notification_says_its_numbers():
    notification = make_sent()

    found = get(f"notifications/{notification.uuid}").json()

    assert (
        found.items()
        >= {
            "id": str(notification.uuid),
            "kind": "broadcast",
            "status": "draft",
            "due_at": None,
            "started_at": None,
            "finished_at": None,
            "planned": 5,
            "targeted": 5,
            "waiting": 0,
            "accepted": 4,
            "rejected": 0,
            "dead_token": 0,
            "skipped": 1,
            "expired": 0,
            "stopped": 0,
            "unknown": 0,
            "received": 0,
            "opened": 1,
            "dismissed": 0,
            "reasons": {"opted_out": 1},
            "platforms": found["platforms"],
            "batches": {"planned": 1, "done": 1},
            "paused_reason": None,
            "revision": "",
        }.items()
    )
    assert set(found["platforms"]) == {"ios", "android"}
    assert set(found["platforms"]["ios"]) == NUMBERS
    assert found["platforms"]["android"]["reasons"] == {"opted_out": 1}


def test_phones_that_put_it_away_are_counted_once_each():
    notification, other = make_sent(), make_sent()
    now = timezone.now()
    for place, device in enumerate(
        Device.objects.filter(deliveries__notification=notification)[:2]
    ):
        for time in range(2):
            Receipt.objects.create(
                event_id=f"{place}-{time}", notification=notification, device=device, at=now,
                type="dismissed",
            )  # fmt: skip

    rows = get("notifications").json()["data"]

    assert get(f"notifications/{notification.uuid}").json()["dismissed"] == 2
    assert {row["id"]: row["dismissed"] for row in rows} == {
        str(notification.uuid): 2, str(other.uuid): 0,
    }  # fmt: skip


def test_the_list_has_the_newest_first_and_goes_on_by_cursor():
    made = [str(make_draft(title=f"n {n}").uuid) for n in range(5)]

    first = get("notifications?limit=3").json()
    second = get(f"notifications?limit=3&cursor={first['next_cursor']}").json()

    assert [one["id"] for one in first["data"] + second["data"]] == made[::-1]
    assert second["next_cursor"] is None


def test_the_list_costs_the_same_however_many_there_are(django_assert_max_num_queries):
    key = keys.make(KeyKind.SERVER, "reader", ["read"]).text
    for _ in range(10):
        make_sent(1)

    with django_assert_max_num_queries(6):
        assert len(get("notifications", key).json()["data"]) == 10


def test_deliveries_are_the_rows_behind_the_numbers():
    notification = make_sent()

    everything = get(f"notifications/{notification.uuid}/deliveries").json()
    skipped = get(f"notifications/{notification.uuid}/deliveries?outcome=skipped").json()

    assert len(everything["data"]) == 5
    assert everything["next_cursor"] is None
    [row] = skipped["data"]
    assert set(row) == {
        "device_id", "user_id", "platform", "outcome", "reason", "message_id", "attempts", "at",
        "received_at", "opened_at",
    }  # fmt: skip
    assert (row["outcome"], row["reason"]) == ("skipped", "opted_out")
    by_reason = get(f"notifications/{notification.uuid}/deliveries?reason=opted_out").json()
    assert by_reason["data"] == [row]
    one = get(f"notifications/{notification.uuid}/deliveries?user_id={row['user_id']}").json()
    assert one["data"] == [row]


def test_deliveries_go_on_by_cursor_and_none_repeats():
    notification = make_sent(7)
    seen, cursor = [], ""
    while cursor is not None:
        path = f"notifications/{notification.uuid}/deliveries?limit=3&cursor={cursor}"
        page = get(path).json()
        seen += [row["device_id"] for row in page["data"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=0000002009",
        "cursor=nope!",
        "outcome=eaten",
        "platform=fax",
    ],
)
def test_what_cannot_be_asked_is_not_valid(query):
    notification = make_sent(1)

    answer = get(f"notifications/{notification.uuid}/deliveries?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_reading_takes_a_server_key_with_the_scope_or_a_session():
    notification = make_sent(1)
    path = f"notifications/{notification.uuid}"
    client_key = keys.make(KeyKind.CLIENT, "app").text
    other_scope = keys.make(KeyKind.SERVER, "sender", ["trigger"]).text

    assert get(path, client_key).status_code == 403
    assert get(path, other_scope).status_code == 403
    assert Client().get(f"/api/v1/{path}").status_code == 401
    assert client_of("viewer").get(f"/api/v1/{path}").status_code == 200


def test_what_is_not_there_is_not_found():
    assert get(f"notifications/{uuid4()}").status_code == 404
    assert get(f"notifications/{uuid4()}/deliveries").status_code == 404
    assert get("notifications/42").status_code == 404
