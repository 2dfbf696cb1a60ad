"""POST /api/v1/notifications/trigger, as a back end calls it."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from devices import keys
from devices.models import Device
from devices.states import KeyKind
from notifications import reports
from notifications.models import Notification, Page, PageParameter
from tests.sending import make_phones, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
URL = "/api/v1/notifications/trigger"
BODY = {"title": "Someone answered", "text": "Jo commented on your post."}


@pytest.fixture
def key(transactional_db) -> str:
    return keys.make(KeyKind.SERVER, "back end", scopes=["trigger"]).text


def call(key: str, body: Any, **headers: str) -> Any:
    return Client().post(
        URL, body, content_type="application/json",
        headers={"Authorization": f"Bearer {key}"} | headers,
    )  # fmt: skip


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_one_person_gets_it_on_each_phone_at_once(key, sandbox):
    make_phones(3)

    answer = call(key, BODY | {"user_id": "phone-1"})
    run_all()

    assert answer.status_code == 202
    assert answer.json()["recipients"] == {
        "users": 1, "unknown": [], "devices": 1, "deliverable": 1, "skipped": {},
    }  # fmt: skip
    notification = Notification.objects.get(uuid=answer.json()["id"])
    assert (notification.kind, notification.status) == ("trigger", "sent")
    assert reports.counts(notification).accepted == 1
    message = sandbox.messages(token=token_of(1))[0]["message"]
    assert message["notification"]["title"] == "Someone answered"


def test_several_people_with_references_unknown_ones_named(key, sandbox):
    make_phones(4)
    Device.objects.filter(device_id="phone-device-2").update(opted_out=True, deliverable=False)
    refs = "users/phone-1, users/phone-2, users/phone-3, users/ghost"

    answer = call(key, BODY | {"user_refs": refs, "exclude_user_ids": ["phone-3"]})
    run_all()

    assert answer.json()["recipients"] == {
        "users": 2, "unknown": ["ghost"], "devices": 2, "deliverable": 1,
        "skipped": {"opted_out": 1},
    }  # fmt: skip
    assert sandbox.stats()["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "validation")),
        (BODY, (422, "recipients_required")),
        (BODY | {"user_ids": []}, (422, "recipients_required")),
        (BODY | {"user_id": "phone-0", "user_refs": "users/phone-1"}, (422, "recipients_required")),
        (BODY | {"user_id": "phone-0", "initial_page": "Nowhere"}, (422, "unknown_page")),
        (BODY | {"user_id": "phone-0", "data": {"google.x": "1"}}, (422, "reserved_key")),
        (BODY | {"user_id": "phone-0", "send_at": "2020-01-01T00:00:00Z"}, (422, "send_at_past")),
        (BODY | {"user_id": "phone-0", "send_at": "9999-12-31T23:59:59Z"}, (422, "validation")),
        (BODY | {"user_id": "ghost"}, (422, "no_deliverable_device")),
        (BODY | {"user_id": "phone-0", "everyone": True}, (422, "validation")),
        (BODY | {"user_id": "phone-0", "text": "x" * 1000, "data": {"k": "y" * 3500}},
         (422, "payload_too_large")),
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_and_nothing_is_sent(key, body, expected, sandbox):
    make_phones(2)

    answer = call(key, body)
    run_all()

    assert code_of(answer) == expected
    assert Notification.objects.count() == 0
    assert sandbox.stats()["requests"] == 0


def test_no_recipients_is_its_own_code_and_never_everyone(key):
    make_phones(2)

    answer = call(key, BODY)

    assert [error["code"] for error in answer.json()["errors"]] == ["recipients_required"]


def test_a_parameter_of_the_wrong_type_is_named(key):
    make_phones(1)
    page = Page.objects.create(name="PostView")
    PageParameter.objects.create(page=page, name="post", type="DocumentReference", required=True)

    answer = call(
        key, BODY | {"user_id": "phone-0", "initial_page": "PostView", "parameters": {"post": "x"}}
    )

    assert code_of(answer) == (422, "parameter_type")
    assert answer.json()["errors"][0]["field"] == "parameters.post"


def test_a_client_key_and_a_key_without_the_scope_are_refused(key):
    client_key = keys.make(KeyKind.CLIENT, "app").text
    reader = keys.make(KeyKind.SERVER, "reports", scopes=["read"]).text

    assert code_of(call(client_key, BODY)) == (403, "scope")
    assert code_of(call(reader, BODY)) == (403, "scope")


def test_fifty_parallel_calls_with_one_key_are_one_notification_with_one_answer(key, sandbox):
    make_phones(1)
    start, answers = Barrier(25), []

    def press():
        start.wait()
        answers.append(call(key, BODY | {"user_id": "phone-0"}, **{"Idempotency-Key": "order-7"}))
        connection.close()

    for _ in range(2):
        threads = [Thread(target=press) for _ in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    run_all()

    assert {answer.status_code for answer in answers} == {202}
    assert len({str(answer.json()) for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Notification.objects.count() == 1
    assert sandbox.stats()["accepted"] == 1


def test_another_body_under_the_same_key_is_a_conflict_and_refusals_are_not_kept(key):
    make_phones(2)
    named = {"Idempotency-Key": "order-8"}

    refused = call(key, BODY, **named)
    first = call(key, BODY | {"user_id": "phone-0"}, **named)
    other = call(key, BODY | {"user_id": "phone-1"}, **named)

    assert refused.status_code == 422
    assert first.status_code == 202
    assert code_of(other) == (409, "idempotency_mismatch")
    assert Notification.objects.count() == 1


def test_a_later_moment_is_scheduled_and_sent_then(key, sandbox):
    from datetime import timedelta

    from django.utils import timezone

    make_phones(1)
    later = (timezone.now() + timedelta(hours=1)).isoformat()

    answer = call(key, BODY | {"user_id": "phone-0", "send_at": later})
    run_all()
    before = sandbox.stats()["accepted"]
    Notification.objects.update(due_at=timezone.now())
    run_all()

    assert answer.json()["status"] == "scheduled"
    assert (before, sandbox.stats()["accepted"]) == (0, 1)
