"""Where secrets must never lie: in the database, and in what a worker writes."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from devices import keys
from devices.states import KeyKind
from notifications import reports
from notifications.models import Notification
from notifications.sending import channel
from notifications.states import NotificationStatus as S
from tests.notifications.test_workers import QUICK, status_of, tick_until
from tests.sending import make_phones, token_of

pytestmark = pytest.mark.django_db(transaction=True)


def everything_kept() -> str:
    """Every row of every table, as text."""
    return "\n".join(
        str(row) for model in apps.get_models() for row in model._base_manager.values()
    )


def test_no_key_is_kept_and_no_token_is_logged_whatever_fcm_says(
    start_worker: Any, sandbox: Any, caplog: pytest.LogCaptureFixture
):
    channel.forget()
    caplog.set_level("DEBUG")
    key = keys.make(KeyKind.SERVER, "back end", scopes=["trigger"]).text
    make_phones(4)
    answers = ("malformed_token", "unregistered", "sender_mismatch")
    sandbox.set_faults(
        [{"match": {"token": token_of(n)}, "do": said} for n, said in enumerate(answers)]
    )
    worker = start_worker(env=QUICK | {"RETRY_SECONDS": "0.2"})

    called = Client().post(
        "/api/v1/notifications/trigger",
        {"title": "T", "text": "B", "user_ids": [f"phone-{n}" for n in range(4)]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    notification = Notification.objects.get(uuid=called.json()["id"])
    tick_until(lambda: status_of(notification) == S.SENT)

    assert reports.counts(notification).accepted > 0
    kept, logged = everything_kept(), worker.log() + caplog.text
    assert "back end" in kept
    assert "ready." in logged
    private_key = sandbox.service_account()["private_key"].splitlines()[1]
    for secret in (key, key[-30:], private_key, "BEGIN PRIVATE KEY"):
        assert secret not in kept
        assert secret not in logged
    assert "Bearer" not in logged
    assert [n for n in range(4) if token_of(n) in logged] == []
