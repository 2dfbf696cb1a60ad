"""What called the trigger door: counted by key and card, with latencies and the newest rejects."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices import keys
from devices.states import KeyKind
from notifications import tally
from tests.sending import make_phones

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"title": "Someone answered", "text": "Jo commented.", "user_id": "phone-0"}


@pytest.fixture
def key() -> Any:
    return keys.make(KeyKind.SERVER, "back end", scopes=["trigger"])


def call(text: str, body: Any = BODY, **headers: str) -> Any:
    return Client().post(
        "/api/v1/notifications/trigger", body, content_type="application/json",
        headers={"Authorization": f"Bearer {text}"} | headers,
    )  # fmt: skip


def test_every_call_is_in_one_number_and_the_numbers_add_up(key: Any, sandbox: Any) -> None:
    make_phones(1)
    nobody = {name: BODY[name] for name in ("title", "text")}
    call(key.text)
    call(key.text, **{"Idempotency-Key": "a"})
    call(key.text, **{"Idempotency-Key": "a"})
    call(key.text, nobody)
    call(key.text, "{")
    call(key.text, BODY | {"user_id": "ghost"})
    call(key.text, {"template": "no-such-card", "user_id": "phone-0"})
    call("sk_wrong")

    found = {(line.key, line.card): line for line in tally.lines(timezone.now())}

    public_id = key.key.public_id
    inline = found[public_id, ""]
    assert (inline.calls, inline.accepted, inline.replayed, inline.rejected) == (6, 2, 1, 3)
    assert dict(inline.reasons) == {
        "recipients_required": 1, "malformed_json": 1, "no_deliverable_device": 1,
    }  # fmt: skip
    assert dict(found[public_id, "no-such-card"].reasons) == {"unknown_template": 1}
    assert dict(found["", ""].reasons) == {"bad_key": 1}
    assert 0 < inline.within_ms(0.5) <= inline.within_ms(0.95) <= 10_000


def test_the_newest_rejects_say_code_and_field_and_nothing_of_what_was_written(
    key: Any,
) -> None:
    call(key.text, {"title": "Secret words", "text": "For Ann", "target_os": "windows"})

    [reject] = tally.rejects(timezone.now())

    assert (reject.status, reject.code, reject.field) == (422, "validation", "target_os")
    assert reject.key == key.key.public_id
    assert "Secret" not in str(reject)
    assert "windows" not in str(reject)


def test_no_more_than_a_bounded_number_of_rejects_is_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(tally, "REJECTS_MAX", 3)
    now = timezone.now()
    for n in range(5):
        tally.add(tally.Call("k", "", f"c{n}", 422, 1, now))

    assert [reject.code for reject in tally.rejects(now)] == ["c4", "c3", "c2"]


def test_what_is_older_than_a_day_is_not_shown() -> None:
    now = timezone.now()
    tally.add(tally.Call("k", "", "scope", 403, 1, now - timedelta(hours=25)))
    tally.add(tally.Call("k", "", "accepted", 202, 3, now - timedelta(hours=22)))

    assert [line.calls for line in tally.lines(now)] == [1]
    assert tally.rejects(now) == []


def test_without_redis_calls_go_on_and_nothing_is_counted(
    key: Any, sandbox: Any, monkeypatch: Any
) -> None:
    import redis

    def away() -> Any:
        raise redis.ConnectionError

    make_phones(1)
    monkeypatch.setattr(tally.counts, "connect", away)

    assert call(key.text).status_code == 202
    assert tally.lines(timezone.now()) == []


@pytest.mark.parametrize("named", ["Ann Smith", "a|b", 7, "x" * 200])
def test_a_card_that_can_be_none_is_never_written_down(named: Any) -> None:
    assert tally.card_of({"template": named}) == tally.UNREADABLE
