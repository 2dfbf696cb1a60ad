"""Compose: drafts of two people, autosave, what was confirmed, and tests to oneself."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from devices.models import TestDevice as StaffPhone
from notifications import lifecycle
from notifications.models import AuditEntry, Notification
from notifications.states import NotificationStatus as S
from tests.console.composing import NEW, only, typed, value_of, words
from tests.console.staff import client_of, make_member, signed_in
from tests.factories import make_device
from tests.sending import confirm

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- editing


def test_a_draft_is_edited_in_place(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"

    response = marketer.post(edit, typed(title="Second snow", version="1"))

    assert response.url == edit
    assert (only().title, only().version) == ("Second snow", 2)


def test_two_people_on_one_draft_are_told_of_each_other(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"
    client_of("ops", "noor").post(edit, typed(title="Noor’s title", version="1"))

    response = marketer.post(edit, typed(title="Mia’s title", version="1"))

    text = words(response)
    assert response.status_code == 409
    assert "noor saved this draft just now , after you opened it." in text
    assert "Yours: Mia’s title" in text
    assert "Theirs: Noor’s title" in text
    assert value_of(response, "title") == "Mia’s title"
    assert only().title == "Noor’s title"

    marketer.post(edit, typed(title="Mia’s title", version=value_of(response, "version")))

    assert only().title == "Mia’s title"


def test_autosave_makes_one_draft_and_keeps_it(marketer: Client) -> None:
    first = marketer.post(NEW, typed(action="autosave", title="F", body="")).json()
    second = marketer.post(
        first["url"], typed(action="autosave", title="Fi", version=first["version"])
    ).json()

    assert first["url"] == second["url"] == f"/notifications/{only().uuid}/edit/"
    assert (only().title, second["version"], second["name"]) == ("Fi", 2, "Fi")


def test_autosave_says_what_stands_in_its_way(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="autosave", title="x" * 201))

    assert response.status_code == 422
    assert response.json() == {"sentence": "Title: Title has 201 characters; 200 is the most."}
    assert not Notification.objects.exists()


def test_autosave_waits_for_nothing_that_is_half_typed(marketer: Client) -> None:
    half = typed(action="autosave", send_to="users", recipients="", when="at", date="2028-01-03")

    assert marketer.post(NEW, half).status_code == 200
    assert (only().send_to, only().recipients, only().send_at) == ("users", [], None)


def test_autosave_never_writes_over_someone_else(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"
    client_of("ops", "noor").post(edit, typed(title="Noor’s", version="1"))

    response = marketer.post(edit, typed(action="autosave", title="Mia’s", version="1"))

    assert response.status_code == 409
    assert "noor saved this draft" in words(response)
    assert only().title == "Noor’s"


def scheduled(by: Any) -> Notification:
    make_device("ann")
    draft = lifecycle.compose(
        {"title": "Later", "body": "Text", "send_at": datetime(2028, 1, 3, 8, 30, tzinfo=UTC)},
        by=by,
    )
    return confirm(draft, by)


def test_editing_what_is_scheduled_asks_first() -> None:
    mia = make_member("marketer", "mia")
    client, one = signed_in(mia), scheduled(mia)
    edit = f"/notifications/{one.uuid}/edit/"

    page = client.get(edit)

    assert "Take it back to a draft?" in words(page)
    assert only().status == S.SCHEDULED

    response = client.post(edit, {"action": "take_back"})

    assert response.url == edit
    assert only().status == S.DRAFT
    assert only().revision is None
    assert "Compose" in words(client.get(edit))


def test_a_form_left_open_can_not_change_what_was_confirmed() -> None:
    mia = make_member("marketer", "mia")
    one = scheduled(mia)

    signed_in(mia).post(f"/notifications/{one.uuid}/edit/", typed(title="Changed", version="1"))

    one.refresh_from_db()
    assert (one.title, one.status) == ("Later", S.SCHEDULED)


def test_who_is_neither_author_nor_ops_can_not_take_it_back() -> None:
    one = scheduled(make_member("marketer", "mia"))

    response = client_of("marketer", "other").post(
        f"/notifications/{one.uuid}/edit/", {"action": "take_back"}
    )

    assert response.status_code == 403
    assert only().status == S.SCHEDULED


@pytest.mark.parametrize("status", [S.SENDING, S.SENT, S.STOPPED, S.CANCELLED])
def test_what_is_over_can_not_be_edited(marketer: Client, status: str) -> None:
    one = scheduled(make_member("ops", "noor"))
    Notification.objects.filter(pk=one.pk).update(status=status)

    response = marketer.get(f"/notifications/{one.uuid}/edit/")

    assert response.status_code == 302
    assert response.url == f"/notifications/{one.uuid}/"


# ---------------------------------------------------------------- tests to oneself


def test_a_test_goes_to_my_own_phones_only() -> None:
    mia = make_member("marketer", "mia")
    mine = make_device("mia-at-home")
    make_device("customer")
    StaffPhone.objects.create(staff=mia, device=mine)

    response = signed_in(mia).post(NEW, typed(action="test"), follow=True)

    assert "Test sent to your test phone." in words(response)
    test = Notification.objects.get(kind="test")
    assert test.planned == 1
    draft = Notification.objects.get(kind="broadcast")
    assert draft.status == S.DRAFT
    assert AuditEntry.objects.filter(action="sent a test of").exists()


def test_without_a_test_phone_it_says_how_to_get_one(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="test"), follow=True)

    assert "You have no test phone yet." in words(response)
    assert not Notification.objects.filter(kind="test").exists()


def test_addresses_have_names() -> None:
    assert reverse("compose") == NEW
    assert reverse("compose_reach") == "/notifications/reach/"


def test_a_person_s_page_leads_here_with_that_person(marketer: Client) -> None:
    make_device("ann")

    page = marketer.get(NEW, {"to": "ann"})

    assert value_of(page, "recipients") == "ann"
    assert re.search(r'value="users"[^>]* checked', page.content.decode())
    assert "1 person" in words(page)
