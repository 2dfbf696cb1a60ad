"""Compose: every field, every refusal on its field, everything typed kept; with and without htmx."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from notifications.models import Notification
from tests.console.composing import NEW, TYPES, only, page_with, photo, typed, value_of, words
from tests.console.staff import client_of
from tests.factories import make_device

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_media")]


# ---------------------------------------------------------------- the empty page


def test_the_page_has_every_field_by_its_name(marketer: Client) -> None:
    response = marketer.get(NEW)

    text = words(response)
    for label in (
        "Title", "Text", "Image", "Send to", "Everyone", "Specific users", "User references",
        "Target OS", "All", "Android", "iOS", "Initial page", "Deliver with sound",
        "Batch notifications", "When", "Now", "At a time", "Save draft", "Send test to me", "Review",
    ):  # fmt: skip
        assert label in text, label
    assert "Saved audience" not in text
    assert "style=" not in response.content.decode()


def test_looking_writes_nothing(marketer: Client) -> None:
    marketer.get(NEW)

    assert not Notification.objects.exists()


@pytest.mark.parametrize("role", ["viewer"])
def test_who_may_not_compose_is_told_so(role: str) -> None:
    client = client_of(role)

    for response in (client.get(NEW), client.post(NEW, typed())):
        assert response.status_code == 403
    assert not Notification.objects.exists()


@pytest.mark.parametrize("role", ["marketer", "support", "ops", "admin"])
def test_everyone_else_may(role: str) -> None:
    assert client_of(role).post(NEW, typed()).status_code == 302


def test_other_methods_are_refused(marketer: Client) -> None:
    assert marketer.put(NEW).status_code == 405


# ---------------------------------------------------------------- saving


def test_a_draft_holds_everything_that_was_typed(marketer: Client) -> None:
    page_with(*TYPES)
    make_device("ann")
    parameters = {
        "pString": "hello", "pInteger": "42", "pDouble": "4.5", "pBoolean": "true",
        "pDateTime": "2026-11-27T15:00", "pLatLng": "48.2,16.3", "pDocumentReference": "huts/a",
    }  # fmt: skip

    response = marketer.post(
        NEW,
        typed(
            title="  First\u202e snow ❄️ ", body="One\r\ntwo", send_to="users",
            recipients="users/ann", target_os="ios", initial_page="HutDetail", batch_mode="on",
            when="at", date="2028-01-03", time="09:30", timezone="Europe/Vienna", ttl_s="3600",
            extra="campaign = snow", sound="",
            **{f"parameter_{name}": text for name, text in parameters.items()},
        ),
    )  # fmt: skip

    draft = only()
    assert response.url == f"/notifications/{draft.uuid}/edit/"
    assert (draft.title, draft.body) == ("First snow ❄️", "One\ntwo")
    assert (draft.send_to, draft.recipients, draft.target_os) == ("users", ["ann"], "ios")
    assert (draft.initial_page, draft.parameters) == ("HutDetail", parameters)
    assert (draft.sound, draft.batch_mode, draft.ttl_s) == (False, True, 3600)
    assert draft.data == {"campaign": "snow"}
    assert draft.send_at == datetime(2028, 1, 3, 8, 30, tzinfo=UTC)
    assert draft.timezone == "Europe/Vienna"
    assert draft.author.username == "mia"


def test_a_saved_draft_is_shown_again_as_it_was(marketer: Client) -> None:
    page_with("DocumentReference")
    make_device("ann")
    marketer.post(
        NEW,
        typed(send_to="users", recipients="ann", initial_page="HutDetail", extra="a = 1",
              parameter_pDocumentReference="huts/sarnalp", when="at", date="2028-01-03",
              time="09:30", timezone="Asia/Tokyo"),
    )  # fmt: skip

    page = marketer.get(f"/notifications/{only().uuid}/edit/")

    assert value_of(page, "title") == "First snow"
    assert value_of(page, "recipients") == "ann"
    assert value_of(page, "parameter_pDocumentReference") == "huts/sarnalp"
    assert value_of(page, "extra") == "a = 1"
    assert (value_of(page, "date"), value_of(page, "time")) == ("2028-01-03", "09:30")
    assert "Mon 3 Jan 2028, 09:30 Asia/Tokyo (UTC+9) · 00:30 UTC" in words(page)


def test_a_draft_may_be_unfinished_but_not_go_to_review(marketer: Client) -> None:
    page_with("Integer")
    unfinished = typed(title="", body="", initial_page="HutDetail")

    assert marketer.post(NEW, unfinished).status_code == 302
    refused = marketer.post(NEW, unfinished | {"action": "review"})

    assert refused.status_code == 422
    assert "Title is empty. Write what people should read." in words(refused)
    assert "Text is empty. Write what people should read." in words(refused)
    assert "HutDetail needs pInteger." in words(refused)
    assert Notification.objects.count() == 1


def test_review_leads_to_the_review_page(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="review"))

    assert response.url == f"/notifications/{only().uuid}/review/"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": "x" * 201}, "Title has 201 characters; 200 is the most."),
        ({"body": "x" * 1001}, "Text has 1,001 characters; 1,000 is the most."),
        ({"extra": "no sign"}, "Line 1, “no sign”: write key = value."),
        ({"extra": "from = me"}, "from is reserved by FCM. Use another key."),
        ({"extra": "initialPageName = x"}, "initialPageName is filled by Beckon itself."),
        ({"extra": '{"a": 1}'}, "FCM data values must be text"),
        ({"extra": '{"a": "\\u0000"}'}, "holds NUL or half a character"),
        ({"extra": '{"\\ud800": "a"}'}, "holds NUL or half a character"),
        ({"when": "at"}, "Choose a date, or Now."),
        ({"when": "at", "date": "2020-01-01", "time": "09:30"}, "has passed. Choose a later time"),
        ({"send_to": "users", "recipients": " ,\n "},
         "Name at least one person. Nothing here never means everyone."),
        ({"send_to": "audience"}, "Select a valid choice"),
        ({"initial_page": "Nowhere"}, "Select a valid choice"),
        ({"target_os": "palm"}, "Select a valid choice"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["save", "review"])
def test_what_is_wrong_stands_on_its_field_and_nothing_is_saved(
    marketer: Client, action: str, fields: dict[str, str], says: str
) -> None:
    response = marketer.post(NEW, typed(action=action) | fields)

    assert response.status_code == 422
    assert says in words(response)
    assert not Notification.objects.exists()
    assert value_of(response, "title") == fields.get("title", "First snow")


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("Integer", "4.5", "“4.5” is not a whole number"),
        ("Double", "many", "“many” is not a number"),
        ("Boolean", "perhaps", "Select a valid choice"),
        ("DateTime", "tomorrow", "“tomorrow” is not a date and time"),
        ("LatLng", "91,0", "latitude goes from"),
        ("DocumentReference", "huts/a/b", "even number of parts, such as huts/sarnalp. This one has 3."),
    ],
)  # fmt: skip
def test_a_parameter_of_the_wrong_kind_is_refused_on_its_field(
    marketer: Client, kind: str, text: str, says: str
) -> None:
    page_with(kind)

    response = marketer.post(
        NEW, typed(action="review", initial_page="HutDetail", **{f"parameter_p{kind}": text})
    )

    assert response.status_code == 422
    assert says in words(response)


def test_a_message_that_is_too_large_says_by_how_much(marketer: Client) -> None:
    response = marketer.post(
        NEW, typed(action="review", body="ж" * 1000, extra="a = " + "ж" * 1200)
    )

    assert response.status_code == 422
    assert "phones take 4,000. Shorten the text or the data by" in words(response)


# ---------------------------------------------------------------- the page's own fields


def test_choosing_a_page_without_a_script_keeps_what_was_typed(marketer: Client) -> None:
    page_with("String", "Boolean")

    response = marketer.post(
        NEW, typed(action="fields", initial_page="HutDetail", title="Kept", image=photo())
    )

    assert response.status_code == 200
    assert value_of(response, "title") == "Kept"
    assert value_of(response, "parameter_pString") == ""
    assert value_of(response, "image_kept")
    assert "needs" not in words(response)
    assert not Notification.objects.exists()


def test_htmx_swaps_the_fields_and_keeps_those_of_the_same_name(marketer: Client) -> None:
    page_with("String")

    response = marketer.get(
        "/notifications/fields/", {"initial_page": "HutDetail", "parameter_pString": "hello"}
    )

    assert value_of(response, "parameter_pString") == "hello"
    assert "<html" not in response.content.decode()
    assert "pString" not in words(marketer.get("/notifications/fields/", {"initial_page": ""}))


def test_a_page_that_is_gone_keeps_its_name_and_says_so(marketer: Client) -> None:
    page = page_with("String")
    marketer.post(NEW, typed(initial_page="HutDetail", parameter_pString="x"))
    page.delete()

    assert "HutDetail (no longer registered)" in words(
        marketer.get(f"/notifications/{only().uuid}/edit/")
    )


# ---------------------------------------------------------------- the preview


def test_the_preview_shows_the_words_and_the_cut(marketer: Client) -> None:
    body = "12 huts still have beds for 27–29 November. Book by Thursday and breakfast is on us."

    response = marketer.post(NEW, typed(action="fields", body=body, image=photo()))

    text = words(response)
    assert "10 / 50 suggested" in text
    assert "84 / 150 suggested" in text
    assert "Android cuts the end off." in text
    assert text.count(body) == 5  # four phones and the field itself


@pytest.mark.parametrize("field", ["title", "body", "recipients", "extra"])
def test_markup_that_is_typed_stays_text(marketer: Client, field: str) -> None:
    payload = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

    response = marketer.post(NEW, typed(action="review", send_to="users") | {field: payload})

    assert "<script>alert(1)" not in response.content.decode()
    assert "<img src=x" not in response.content.decode()
