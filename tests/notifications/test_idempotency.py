"""One effect per `Idempotency-Key`: for weeks, for one API key, whatever dies in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices import keys
from devices.models import ApiKey
from devices.states import KeyKind
from notifications import idempotency, upkeep
from notifications.models import Idempotency, Notification
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"title": "Someone answered", "text": "Jo commented on your post.", "user_id": "phone-0"}


@pytest.fixture(autouse=True)
def _one_phone(transactional_db: None, sandbox: Any) -> None:
    make_phones(1)


def back_end(name: str) -> str:
    return keys.make(KeyKind.SERVER, name, scopes=["trigger"]).text


def call(key: str, name: str) -> Any:
    return Client().post(
        "/api/v1/notifications/trigger", BODY, content_type="application/json",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": name},
    )  # fmt: skip


def days_later(days: int) -> None:
    """The row as old as that, and the hourly chores done since."""
    now = timezone.now()
    Idempotency.objects.update(created_at=now - timedelta(days=days))
    upkeep.run(now)


def test_a_day_later_the_same_call_has_the_same_answer_and_no_second_effect():
    key = back_end("back end")
    first = call(key, "order-1")

    days_later(2)
    again = call(key, "order-1")
    days_later(31)
    after_weeks = call(key, "order-1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in after_weeks.headers
    assert Notification.objects.count() == 2


def test_two_back_ends_may_choose_the_same_key():
    shop, forum = back_end("shop"), back_end("forum")

    answers = [call(each, "order-2") for each in (shop, forum, shop)]

    assert ["Idempotency-Replayed" in each.headers for each in answers] == [False, False, True]
    assert answers[2].json()["id"] == answers[0].json()["id"] != answers[1].json()["id"]
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("composed", [False, True], ids=["before the effect", "after it"])
def test_a_process_that_dies_in_between_leaves_nothing_and_the_next_call_does_it_all(composed):
    back_end("back end")
    key = ApiKey.objects.get()

    def dies() -> tuple[int, dict[str, Any]]:
        if composed:
            make_draft()
        raise SystemExit

    def lives() -> tuple[int, dict[str, Any]]:
        return 202, {"id": str(make_draft().uuid)}

    with pytest.raises(SystemExit):
        idempotency.once(key, "order-3", BODY, dies)
    assert (Idempotency.objects.count(), Notification.objects.count()) == (0, 0)
    answers = [idempotency.once(key, "order-3", BODY, lives) for _ in range(2)]

    assert [one.replayed for one in answers] == [False, True]
    assert answers[0].body == answers[1].body
    assert Notification.objects.count() == 1


class Refused(Exception):
    """What a look raises."""


def test_a_repeat_that_is_refused_for_what_the_first_call_did_meanwhile_has_its_answer():
    back_end("back end")
    key = ApiKey.objects.get()

    def lives() -> tuple[int, dict[str, Any]]:
        return 202, {"id": str(make_draft().uuid)}

    def refused_once_the_first_is_through() -> None:
        firsts.append(idempotency.once(key, "order-4", BODY, lives))
        raise Refused

    firsts: list[idempotency.Answer] = []
    repeat = idempotency.once(key, "order-4", BODY, lives, look=refused_once_the_first_is_through)

    assert (repeat.status, repeat.body, repeat.replayed) == (202, firsts[0].body, True)
    assert Notification.objects.count() == 1


def test_what_is_refused_with_no_first_call_stays_refused():
    back_end("back end")

    def refused() -> None:
        raise Refused

    with pytest.raises(Refused):
        idempotency.once(ApiKey.objects.get(), "order-5", BODY, lambda: (202, {}), look=refused)

    assert not Idempotency.objects.exists()
