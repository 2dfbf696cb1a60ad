"""Signing in and out, guessing slowed, one's own password."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from console import first_admin
from console.views import signing
from notifications.models import AuditEntry
from tests.console.staff import PASSWORD, make_member, signed_in

pytestmark = pytest.mark.django_db
INSIDE = "/account/password/"


def sign_in(client: Client, username: str, password: str, **extra: str):
    fields = {"username": username, "password": password, "next": INSIDE}
    return client.post("/login/", fields, **extra)


def test_the_right_pair_opens_the_page_that_was_asked_for():
    make_member("ops")
    client = Client()

    asked = client.get(INSIDE)
    answer = sign_in(client, "ops", PASSWORD)

    assert asked.url == f"/login/?next={INSIDE}"
    assert answer.url == INSIDE
    assert client.get(INSIDE).status_code == 200
    assert AuditEntry.objects.get().action == "signed in"


@pytest.mark.parametrize(("username", "password"), [("ops", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_pair_gets_one_message_whichever_was_wrong(username, password):
    make_member("ops")

    answer = sign_in(Client(), username, password)

    assert answer.status_code == 200
    assert "That pair does not match." in answer.content.decode()


def test_the_name_is_locked_at_that_address_after_five_wrong_pairs():
    make_member("ops")
    client = Client()

    answers = [sign_in(client, "ops", "wrong").status_code for _ in range(5)]
    right = sign_in(client, "ops", PASSWORD)

    assert answers == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert right.headers["Retry-After"] == "900"
    assert "opens again in 15" in right.content.decode()
    elsewhere = sign_in(Client(), "ops", PASSWORD, REMOTE_ADDR="10.0.0.2")
    assert elsewhere.status_code == 302


def test_one_address_can_not_try_many_names(monkeypatch):
    monkeypatch.setattr(signing, "ADDRESS_LIMIT", 3)
    make_member("ops")
    client = Client()

    answers = [sign_in(client, f"name{number}", "wrong").status_code for number in range(3)]
    closed = sign_in(client, "ops", PASSWORD)

    assert answers == [200, 200, 200]
    assert closed.status_code == 429
    assert closed.headers["Retry-After"] == "60"


def test_many_addresses_can_not_try_one_name_nor_lock_out_whom_it_is(monkeypatch):
    monkeypatch.setattr(signing, "NAME_LIMIT", 3)
    make_member("ops")
    sign_in(Client(), "ops", PASSWORD, REMOTE_ADDR="10.0.0.9")

    guesses = [
        sign_in(Client(), "Ops", "wrong", REMOTE_ADDR=f"10.0.1.{n}").status_code for n in range(4)
    ]
    stranger = sign_in(Client(), "ops", PASSWORD, REMOTE_ADDR="10.0.2.1")
    herself = sign_in(Client(), "ops", PASSWORD, REMOTE_ADDR="10.0.0.9")

    assert guesses == [200, 200, 200, 429]
    assert stranger.status_code == 429
    assert herself.status_code == 302


def test_signing_out_is_a_post_and_ends_the_session():
    client = signed_in(make_member("ops"))

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get(INSIDE).status_code == 302


def test_whoever_is_signed_in_is_not_asked_again():
    answer = signed_in(make_member("ops")).get(f"/login/?next={INSIDE}")

    assert answer.url == INSIDE


def test_no_page_leads_to_another_site_after_signing_in():
    make_member("ops")

    fields = {"username": "ops", "password": PASSWORD, "next": "https://evil.example/"}
    answer = Client().post("/login/", fields)

    assert "evil" not in answer.url


def new_password(client: Client, old: str, new: str):
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/account/password/", fields)


def test_a_changed_password_keeps_this_browser_and_signs_out_the_others():
    ops = make_member("ops")
    here, elsewhere = signed_in(ops), signed_in(ops)

    answer = new_password(here, PASSWORD, "another long phrase")

    assert answer.status_code == 302
    assert here.get(INSIDE).status_code == 200
    assert elsewhere.get(INSIDE).status_code == 302
    assert get_user_model().objects.get().check_password("another long phrase")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("wrong", "another long phrase", "old password"),
        (PASSWORD, "short", "at least 12 characters"),
        (PASSWORD, "qwerty123456", "too common"),
    ],
)
def test_a_password_that_will_not_do_is_said_why(old, new, sentence):
    ops = make_member("ops")

    answer = new_password(signed_in(ops), old, new)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_the_first_admins_generated_password_is_forgotten_once_it_is_changed(settings):
    admin = make_member("admin", settings.ADMIN_USERNAME)
    first_admin.keep(PASSWORD)

    new_password(signed_in(admin), PASSWORD, "another long phrase")

    assert first_admin.kept_password() == ""
