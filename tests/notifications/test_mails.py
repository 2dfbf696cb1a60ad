"""Whoever can act is mailed when a notification is held or halted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from console import env
from devices.models import OutboxEvent
from notifications import health, mails, starting
from notifications.models import Notification
from notifications.sending import guards
from notifications.states import NotificationStatus as S
from notifications.webhooks import handing
from tests.sending import confirmed, make_phones, make_staff
from tests.services import free_port

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _a_mail_server(settings: Any) -> Any:
    settings.MAILED_EVENTS = frozenset(["notification.held", "notification.halted"])
    settings.EMAIL_TO = ["ops@example.com"]
    settings.PUBLIC_URL = "https://push.example.com"
    yield
    mails._unsent.clear()


@pytest.fixture
def hand_out(django_capture_on_commit_callbacks: Any) -> Any:
    def now() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            handing.hand_out(NOW)

    return now


def held(**fields: Any) -> Notification:
    make_phones(1)
    one = confirmed(**fields)
    starting.hold(one, "late", {"late_by_s": 3600}, NOW)
    return one


def halted(**fields: Any) -> Notification:
    one = confirmed()
    Notification.objects.filter(pk=one.pk).update(status=S.SENDING, **fields)
    one.refresh_from_db()
    guards.pause(one, "permission_missing", guards.facts_of("denied"), NOW)
    return one


def test_what_is_held_is_mailed_to_operators_and_author_with_the_way_out(hand_out, mailoutbox):
    author = make_staff("mia")
    author.email = "mia@example.com"
    author.save()
    one = held(by=author, title="First\nsnow")

    hand_out()
    mails.send(NOW)

    [mail] = mailoutbox
    assert mail.subject == "Held: First snow"
    assert mail.to == ["ops@example.com", "mia@example.com"]
    assert mail.body.startswith("Its time passed while nothing could send")
    assert f"https://push.example.com/notifications/{one.uuid}/" in mail.body


def test_triggers_that_halt_for_one_reason_make_one_mail(hand_out, mailoutbox):
    make_phones(1)
    halted(kind="trigger")
    halted(kind="trigger")

    hand_out()
    mails.send(NOW)

    assert [mail.subject for mail in mailoutbox] == ["Halted: First snow"]


def test_what_goes_on_again_before_its_mail_left_is_not_mailed(hand_out, mailoutbox):
    one = held()
    Notification.objects.filter(pk=one.pk).update(status=S.SCHEDULED, paused_reason="")

    hand_out()

    assert mails.send(NOW) == 0


def test_without_a_mail_server_nothing_is_written_down(settings):
    settings.MAILED_EVENTS = frozenset()

    held()

    assert not OutboxEvent.objects.exists()


def test_a_server_that_takes_nothing_is_asked_again_and_health_tells(
    hand_out, mailoutbox, settings
):
    in_memory = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    held()
    hand_out()

    assert mails.send(NOW) == 0
    assert "does not take our mail" in health.mail(NOW).sentence

    settings.EMAIL_BACKEND = in_memory
    assert mails.send(NOW + timedelta(seconds=30)) == 0
    assert mails.send(NOW + timedelta(seconds=61)) == 1
    assert health.mail(NOW).sentence == "What is held or halted is mailed to ops@example.com."


def the_process_ends_and_another_begins(now: datetime) -> None:
    mails._unsent.clear()
    mails.recall(now)


def test_a_mail_that_a_process_left_behind_is_sent_by_the_next_one_and_only_once(
    hand_out, mailoutbox
):
    held()
    hand_out()

    the_process_ends_and_another_begins(NOW + timedelta(minutes=5))
    sent = mails.send(NOW + timedelta(minutes=5))
    the_process_ends_and_another_begins(NOW + timedelta(minutes=6))

    assert (sent, mails.send(NOW + timedelta(minutes=6))) == (1, 0)
    assert [mail.subject for mail in mailoutbox] == ["Held: First snow"]


def test_after_an_hour_it_is_too_late_for_a_mail_that_was_left_behind(hand_out, mailoutbox):
    held()
    hand_out()

    the_process_ends_and_another_begins(NOW + timedelta(minutes=61))

    assert mails.send(NOW + timedelta(minutes=61)) == 0


def test_the_address_of_a_mail_server_is_read_and_its_password_never_told(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://bec%40kon:s%2Fecret@mail.example.com")
    read = env.mail_server("EMAIL_URL")
    assert (read.host, read.port, read.user, read.password, read.starttls, read.tls) == (
        "mail.example.com", 587, "bec@kon", "s/ecret", True, False,
    )  # fmt: skip

    monkeypatch.setenv("EMAIL_URL", "imap://beckon:hunter2@mail.example.com")
    with pytest.raises(env.BadSetting) as refused:
        env.mail_server("EMAIL_URL")
    assert str(refused.value).startswith('EMAIL_URL="imap://…": must be smtp://')
