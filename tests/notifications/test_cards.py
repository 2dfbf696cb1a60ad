"""Message cards: locked copy with typed variables, in versions."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications import cards, lifecycle
from notifications.models import MessageCard, Page
from notifications.review import StaleReview
from tests.factories import make_device, make_user
from tests.sending import confirm, make_staff

pytestmark = pytest.mark.django_db
READY = {
    "name": "Order ready",
    "title": "Your order is ready",
    "body": "Order {order_no} waits for you until {until}.",
    "variables": [
        {"name": "order_no", "type": "Integer", "sample": "1234"},
        {"name": "until", "type": "Date", "sample": "2026-11-27"},
    ],
}
VALUES = {"order_no": "77", "until": "2026-12-01"}


def make_card(key: str = "order-ready", **fields) -> MessageCard:
    return cards.create(key, READY | fields, by=make_staff("mia", "marketer"))


def draft_of(card: MessageCard, values=VALUES, to=("ann",)):
    fields = cards.fields_of(cards.current(card), values)
    fields |= {"send_to": "users", "recipients": list(to)}
    return lifecycle.compose(fields, by=make_staff("sam", "support"))


def refused(**fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        make_card(**fields)
    return error.value.message_dict


def test_a_card_filled_says_its_copy_with_the_values():
    fields = cards.fields_of(
        cards.current(make_card()), {"order_no": " 77 ", "until": "2026-12-01"}
    )

    assert fields["body"] == "Order 77 waits for you until 2026-12-01."
    assert fields["variables"] == VALUES


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"until": "2026-12-01"}, {"variable_order_no": "is empty"}),
        ({"order_no": "", "until": ""}, {"variable_order_no": "is empty", "variable_until": "is empty"}),
        (VALUES | {"order_no": "A-77"}, {"variable_order_no": "not a whole number"}),
        (VALUES | {"until": "tomorrow"}, {"variable_until": "not a date"}),
        (VALUES | {"name": "x"}, {"variable_name": "no variable name"}),
        (VALUES | {"order_no": "9" * 501}, {"variable_order_no": "500 is the most"}),
    ],
)  # fmt: skip
def test_a_variable_without_a_value_or_of_another_type_is_an_error_before_sending(values, wrong):
    version = cards.current(make_card())

    with pytest.raises(ValidationError) as error:
        cards.fields_of(version, values)

    told = error.value.message_dict
    assert told.keys() == wrong.keys()
    assert all(words in told[name][0] for name, words in wrong.items())


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("String", "anything", ""), ("Integer", "-3", "3.5"), ("Double", "3.5", "x"),
        ("Boolean", "true", "yes"), ("Date", "2026-02-28", "2026-02-30"),
        ("DateTime", "2026-11-27T15:00", "15:00"), ("URL", "https://a.example/b?c=1", "javascript:1"),
        ("LatLng", "48.2,16.3", "48.2"), ("DocumentReference", "huts/a", "huts"),
    ],
)  # fmt: skip
def test_every_type_takes_its_values_and_no_others(kind, good, bad):
    card = make_card(
        body="See {x}.", variables=[{"name": "x", "type": kind, "sample": good}], key="x"
    )
    version = cards.current(card)

    assert cards.fields_of(version, {"x": good})["body"] == f"See {good}."
    with pytest.raises(ValidationError):
        cards.fields_of(version, {"x": bad})


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"body": "Order {orderno} is ready on {until}, {order_no}."}, "body", "no variable orderno"),
        ({"body": "Your order is ready on {until}."}, "variables.0.name", "Nothing uses"),
        ({"variables": [{"name": "Order", "type": "String", "sample": "1"}]}, "variables.0.name", "a–z"),
        ({"variables": [READY["variables"][0]] * 2}, "variables.1.name", "another variable"),
        ({"variables": [{"name": "x", "type": "Integer", "sample": "one"}]}, "variables.0.sample", "whole"),
        ({"variables": [{"name": "x", "type": "Integer", "sample": ""}]}, "variables.0.sample", "sample"),
        ({"variables": [{"name": "x", "type": "Money", "sample": "1"}]}, "variables.0.type", "no type"),
        ({"title": ""}, "title", "empty"),
        ({"name": ""}, "name", "name"),
        ({"key": "Order ready"}, "key", "a–z"),
        ({"body": "{{ order_no }} {order_no} {until}"}, "body", "single braces"),
        ({"body": "{{ first_name }} {order_no} {until}"}, "body", "Nobody has an attribute"),
        ({"variants": {"de": {"title": "Da", "body": "{nummer}"}}}, "body_de", "no variable nummer"),
        ({"initial_page": "Order", "parameters": {"order": "{until}"}}, "parameter_order", "is date"),
        ({"initial_page": "Order", "parameters": {"order": "{nope}"}}, "parameter_order", "no variable"),
    ],
)  # fmt: skip
def test_a_card_that_could_not_be_sent_is_not_saved(fields, field, words):
    page = Page.objects.create(name="Order")
    page.parameters.create(name="order", type="Integer")

    told = refused(**fields)

    assert words in told[field][0]
    assert not MessageCard.objects.exists()


def test_a_key_is_taken_once():
    make_card()

    assert "already a card" in refused()["key"][0]


def test_parameters_and_data_take_the_variables_by_their_types():
    page = Page.objects.create(name="Order")
    page.parameters.create(name="no", type="Integer")
    page.parameters.create(name="where", type="DocumentReference")
    card = make_card(
        initial_page="Order",
        parameters={"no": "{order_no}", "where": "orders/{order_no}"},
        data={"day": "{until}"},
    )

    fields = cards.fields_of(cards.current(card), VALUES)

    assert fields["parameters"] == {"no": "77", "where": "orders/77"}
    assert fields["data"] == {"day": "2026-12-01"}


def test_a_value_inside_a_path_can_not_lead_elsewhere():
    page = Page.objects.create(name="Order")
    page.parameters.create(name="where", type="DocumentReference")
    card = make_card(
        body="{order}",
        variables=[{"name": "order", "type": "String", "sample": "a1"}],
        initial_page="Order",
        parameters={"where": "orders/{order}"},
    )

    with pytest.raises(ValidationError) as error:
        cards.fields_of(cards.current(card), {"order": "a1/payments/p1"})

    assert "can’t hold “/”" in error.value.message_dict["variable_order"][0]


def test_braces_in_a_value_mean_nothing():
    make_user("ann", attributes={"secret": "42", "first_name": "Ann"})
    card = make_card(
        body='{{ first_name | default: "Hello" }}: {note}',
        variables=[{"name": "note", "type": "String", "sample": "x"}],
    )
    draft = draft_of(card, {"note": "{{ secret }} {note}"})
    make_device("ann")

    sent = confirm(draft, make_staff("sam", "support"))

    assert sent.revision["personal"][""]["body"][1:] == [": {{ secret }} {note}"]
    assert sent.revision["body"] == "Hello: {{ secret }} {note}"


def test_a_change_of_the_words_is_a_new_version_and_what_was_sent_keeps_its_own():
    make_device(make_user("ann"))
    card = make_card()
    sent = confirm(draft_of(card), make_staff("sam", "support"))

    changed = cards.revise(card, READY | {"title": "Ready!"}, by=make_staff("mia"), version=1)

    assert changed.version == 2
    sent.refresh_from_db()
    assert sent.card.number == 1
    assert sent.revision["title"] == "Your order is ready"
    assert sent.revision["card"] == ["order-ready", 1]


def test_another_name_alone_is_no_new_version():
    card = make_card()

    changed = cards.revise(card, READY | {"name": "Ready"}, by=make_staff("mia"), version=1)

    assert (changed.name, changed.version) == ("Ready", 1)


def test_two_who_change_a_card_do_not_overwrite_each_other():
    card = make_card()
    cards.revise(card, READY | {"title": "Mine"}, by=make_staff("mia"), version=1)

    with pytest.raises(cards.Conflict):
        cards.revise(card, READY | {"title": "Yours"}, by=make_staff("noah"), version=1)


def test_what_was_reviewed_is_not_sent_after_the_card_changed():
    make_device(make_user("ann"))
    sam, now = make_staff("sam", "support"), timezone.now()
    card = make_card()
    draft = draft_of(card)
    found = lifecycle.review(draft, by=sam, now=now)
    cards.revise(card, READY | {"title": "Ready!"}, by=make_staff("mia"), version=1)

    with pytest.raises(ValidationError) as error:
        lifecycle.confirm(draft, by=sam, phrase="Send Notification", token=found.token, now=now)

    assert "was changed since" in error.value.message_dict["card"][0]


def test_the_token_holds_the_values_too():
    make_device(make_user("ann"))
    sam, now = make_staff("sam", "support"), timezone.now()
    draft = draft_of(make_card())
    found = lifecycle.review(draft, by=sam, now=now)
    type(draft).objects.filter(pk=draft.pk).update(variables=VALUES | {"order_no": "78"})
    draft.refresh_from_db()

    with pytest.raises(StaleReview):
        lifecycle.confirm(draft, by=sam, phrase="Send Notification", token=found.token, now=now)


def test_an_archived_card_is_not_sent_and_not_changed():
    make_device(make_user("ann"))
    mia, card = make_staff("mia"), make_card()
    draft = draft_of(card)
    cards.archive(card, by=mia)
    draft.refresh_from_db()

    with pytest.raises(ValidationError, match="archived"):
        lifecycle.review(draft, by=make_staff("sam", "support"), now=timezone.now())
    with pytest.raises(cards.Archived):
        cards.revise(card, READY, by=mia, version=1)

    cards.restore(card, by=mia)
    assert lifecycle.review(draft, by=make_staff("sam", "support"), now=timezone.now()).token
