"""An erased person is named nowhere, and what was counted stays true."""

import pytest
from django.utils import timezone

from devices import people
from notifications.models import Notification
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_lists_of_recipients_forget_her_and_keep_their_length_once_confirmed():
    for user_id in ("ada", "bob"):
        make_user(user_id)
    draft = Notification.objects.create(title="D", recipients=["bob", "ada"])
    sent = Notification.objects.create(
        title="S", recipients=["ada", "bob"], status="sent", revision={}, due_at=timezone.now()
    )
    other = Notification.objects.create(title="O", recipients=["adam"])

    people.erase("ada", timezone.now())

    for notification, recipients in (
        (draft, ["bob"]), (sent, ["/erased", "bob"]), (other, ["adam"]),
    ):  # fmt: skip
        notification.refresh_from_db()
        assert notification.recipients == recipients
