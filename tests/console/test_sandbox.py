"""What the console offers pretend phones, and that real ones never find it."""

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client
from django.utils import timezone

from devices import identity
from devices.models import ApiKey, PromptState, TestDevice
from devices.prompts import keeping
from tests.console.staff import client_of, make_member, signed_in
from tests.sending import confirmed, make_phones, run_all, token_of

pytestmark = pytest.mark.django_db

PATHS = [
    "/sandbox/",
    "/sandbox/inbox?token=x",
    "/sandbox/sign",
    "/sandbox/state",
    "/sandbox/test-phone",
    "/sandbox/later",
]


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_it_is_there_when_real_phones_are(path, settings):
    settings.FIREBASE_CREDENTIALS = "/run/key.json"
    settings.FCM_BASE_URL = ours.GOOGLE_URL
    client = client_of("admin")

    assert client.get(path).status_code == 404
    assert post(client, path, {}).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_nobody_gets_there_without_signing_in(path):
    answer = Client().get(path)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


def test_the_page_has_a_client_key_of_its_own():
    client = client_of("marketer")

    first = client.get("/sandbox/").content.decode()
    second = client.get("/sandbox/").content.decode()

    key = ApiKey.objects.get(name="Pretend phones")
    assert key.kind == "client"
    assert key.shown in first
    assert key.shown in second


def test_a_revoked_key_is_replaced():
    client = client_of("marketer")
    client.get("/sandbox/")
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")

    client.get("/sandbox/")

    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_the_pretend_back_end_signs_what_the_api_believes():
    answer = post(client_of("support"), "/sandbox/sign", {"user_id": "ann"})

    secret = identity.current()
    expected = hmac.new(secret.encode(), b"ann", hashlib.sha256).hexdigest()
    assert answer.json() == {"user_id": "ann", "signature": expected}
    assert identity.is_signed("ann", answer.json()["signature"])


@pytest.mark.parametrize("body", [{}, {"user_id": ""}, {"user_id": 7}, {"user_id": "x" * 129}, []])
def test_nobody_is_signed_as_nobody(body):
    assert post(client_of("support"), "/sandbox/sign", body).status_code == 400


def test_signing_needs_the_csrf_token():
    user = make_member("support")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assert post(client, "/sandbox/sign", {"user_id": "ann"}).status_code == 403


@pytest.mark.parametrize("path", PATHS[2:])
def test_a_viewer_looks_and_touches_nothing(path):
    client = client_of("viewer")

    page = client.get("/sandbox/")

    assert page.status_code == 200
    assert "Add iPhone" not in page.content.decode()
    assert not re.search(r"pk_[a-z0-9]{8}_", page.content.decode())
    assert post(client, path, {"user_id": "ann"}).status_code == 403


def test_a_phone_becomes_my_test_phone_and_stops_being_it():
    [device] = make_phones(1)
    mia = make_member("marketer", "mia-2")
    client = signed_in(mia)

    for _ in range(2):
        answer = post(client, "/sandbox/test-phone", {"device_id": device.device_id, "on": True})
        assert answer.json() == {"on": True}
    assert TestDevice.objects.get().staff == mia
    assert device.device_id in client.get("/sandbox/").content.decode()

    post(client, "/sandbox/test-phone", {"device_id": device.device_id, "on": False})
    assert not TestDevice.objects.exists()
    assert post(client, "/sandbox/test-phone", {"device_id": "nobody's"}).status_code == 404


def test_days_pass_for_one_phone_alone():
    one, other = make_phones(2)
    prompt = keeping.create(keeping.TEMPLATE)
    now = timezone.now()
    for device in (one, other):
        PromptState.objects.create(device=device, prompt=prompt, displays=1, last_display_at=now)

    answer = post(client_of("support"), "/sandbox/later", {"device_id": one.device_id, "days": 13})

    assert answer.json() == {"days": 13}
    assert PromptState.objects.get(device=one).last_display_at == now - timedelta(days=13)
    assert PromptState.objects.get(device=other).last_display_at == now


@pytest.mark.parametrize("days", [0, -1, 401, "9" * 40, "two", "", None, 1.5])
def test_time_does_not_go_backwards_nor_far(days):
    [device] = make_phones(1)

    answer = post(client_of("ops"), "/sandbox/later", {"device_id": device.device_id, "days": days})

    assert answer.status_code == 400
    assert "days must be 1 to 400" in answer.json()["error"]


def test_no_time_passes_for_a_phone_nobody_knows():
    assert (
        post(client_of("ops"), "/sandbox/later", {"device_id": "x", "days": 1}).status_code == 404
    )


@pytest.mark.django_db(transaction=True)
def test_the_inbox_has_what_fcm_accepted_oldest_first_and_only_what_is_new(sandbox):
    make_phones(1)
    for title in ("one", "two", "three"):
        confirmed(title=title)
        run_all()
    client = client_of("viewer")

    def inbox(after: str = "") -> list[dict[str, Any]]:
        query = {"token": token_of(0), "after": after}
        return client.get("/sandbox/inbox", query).json()["messages"]

    everything = inbox()
    assert [one["message"]["notification"]["title"] for one in everything] == [
        "one",
        "two",
        "three",
    ]
    assert [one["name"] for one in inbox(everything[0]["name"])] == [
        one["name"] for one in everything[1:]
    ]
    assert inbox(everything[-1]["name"]) == []


@pytest.mark.django_db(transaction=True)
def test_a_phone_that_is_offline_gets_it_when_it_is_back(sandbox):
    make_phones(1)
    client = client_of("ops")
    told = {"token": token_of(0), "state": "offline"}
    assert post(client, "/sandbox/state", told).status_code == 200
    confirmed(title="later")
    run_all()

    assert client.get("/sandbox/inbox", {"token": token_of(0)}).json()["messages"] == []
    post(client, "/sandbox/state", told | {"state": "registered"})

    [message] = client.get("/sandbox/inbox", {"token": token_of(0)}).json()["messages"]
    assert message["message"]["notification"]["title"] == "later"


def test_a_silent_sandbox_is_said_in_words(settings):
    settings.FCM_BASE_URL = "http://127.0.0.1:1"

    answer = client_of("ops").get("/sandbox/inbox", {"token": token_of(0)})

    assert answer.status_code == 502
    assert "does not answer" in answer.json()["error"]


def test_a_state_that_no_phone_has_is_refused():
    client = client_of("ops")

    assert post(client, "/sandbox/state", {"token": "t", "state": "drowned"}).status_code == 400
    assert post(client, "/sandbox/state", {"state": "offline"}).status_code == 400
    assert client.get("/sandbox/inbox").status_code == 400
