"""The Triggers page: who called, what was refused, what to paste, and a call that is only tried."""

import html
import json
import re

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from devices import keys
from devices.models import Device, TestDevice
from devices.states import KeyKind
from notifications import cards, tally
from notifications.models import Notification, Page, PageParameter
from tests.console.staff import client_of, make_member, signed_in
from tests.factories import make_device

pytestmark = pytest.mark.django_db
URL = "/triggers/"
BODY = {"title": "Jo commented", "text": "What a view!", "user_id": "ann"}


@pytest.fixture
def key():
    return keys.make(KeyKind.SERVER, "booking service", ["trigger"])


def call(text, body):
    return Client().post(
        "/api/v1/notifications/trigger", body, content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )  # fmt: skip


def test_an_empty_page_teaches_with_a_call_that_can_be_pasted(key):
    page = client_of("viewer").get(URL).content.decode()

    assert "Nothing has called yet" in page
    assert "Jo commented on your post" in page
    assert f"Bearer sk_{key.key.public_id}_…" in page
    assert key.text not in page


@pytest.mark.parametrize("has_page", [True, False])
def test_the_pasted_call_is_taken_as_it_stands(key, has_page):
    make_device("ann")
    if has_page:
        opened = Page.objects.create(name="PostView")
        PageParameter.objects.create(page=opened, name="post", type="DocumentReference")

    page = client_of("viewer").get(URL).content.decode()
    line = re.search(r"-d &#x27;(.*?)&#x27;</pre>", page, re.DOTALL)[1]
    body = json.loads(line.replace("&quot;", '"').replace("&#x27;", "'"))
    answer = call(key.text, body)

    assert answer.status_code == 202, answer.json()


def test_calls_stand_with_their_key_and_add_up(key):
    make_device("ann")
    call(key.text, BODY)
    call(key.text, {"title": "x", "text": "y"})
    call(key.text, BODY | {"user_id": "ghost"})

    page = client_of("viewer").get(URL).content.decode()

    assert "3 calls in the last 24 hours: 1 accepted, 0 repeated, 2 rejected." in page
    assert "booking service" in page
    assert "1 call named nobody and was refused." in page
    assert escape("None of these people has a phone that can be sent to.") in page


def test_the_card_and_key_of_the_pasted_call_are_chosen(key):
    other = keys.make(KeyKind.SERVER, "shop", ["trigger"])
    marketer = make_member("marketer")
    cards.create(
        "order-ready",
        {"name": "Order ready", "title": "Ready", "body": "Order {order_no}",
         "variables": [{"name": "order_no", "type": "Integer", "sample": "1234"}]},
        by=marketer,
    )  # fmt: skip

    page = client_of("viewer").get(f"{URL}?card=order-ready&key={other.key.public_id}")

    text = page.content.decode().replace("&quot;", '"')
    assert '"template": "order-ready"' in text
    assert '"order_no": 1234' in text
    assert f"sk_{other.key.public_id}_…" in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps(BODY), "It would be taken: 202."),
        ("{", "It would be refused: 400."),
        (json.dumps({"title": "x", "text": "y"}), "recipients_required"),
        (json.dumps(BODY | {"user_id": "ghost"}), "no_deliverable_device"),
        (json.dumps(BODY | {"initial_page": "Nowhere"}), "unknown_page"),
        (json.dumps(BODY | {"template": "none-such"}), "not_with_template"),
        ("[]", "It would be refused: 422."),
    ],
)
def test_a_body_is_checked_as_the_api_would_and_nothing_is_sent(key, body, said):
    make_device("ann")

    page = client_of("marketer").post(f"{URL}try/", {"body": body, "do": "check"})

    assert said in page.content.decode()
    assert not Notification.objects.exists()
    assert tally.lines(timezone.now()) == []


def test_a_check_refuses_in_the_very_words_of_the_api(key):
    make_device("ann")
    body = BODY | {"user_id": "ghost"}

    page = client_of("marketer").post(f"{URL}try/", {"body": json.dumps(body), "do": "check"})
    answer = call(key.text, body).json()

    assert answer["detail"] in html.unescape(page.content.decode())
    assert "ghost" in answer["detail"]


def test_a_test_goes_to_ones_own_phones_and_never_to_whom_the_body_names(key, sandbox):
    user = make_member("marketer")
    make_device("ann", device_id="hers")
    mine = make_device("me", device_id="mine")
    TestDevice.objects.create(staff=user, device=mine)

    answer = signed_in(user).post(f"{URL}try/", {"body": json.dumps(BODY), "do": "test"})

    sent = Notification.objects.get()
    assert answer.url == sent.get_absolute_url()
    assert (sent.kind, sent.title) == ("test", "Jo commented")
    assert sent.batches.get().members
    assert Device.objects.count() == 2
    from notifications.sending import pairs

    assert [pk for pk, _ in pairs.unpack(sent.batches.get().members)] == [mine.pk]


def test_without_a_test_phone_the_page_says_how_to_get_one(key):
    page = client_of("marketer").post(f"{URL}try/", {"body": json.dumps(BODY), "do": "test"})

    assert page.status_code == 422
    assert "You have no test phone yet." in page.content.decode()


def test_a_viewer_reads_and_tries_nothing(key):
    viewer = client_of("viewer")

    assert "Try a call" not in viewer.get(URL).content.decode()
    assert viewer.post(f"{URL}try/", {"body": "{}"}).status_code == 403


def test_triggers_stay_out_of_the_marketers_list_unless_asked_for(key):
    make_device("ann")
    call(key.text, BODY)

    viewer = client_of("viewer")

    assert "Jo commented" not in viewer.get("/notifications/").content.decode()
    assert "Jo commented" in viewer.get("/notifications/?kind=trigger").content.decode()
