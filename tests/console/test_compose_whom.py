"""Compose: people named one by one, whom it reaches, when it goes in batches."""

from typing import Any

import pytest
from django.test import Client

from devices.models import Audience
from tests.console.composing import NEW, only, typed, value_of, words
from tests.console.staff import client_of
from tests.factories import make_device

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- people named one by one


def test_unknown_references_are_named_with_a_near_match_and_never_dropped(marketer: Client) -> None:
    make_device("hanna.k")
    make_device("jonas-p")
    asked = typed(
        send_to="users", recipients="users/hanna.k, users/Jonas-P\nnobody", action="review"
    )

    response = marketer.post(NEW, asked)

    assert response.status_code == 422
    assert (
        "We don’t know users/Jonas-P (did you mean users/jonas-p?), users/nobody. "
        "Ids are case-sensitive."
    ) in words(response)
    assert value_of(response, "recipients") == "users/hanna.k, users/Jonas-P\nnobody"
    assert "1 person · 2 unknown" in words(response)

    marketer.post(NEW, asked | {"action": "save"})

    assert only().recipients == ["hanna.k", "Jonas-P", "nobody"]
    review = marketer.get(f"/notifications/{only().uuid}/review/", follow=True)
    assert "We don’t know users/Jonas-P" in words(review)


def test_everyone_never_carries_a_list(marketer: Client) -> None:
    marketer.post(NEW, typed(send_to="everyone", recipients="ann, bob"))

    assert (only().send_to, only().recipients) == ("everyone", [])


def test_doubles_and_prefixes_are_one_person(marketer: Client) -> None:
    make_device("ann")

    marketer.post(NEW, typed(send_to="users", recipients="ann users/ann;ann"))

    assert only().recipients == ["ann"]


def test_saved_audiences_appear_with_their_page(marketer: Client, settings: Any) -> None:
    Audience.objects.create(name="Booked before")
    has_page = "audiences" in {
        getattr(one, "name", "") for one in __import__("console.urls", fromlist=["x"]).urlpatterns
    }

    assert ("Saved audience" in words(marketer.get(NEW))) is has_page


def test_of_a_long_list_twenty_unknown_ones_are_named_and_the_rest_counted(
    marketer: Client,
) -> None:
    refs = " ".join(f"nobody-{n}" for n in range(300))

    page = marketer.post(NEW, typed(action="review", send_to="users", recipients=refs))

    assert page.content.decode().count("chip unknown") == 20
    assert "And 280 more that nobody has." in words(page)


# ---------------------------------------------------------------- reach and batches


def test_reach_counts_what_would_be_sent_and_why_not_the_rest(marketer: Client) -> None:
    make_device("ann", platform="ios")
    make_device("ann", platform="android")
    make_device("bob", platform="ios", system="denied")
    make_device("cat", platform="ios", opted_out=True)
    make_device("dan", platform="ios", token=None)

    response = marketer.post("/notifications/reach/", typed(target_os="ios"))

    text = words(response)
    assert "Reaches 1 phone of 1 person" in text
    assert "Why not the other 4 ?" in text
    for reason in ("Notifications are off", "Opted out in the app", "No token yet", "Other system"):
        assert reason in text


def test_target_os_narrows_named_people_too(marketer: Client) -> None:
    make_device("ann", platform="android")

    response = marketer.post(
        "/notifications/reach/", typed(send_to="users", recipients="ann, zed", target_os="ios")
    )

    assert "Reaches 0 phones" in words(response)
    assert "1 person · 1 unknown" in words(response)


def test_unknown_ones_are_named_again_when_the_references_change(marketer: Client) -> None:
    make_device("jonas-p")
    asked = typed(send_to="users", recipients="Jonas-P")

    changed = marketer.post("/notifications/reach/", asked | {"changed": "recipients"})
    other = marketer.post("/notifications/reach/", asked | {"changed": "target_os"})

    assert 'data-replace="Jonas-P" data-with="jonas-p"' in changed.content.decode()
    assert "data-replace" not in other.content.decode()


def test_specific_users_with_nothing_in_it_reaches_nobody(marketer: Client) -> None:
    make_device("ann")

    response = marketer.post("/notifications/reach/", typed(send_to="users", recipients=""))

    assert "Nobody yet" in words(response)


def test_batches_lock_themselves_on_above_the_threshold(marketer: Client, settings: Any) -> None:
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 3, 2
    for _ in range(4):
        make_device()

    text = words(marketer.post("/notifications/reach/", typed()))

    assert "On automatically above 3 people or devices: 2 batches of 2 ." in text
    assert "You can pause between any two." in text


def test_below_the_threshold_batches_are_a_choice(marketer: Client, settings: Any) -> None:
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 4, 2
    for _ in range(4):
        make_device()

    text = words(marketer.post("/notifications/reach/", typed(batch_mode="on")))

    assert "2 batches of up to 2 ." in text
    assert "Turns itself on above 4 people or devices." in text


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "reach"), ("post", "preview"), ("post", "image"), ("get", "fields"), ("get", "when")],
)
def test_fragments_have_one_method_and_the_same_door(
    marketer: Client, method: str, path: str
) -> None:
    url, other = f"/notifications/{path}/", "get" if method == "post" else "post"

    assert getattr(marketer, method)(url).status_code == 200
    assert getattr(marketer, other)(url).status_code == 405
    assert getattr(client_of("viewer"), method)(url).status_code == 403
    assert getattr(Client(), method)(url).status_code == 302


def test_nonsense_in_a_fragment_breaks_nothing(marketer: Client) -> None:
    bad = {
        "send_to": "x",
        "target_os": "\x00",
        "audience": "\u0661",
        "date": "2026-99-99",
        "time": "99:99",
    }

    assert marketer.post("/notifications/reach/", bad).status_code == 200
    assert marketer.get("/notifications/when/", bad | {"timezone": "Mars/Base"}).status_code == 200


def test_the_chosen_moment_is_said_in_full(marketer: Client) -> None:
    ask = {"date": "2028-01-03", "time": "09:30", "timezone": "Europe/Vienna"}

    assert "Mon 3 Jan 2028, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC" in words(
        marketer.get("/notifications/when/", ask)
    )
    assert "has passed" in words(marketer.get("/notifications/when/", ask | {"date": "2020-01-03"}))
