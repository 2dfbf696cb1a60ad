"""What can be done on a notification's page, and who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications import lifecycle, reports
from notifications.models import Notification
from notifications.states import NotificationStatus as S
from tests.console.reporting import NOW, get, make_sending, put, text_of
from tests.console.staff import client_of, make_member, signed_in
from tests.sending import confirm, make_draft, make_phones

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- what can be done


def post(client: Client, one: Notification, verb: str) -> Any:
    return client.post(f"{one.get_absolute_url()}{verb}/", follow=True)


def status_of(one: Notification) -> str:
    one.refresh_from_db()
    return one.status


def test_undo_makes_it_a_draft_again():
    make_phones(3)
    one = confirm(make_draft())
    client = signed_in(make_member("ops", "olga"))

    answer = post(client, one, "undo")

    assert status_of(one) == S.DRAFT
    assert "Undone. It is a draft again" in text_of(answer)


def test_waiting_moves_the_start_by_half_a_minute():
    make_phones(3)
    one = confirm(make_draft())
    before = one.due_at

    post(client_of("ops", "olga"), one, "wait")

    one.refresh_from_db()
    assert one.due_at == before + timedelta(seconds=30)


def test_pause_resume_and_stop():
    one = make_sending()
    client = client_of("ops")

    post(client, one, "pause")
    assert status_of(one) == S.PAUSED
    post(client, one, "resume")
    assert status_of(one) == S.SENDING
    asked = client.get(f"{one.get_absolute_url()}stop/")
    assert "2 not sent, 5 already out." in text_of(asked)
    assert status_of(one) == S.SENDING
    post(client, one, "stop")
    assert status_of(one) == S.STOPPED


@pytest.mark.parametrize("verb", ["undo", "pause", "resume", "stop", "cancel", "release", "resend"])
def test_who_comes_too_late_reads_why_and_nothing_happens(verb):
    one = put(make_draft(), S.CANCELLED, finished_at=NOW)

    answer = post(client_of("admin"), one, verb)

    assert status_of(one) == S.CANCELLED
    assert "this notification: it is cancelled" in text_of(
        answer
    ) or "Nothing is unknown" in text_of(answer)


def test_a_second_stop_changes_nothing():
    one = make_sending()
    client = client_of("ops")
    post(client, one, "stop")
    one.refresh_from_db()
    version = one.version

    post(client, one, "stop")

    one.refresh_from_db()
    assert one.version == version


def test_cancel_asks_first():
    one = put(make_draft(), S.SCHEDULED, send_at=NOW + timedelta(days=1))
    client = client_of("ops")

    assert "Cancel this notification?" in text_of(client.get(f"{one.get_absolute_url()}cancel/"))
    assert status_of(one) == S.SCHEDULED
    post(client, one, "cancel")
    assert status_of(one) == S.CANCELLED


def test_a_held_one_can_be_sent_now():
    make_phones(2)
    one = put(make_draft(), S.HELD, paused_reason="late", paused_facts={"late_by_s": 1500})

    post(client_of("ops"), one, "release")

    assert status_of(one) == S.SCHEDULED
    assert one.due_at <= timezone.now()


def test_a_duplicate_is_a_draft_of_its_own():
    one = make_sending(S.SENT, finished_at=NOW)

    answer = post(client_of("marketer"), one, "duplicate")

    copy = Notification.objects.exclude(pk=one.pk).get()
    assert copy.status == S.DRAFT
    assert answer.redirect_chain[-1][0] == f"{copy.get_absolute_url()}edit/"


def test_the_unknown_can_be_sent_to_again():
    one = make_sending(S.SENT, finished_at=NOW)
    assert "Resend to 1 unknown" in text_of(get(one))
    client = client_of("admin")
    assert "1 phone never reached us" in text_of(client.get(f"{one.get_absolute_url()}resend/"))

    post(client, one, "resend")

    assert status_of(one) == S.SENDING
    found = reports.counts(one)
    assert (found.unknown, found.waiting, found.targeted) == (0, 1, 8)


def test_an_earlier_wait_than_the_start_is_refused_in_words():
    one = make_sending()

    assert "Too late to wait" in text_of(post(client_of("ops"), one, "wait"))


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(
    ("role", "shown"),
    [("viewer", False), ("support", False), ("marketer", False), ("ops", True), ("admin", True)],
)
def test_who_did_not_write_it_and_is_not_ops_sees_no_stop(role, shown):
    one = make_sending()
    client = client_of(role)

    html = client.get(one.get_absolute_url()).content.decode()

    assert ('id="do-stop"' in html) is shown
    answer = client.post(f"{one.get_absolute_url()}stop/")
    assert answer.status_code == (302 if shown else 403)
    assert status_of(one) == (S.STOPPED if shown else S.SENDING)


def test_the_author_may_stop_her_own():
    author = make_member("marketer", "mara")
    one = lifecycle.compose({"title": "t", "body": "b"}, by=author)
    put(one, S.SENDING, started_at=NOW, planned=1)

    assert signed_in(author).post(f"{one.get_absolute_url()}stop/").status_code == 302
    assert status_of(one) == S.STOPPED


def test_reading_needs_no_more_than_signing_in():
    one = make_sending()

    assert get(one, "viewer").status_code == 200
    assert Client().get(one.get_absolute_url()).status_code == 302


@pytest.mark.parametrize("verb", ["undo", "wait", "pause", "resume", "duplicate"])
def test_what_acts_at_once_takes_only_a_post(verb):
    one = make_draft()

    assert client_of("admin").get(f"{one.get_absolute_url()}{verb}/").status_code == 405


def test_what_has_a_time_of_its_own_does_not_wait():
    make_phones(3)
    later = timezone.now() + timedelta(days=3)
    one = confirm(make_draft(send_at=later))

    post(client_of("ops", "olga"), one, "wait")

    one.refresh_from_db()
    assert one.due_at == later
