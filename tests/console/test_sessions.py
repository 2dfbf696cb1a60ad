"""Signed out after a pause; asked for the password again before what opens doors."""

import re
from html import unescape
from time import time

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from console import sessions
from devices.models import ApiKey
from tests.console.staff import PASSWORD, make_member, signed_in

pytestmark = pytest.mark.django_db
INSIDE = "/account/password/"
MINUTE = 60


@pytest.fixture
def admin() -> Client:
    return signed_in(make_member("admin"))


def age(client: Client, minutes: float, *names: str) -> None:
    """As if so much more time had passed since each of `names`."""
    session = client.session
    session.update({name: session[name] - minutes * MINUTE for name in names})
    session.save()


# ---------------------------------------------------------------- how long it lasts


def test_a_pause_of_two_hours_signs_out_and_sign_in_leads_back(admin):
    age(admin, 121, sessions.SEEN)

    assert admin.get(INSIDE).url == f"/login/?next={INSIDE}"


def test_whoever_is_at_work_stays_signed_in_for_twelve_hours_and_no_longer(admin):
    age(admin, 11 * 60, sessions.BEGAN)
    age(admin, 119, sessions.SEEN)
    assert admin.get(INSIDE).status_code == 200
    assert time() - admin.session[sessions.SEEN] < MINUTE

    age(admin, 61, sessions.BEGAN)
    assert admin.get(INSIDE).status_code == 302


def test_what_a_page_asks_for_by_itself_is_no_sign_of_anybody(admin):
    age(admin, 119, sessions.SEEN)
    before = admin.session[sessions.SEEN]

    admin.get("/", headers={"Sec-Fetch-Mode": "cors", "HX-Request": "true"})

    assert admin.session[sessions.SEEN] == before


def test_a_fragment_of_a_page_that_is_over_loads_the_page_anew(admin):
    age(admin, 121, sessions.SEEN)

    answer = admin.get("/", headers={"Sec-Fetch-Mode": "cors", "HX-Request": "true"})

    assert answer.headers["HX-Refresh"] == "true"
    assert answer.content == b""


def test_the_pause_is_a_setting(admin, settings):
    settings.SESSION_IDLE_MINUTES = 5
    age(admin, 6, sessions.SEEN)

    assert admin.get(INSIDE).status_code == 302


# ---------------------------------------------------------------- the password once more

KEY = {"name": "Booking", "kind": "server", "scopes": ["trigger", "read"]}


def fields_of(page: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def test_after_half_an_hour_the_password_is_asked_for_and_what_was_typed_goes_on(admin):
    age(admin, 31, sessions.PROVEN)

    page = admin.post("/settings/keys/", KEY).content.decode()
    assert "Confirm it is you" in page
    assert not ApiKey.objects.exists()

    answer = admin.post("/settings/keys/", fields_of(page) | {"proof": PASSWORD})
    assert "Booking has its key." in answer.content.decode()
    assert sorted(ApiKey.objects.get().scopes) == ["read", "trigger"]
    assert PASSWORD not in answer.content.decode()
    assert "Confirm" not in admin.post("/settings/keys/", {}).content.decode()


@pytest.mark.parametrize("proof", ["wrong", ""])
def test_a_wrong_password_changes_nothing_and_loses_nothing(admin, proof):
    age(admin, 31, sessions.PROVEN)

    page = admin.post("/settings/keys/", KEY | {"proof": proof}).content.decode()

    assert "That is not your password." in page
    assert fields_of(page)["scopes"] == KEY["scopes"]
    assert not ApiKey.objects.exists()


def test_guessing_it_is_slowed_as_at_sign_in(admin):
    age(admin, 31, sessions.PROVEN)

    answers = [admin.post("/settings/keys/", KEY | {"proof": f"no{n}"}) for n in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]


@pytest.mark.parametrize(
    "path",
    [
        "/settings/team/", "/settings/app/", "/settings/identity/", "/settings/identity/rotate/",
        "/settings/identity/retire/", "/settings/team/{pk}/role/", "/settings/team/{pk}/password/",
        "/settings/team/{pk}/deactivate/", "/settings/team/{pk}/activate/",
    ],
)  # fmt: skip
def test_it_is_asked_for_wherever_doors_are_opened(admin, path):
    age(admin, 31, sessions.PROVEN)
    where = path.format(pk=get_user_model().objects.get().pk)

    assert "Confirm it is you" in admin.post(where).content.decode()


def test_reading_needs_no_proof_and_the_question_comes_after_it(admin):
    key = admin.post("/settings/keys/", KEY) and ApiKey.objects.get()
    age(admin, 31, sessions.PROVEN)

    assert "Confirm it is you" not in admin.get("/settings/keys/").content.decode()
    answer = admin.post(f"/settings/keys/{key.public_id}/revoke/", {"proof": PASSWORD})
    assert "Are you sure?" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
