"""The cache in Redis: plain JSON, never objects that could run code when they are read."""

import pickle
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.utils import timezone

from console import numbers
from console.context import heartbeat
from devices.reachability import GROUPS, Reachability
from notifications import listing
from notifications.models import Heartbeat

NOW = datetime(2026, 11, 22, 9, 30, 1, 234567, tzinfo=UTC)
NUMBERS = numbers.Numbers(
    reach=Reachability(people=2, phones=3, groups=dict.fromkeys(GROUPS, 0) | {"granted": 3}),
    week=[listing.Day(date(2026, 11, 22), accepted=5, opened=2, sent=1)],
    counted_at=NOW,
)


@pytest.mark.parametrize("value", [7, 0, -3, True, None, "text", ["permission.changed"], [], {}])
def test_what_was_put_in_comes_out(value):
    cache.set("name", value, 60)

    assert cache.get("name", "nothing") == value


def test_what_a_stranger_pickled_into_redis_is_never_run_only_missed(redis_client):
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, ("raise SystemExit('ran')",)

    cache.set("name", "mine", 60)
    redis_client.set(cache.make_key("name"), pickle.dumps(Bomb()))

    assert cache.get("name", "a miss") == "a miss"


def test_what_is_no_json_is_refused_when_it_is_put_in():
    with pytest.raises(TypeError, match="Numbers"):
        cache.set("name", NUMBERS, 60)


def test_the_numbers_of_the_overview_are_the_same_after_their_way_through_redis(monkeypatch):
    monkeypatch.setattr(numbers, "is_few", lambda _: False)
    cache.set(numbers.key(), numbers.as_json(NUMBERS), 60)

    assert numbers.at_hand(NOW) == NUMBERS


def test_the_sign_of_life_is_the_same_from_the_cache(db):
    beat = Heartbeat.objects.create(role="worker", name="w1", at=timezone.now())

    assert [heartbeat().at, heartbeat().at] == [beat.at, beat.at]


def test_counting_works_on_what_was_put_in():
    cache.add("name", 1, 60)
    cache.incr("name")

    assert cache.get("name") == 2
