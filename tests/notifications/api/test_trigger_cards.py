"""POST /api/v1/notifications/trigger with a message card."""

from typing import Any

import pytest
from django.test import Client

from devices import keys
from devices.models import AppUser
from devices.states import KeyKind
from notifications import cards
from notifications.models import MessageCard, Notification
from tests.sending import make_phones, make_staff, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
URL = "/api/v1/notifications/trigger"
CALL = {"template": "order-ready", "variables": {"order_no": 1234}, "user_id": "phone-0"}


@pytest.fixture
def key(transactional_db) -> str:
    return keys.make(KeyKind.SERVER, "back end", scopes=["trigger"]).text


@pytest.fixture
def client_key(transactional_db) -> str:
    return keys.make(KeyKind.CLIENT, "app").text


def make_card(**fields: Any) -> MessageCard:
    wanted = {
        "name": "Order ready",
        "title": 'Hello {{ first_name | default: "you" }}',
        "body": "Your order {order_no} is ready",
        "variables": [{"name": "order_no", "type": "Integer", "sample": "1"}],
    }
    AppUser.objects.filter(user_id="phone-0").update(attributes={"first_name": "Ann"})
    return cards.create("order-ready", wanted | fields, by=make_staff())


def call(key: str, body: Any) -> Any:
    return Client().post(
        URL, body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_card_is_sent_with_its_variables_and_her_own_values(key, sandbox):
    make_phones(1)
    make_card()

    answer = call(key, CALL)
    run_all()

    assert answer.status_code == 202
    message = sandbox.messages(token=token_of(0))[0]["message"]
    assert message["notification"] == {"title": "Hello Ann", "body": "Your order 1234 is ready"}
    sent = Notification.objects.get(uuid=answer.json()["id"])
    assert (sent.card.number, sent.title) == (1, "Hello you")


@pytest.mark.parametrize(
    ("body", "expected", "field"),
    [
        (CALL | {"template": "nope"}, (422, "unknown_template"), "template"),
        (CALL | {"variables": {}}, (422, "variable"), "variables.order_no"),
        (CALL | {"variables": {"order_no": "A1"}}, (422, "variable"), "variables.order_no"),
        (CALL | {"variables": {"order_no": [1]}}, (422, "variable"), "variables.order_no"),
        (CALL | {"variables": {"order_no": 1, "x": 1}}, (422, "variable"), "variables.x"),
        (CALL | {"title": "Mine"}, (422, "not_with_template"), "title"),
        ({"variables": {"a": 1}, "user_id": "phone-0"}, (422, "validation"), "title"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_card_or_its_variables_is_named(key, sandbox, body, expected, field):
    make_phones(1)
    make_card()

    answer = call(key, body)

    assert answer.status_code == expected[0]
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Notification.objects.exists()


def test_an_archived_card_can_not_be_triggered(key):
    make_phones(1)
    cards.archive(make_card(), by=make_staff())

    assert code_of(call(key, CALL)) == (422, "unknown_template")


def test_a_text_of_a_call_is_sent_as_it_is_with_all_its_braces(key, sandbox):
    make_phones(1)
    AppUser.objects.update(attributes={"secret": "42"})

    call(key, {"title": "{{ secret }}", "text": "{% x %} {{", "user_id": "phone-0"})
    run_all()

    message = sandbox.messages(token=token_of(0))[0]["message"]
    assert message["notification"] == {"title": "{{ secret }}", "body": "{% x %} {{"}


def test_a_client_key_sends_only_the_cards_that_are_marked_for_it(client_key, sandbox):
    make_phones(1)
    card = make_card()

    refused = [call(client_key, body) for body in (CALL, CALL | {"template": "nope"})]
    MessageCard.objects.filter(pk=card.pk).update(client_callable=True)
    answer = call(client_key, CALL)
    run_all()

    assert [code_of(each) for each in refused] == [(403, "template_not_client_callable")] * 2
    assert answer.status_code == 202
    assert sandbox.stats()["accepted"] == 1


def test_a_client_key_learns_nothing_about_other_people(client_key):
    make_phones(1)
    make_card(client_callable=True)

    known = call(client_key, CALL).json()
    unknown = call(client_key, CALL | {"user_id": "ghost"}).json()

    assert known["recipients"] == unknown["recipients"] == {"users": 1}
    assert known["status"] == unknown["status"]


def test_a_client_key_names_few_people_and_never_words_of_its_own(client_key):
    make_phones(1)
    make_card(client_callable=True)
    many = {"user_ids": [f"phone-{n}" for n in range(11)]}
    body = {name: value for name, value in CALL.items() if name != "user_id"}

    assert code_of(call(client_key, body | many))[0] == 422
    assert code_of(call(client_key, {"title": "x", "text": "y", "user_id": "phone-0"})) == (
        403, "scope",
    )  # fmt: skip
    assert code_of(call(client_key, CALL | {"text": "y"}))[0] == 422
