"""Message cards in the console: written by marketers, filled in by support for one person."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices import preferences
from notifications import cards
from notifications.models import Batch, Delivery, MessageCard, Notification, Page
from tests.console.composing import words
from tests.console.staff import client_of, make_member
from tests.factories import make_device, make_user
from tests.sending import confirmed

pytestmark = pytest.mark.django_db
ROW = {
    "variables": "1", "var-0-name": "order_no", "var-0-type": "Integer", "var-0-sample": "1234",
}  # fmt: skip


@pytest.fixture
def support() -> Client:
    return client_of("support", "sam")


def typed(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Order ready", "key": "order-ready", "title": "Your order",
        "body": "Your order {order_no} is ready", "sound": "on", "ttl_s": "259200",
        "image_kept": "", "action": "save",
    } | ROW | fields  # fmt: skip


def make_card(**fields: Any) -> MessageCard:
    says = {
        "name": "Order ready", "title": 'Hello {{ first_name | default: "you" }}',
        "body": "Your order {order_no} is ready",
        "variables": [{"name": "order_no", "type": "Integer", "sample": "1234"}],
    }  # fmt: skip
    make_user("knows", attributes={"first_name": "Kim"})
    return cards.create("order-ready", says | fields, by=make_member("marketer", "writer"))


# ---------------------------------------------------------------- writing


def test_a_card_is_written_and_listed(marketer):
    answer = marketer.post("/cards/new/", typed())

    assert answer.status_code == 302
    page, listed = words(marketer.get(answer.url)), words(marketer.get("/cards/"))
    assert "Your order 1234 is ready" in page
    assert "Order ready" in listed
    assert MessageCard.objects.get().created_by.get_username() == "mia"


def test_variables_and_languages_come_and_go_without_a_script(marketer):
    more = marketer.post("/cards/new/", typed(add_variable="1"))
    less = marketer.post("/cards/new/", typed(remove_variable="0"))
    german = marketer.post("/cards/new/", typed(action="add_language", new_language="de"))

    assert 'name="var-1-name"' in more.content.decode()
    assert 'value="order_no"' in more.content.decode()
    assert 'name="var-0-name"' not in less.content.decode()
    assert 'name="title_de"' in german.content.decode()
    assert not MessageCard.objects.exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"var-0-sample": "one"}, "“one” is not a whole number"),
        ({"body": "{order}"}, "There is no variable order."),
        ({"key": "Order Ready"}, "A key is"),
        ({"key": "new"}, "A key is"),
        ({"title": ""}, "Title is empty"),
        ({"extra": "google.x = 1"}, "reserved by FCM"),
    ],
)
def test_what_is_wrong_stands_where_it_is_and_nothing_is_lost(marketer, fields, told):
    answer = marketer.post("/cards/new/", typed(**fields))

    assert answer.status_code == 422
    assert told in words(answer)
    assert 'value="order_no"' in answer.content.decode()
    assert not MessageCard.objects.exists()


def test_the_page_of_a_card_takes_variables_for_its_parameters(marketer):
    page = Page.objects.create(name="Order")
    page.parameters.create(name="no", type="Integer")

    shown = marketer.post("/cards/new/", typed(action="fields", initial_page="Order"))
    marketer.post("/cards/new/", typed(initial_page="Order", parameter_no="{order_no}"))

    assert 'name="parameter_no"' in shown.content.decode()
    assert cards.current(MessageCard.objects.get()).parameters == {"no": "{order_no}"}


def test_saving_over_somebody_elses_change_is_refused(marketer):
    card = make_card()
    url = f"/cards/{card.key}/"
    marketer.post(url, typed(version="1", title="First"))

    late = marketer.post(url, typed(version="1", title="Second"), follow=True)

    assert "Someone else changed this card meanwhile" in words(late)
    assert cards.current(MessageCard.objects.get()).title == "First"


def test_support_looks_at_cards_and_changes_none(support):
    card = make_card()

    assert "New card" not in words(support.get("/cards/"))
    assert "Save card" not in words(support.get(f"/cards/{card.key}/"))
    assert support.post(f"/cards/{card.key}/", typed(version="1")).status_code == 403


def test_an_archived_card_is_offered_to_nobody(marketer, support):
    make_user("ann")
    card = make_card()

    marketer.post(f"/cards/{card.key}/", {"do": "archive"})

    assert "Order ready" not in words(support.get("/people/ann/send/"))
    assert support.get("/people/ann/send/order-ready/").status_code == 404
    assert "Order ready" in words(marketer.get("/cards/?archived"))


# ---------------------------------------------------------------- filling


def test_support_chooses_a_card_fills_it_and_comes_to_review(support):
    make_device(make_user("ann", attributes={"first_name": "Ann"}))
    make_card()

    assert "/people/ann/send/" in support.get("/people/ann/").content.decode()
    assert "Hello Ann" in words(support.get("/people/ann/send/"))
    shown = support.post("/people/ann/send/order-ready/", {"variable_order_no": "77", "show": "1"})
    answer = support.post("/people/ann/send/order-ready/", {"variable_order_no": "77"})
    review = words(support.get(answer.url))

    assert "Your order 77 is ready" in words(shown)
    assert "Reachable on 1 of 1 phone" in words(shown)
    draft = Notification.objects.get()
    assert (draft.send_to, draft.recipients, draft.variables) == (
        "users",
        ["ann"],
        {"order_no": "77"},
    )
    assert "Your order 77 is ready" in review
    assert "1 phone will get this" in review


@pytest.mark.parametrize(("value", "told"), [("", "is empty"), ("A-1", "not a whole number")])
def test_a_variable_that_is_missing_or_wrong_never_becomes_a_draft(support, value, told):
    make_user("ann")
    make_card()

    answer = support.post("/people/ann/send/order-ready/", {"variable_order_no": value})

    assert answer.status_code == 422
    assert told in words(answer)
    assert not Notification.objects.exists()


def test_the_copy_of_a_cards_draft_is_locked(support):
    make_device(make_user("ann"))
    make_card()
    support.post("/people/ann/send/order-ready/", {"variable_order_no": "77"})
    draft = Notification.objects.get()
    edit = f"/notifications/{draft.uuid}/edit/"

    own = {"title": "Mine", "body": "Mine", "send_to": "everyone", "action": "save"}
    answer = support.post(edit, own)

    assert answer.url == f"/notifications/{draft.uuid}/card/"
    assert 'value="77"' in support.get(answer.url).content.decode()
    draft.refresh_from_db()
    assert draft.body == "Your order 77 is ready"


def test_a_card_that_changed_meanwhile_is_shown_anew_before_it_is_sent(support):
    make_device(make_user("ann"))
    card = make_card()
    support.post("/people/ann/send/order-ready/", {"variable_order_no": "77"})
    draft = Notification.objects.get()
    says = {"name": "Order ready", "title": "Hurry", "body": "Order {order_no} waits",
            "variables": [{"name": "order_no", "type": "Integer", "sample": "1"}]}  # fmt: skip
    cards.revise(card, says, by=make_member("marketer", "other"), version=1)

    to_edit = support.get(f"/notifications/{draft.uuid}/review/", follow=True)
    answer = support.post(f"/notifications/{draft.uuid}/card/", {"variable_order_no": "77"})
    review = words(support.get(answer.url))

    assert "This card was changed since." in words(to_edit)
    assert "Order 77 waits" in review


def test_a_card_without_variables_needs_nothing_filled_in(support):
    make_device(make_user("ann"))
    make_card(body="Ready.", variables=[])

    answer = support.post("/people/ann/send/order-ready/", {})

    assert answer.status_code == 302
    assert Notification.objects.get().body == "Ready."


def test_showing_it_says_what_is_wrong_with_what_is_typed_and_asks_for_nothing_yet(support):
    make_card()
    make_device("ann")

    empty = support.post("/people/ann/send/order-ready/", {"variable_order_no": "", "show": "1"})
    wrong = support.post("/people/ann/send/order-ready/", {"variable_order_no": "A7", "show": "1"})

    assert "is empty" not in words(empty)
    assert wrong.status_code == 422
    assert "order_no" in words(wrong)
    assert Notification.objects.count() == 0


def test_before_it_is_written_each_phone_says_whether_it_would_get_it(support):
    make_card()
    make_device("ann", platform="ios", model="iPhone 15")
    make_device("ann", platform="android", model="Pixel 8", system="denied", perm_denials=2)

    for path in ("/people/ann/send/", "/people/ann/send/order-ready/"):
        text = words(support.get(path))

        assert "Reachable on 1 of 2 phones" in text
        assert "iPhone 15 gets it." in text
        assert "Pixel 8 Notifications are off." in text


def test_who_is_over_the_limit_is_said_so_before_anything_is_written(support):
    make_card()
    phone = make_device("ann", platform="ios", model="iPhone 15")
    one = confirmed(title="Snow report", send_to="users", recipients=["ann"])
    Notification.objects.filter(pk=one.pk).update(status="sent", started_at=timezone.now())
    preferences.put(frequency_limit=1)
    batch = Batch.objects.create(notification=one, kind="list", due_at=timezone.now())
    Delivery.objects.create(
        notification=one, device=phone, user=phone.owner, batch=batch, platform="ios",
        outcome="accepted", started_at=timezone.now(), at=timezone.now(),
    )  # fmt: skip

    text = words(support.get("/people/ann/send/"))

    assert "Over the frequency limit, for now" in words(support.get("/people/ann/"))
    assert "Not reachable on 1 phone" in text
    assert "They had 1 notification in the 24 hours before (“Snow report”)" in text
    assert "Nothing would arrive now. They can get the next one from" in text
