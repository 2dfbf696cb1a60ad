"""What pages say about phones."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import reports, upkeep
from devices.models import Device
from tests.factories import make_device

pytestmark = pytest.mark.django_db


def test_every_phone_counts_once_in_the_reach_bar():
    make_device(system="authorized")
    make_device(platform="ios", system="provisional")
    make_device(system="not_determined")
    make_device(platform="ios", system="not_determined")
    make_device(system="denied", perm_denials=2)
    make_device(system="authorized", opted_out=True)
    make_device(system="unknown")
    make_device(state="invalid")
    make_device(state="unregistered")

    bar = reports.reach_bar()

    assert bar == reports.ReachBar(
        granted=1, provisional=1, asks_left=2, denied=1, opted_out=1, unknown=1, dead=1
    )
    assert (bar.total, bar.reachable) == (8, 3)


def test_the_recent_bar_asks_the_database_once_a_minute(django_assert_num_queries):
    make_device()
    first = reports.recent_reach_bar()
    make_device()

    with django_assert_num_queries(0):
        assert reports.recent_reach_bar() == first


def test_freshness_counts_and_retires_nothing():
    now = timezone.now()
    for platform, days in (("ios", 10), ("ios", 300), ("android", 40), ("android", 300)):
        make_device(platform=platform, last_seen_at=now - timedelta(days=days))

    kept = upkeep.keep(now)

    assert (kept.stale, kept.expected_dead) == (3, 1)
    assert Device.objects.filter(state="active").count() == 4


WORDS = [
    ({"model": "Pixel 8", "system": "not_determined"}, "Pixel 8: not asked yet; two asks left"),
    (
        {"platform": "ios", "system": "not_determined"},
        "iPhone: not asked yet; one ask left, explain first",
    ),
    ({"platform": "ios", "system": "provisional"}, "iPhone: delivers quietly; one ask left"),
    ({"system": "authorized"}, "Android phone: allowed"),
    (
        {"system": "denied", "perm_denials": 1},
        "Android phone: denied once; one ask left, explain first",
    ),
    (
        {"system": "denied", "perm_denials": 2},
        "Android phone: denied; only the phone's settings can allow",
    ),
    ({"system": "authorized", "opted_out": True}, "Android phone: opted out in the app"),
    ({"state": "invalid"}, "Android phone: the app was removed"),
]


@pytest.mark.parametrize(("fields", "words"), WORDS, ids=[words for _, words in WORDS])
def test_permission_in_words(fields, words):
    assert reports.in_words(make_device(**fields)) == words
