"""Wall times against zoneinfo, round the world and through every jump of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.timing import walls, zones

PLACES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
          "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran")  # fmt: skip
TWELVE = (
    "Pacific/Kiritimati", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kolkata",
    "Asia/Dubai", "Europe/Berlin", "Europe/London", "America/St_Johns", "America/New_York",
    "America/Los_Angeles", "Pacific/Pago_Pago",
)  # fmt: skip
WALLS = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda one: one.replace(second=0, microsecond=0, fold=0)
)
GAPS = [  # zone, the wall that does not exist, what it becomes, in UTC
    ("Europe/Berlin", "2027-03-28T02:30", "2027-03-28T03:30", "2027-03-28T01:30"),
    ("America/New_York", "2027-03-14T02:30", "2027-03-14T03:30", "2027-03-14T07:30"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:45", "2026-10-03T15:45"),
    ("Pacific/Apia", "2011-12-30T09:00", "2011-12-31T09:00", "2011-12-30T19:00"),
]
FOLDS = [  # zone, the wall that comes twice, its first time in UTC
    ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),
    ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),
    ("Australia/Lord_Howe", "2027-04-04T01:45", "2027-04-03T14:45"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "wall", "shown", "at"), GAPS)
def test_a_time_that_the_clocks_skip_is_as_much_later_as_they_jump(zone, wall, shown, at):
    found = walls.resolve(datetime.fromisoformat(wall), zone)

    assert (found.at, found.shown.isoformat(timespec="minutes")) == (utc(at), shown)
    assert found.skipped
    assert not found.twice


@pytest.mark.parametrize(("zone", "wall", "at"), FOLDS)
def test_a_time_that_comes_twice_is_the_first_of_the_two(zone, wall, at):
    found = walls.resolve(datetime.fromisoformat(wall), zone)

    assert found.at == utc(at)
    assert found.twice
    assert not found.skipped


@settings(max_examples=60, deadline=None)
@given(wall=WALLS, zone=st.sampled_from(PLACES))
def test_the_clock_shows_the_wall_time_or_the_jump_after_it(wall: datetime, zone: str) -> None:
    found, tz = walls.resolve(wall, zone), ZoneInfo(zone)

    shown = found.at.astimezone(tz).replace(tzinfo=None, fold=0)
    if found.skipped:
        after = found.at.astimezone(tz).utcoffset()
        before = (found.at - timedelta(days=1)).astimezone(tz).utcoffset()
        assert shown - wall == after - before > timedelta()
    else:
        assert shown == wall
        an_hour_ago = [found.at - timedelta(minutes=m) for m in (30, 60, 120)]
        assert wall not in [at.astimezone(tz).replace(tzinfo=None, fold=0) for at in an_hour_ago], (
            "the first of two"
        )


@settings(max_examples=60, deadline=None)
@given(wall=WALLS, zone=st.sampled_from(sorted(walls.ZONES)))
def test_every_zone_lies_between_the_first_and_the_last_clock_on_earth(wall, zone):
    jump = timedelta(days=1)  # a date that a place skipped comes a day later there

    at = walls.instant(wall, zone)

    assert walls.first_anywhere(wall) - timedelta(hours=1) <= at
    assert at <= walls.last_anywhere(wall) + jump


@settings(max_examples=60, deadline=None)
@given(wall=WALLS, hours=st.integers(-40, 14))
def test_over_twelve_zones_each_has_one_turn_at_its_own_clock(wall: datetime, hours: int) -> None:
    begins = walls.instant(wall, "UTC") + timedelta(hours=hours)

    for if_past in (zones.AT_ONCE, zones.TOMORROW, zones.SKIP):
        found = zones.turns(wall, TWELVE, begins, if_past, "UTC")

        assert sorted(one.zone for one in found) == sorted(TWELVE)
        assert [one.at for one in found] == sorted(one.at for one in found)
        for one in found:
            meant = walls.instant(wall, one.zone)
            assert one.past == (meant < begins)
            assert one.at >= begins or not one.past
            if not one.past:
                assert one.at == meant
            elif if_past == zones.TOMORROW:
                on_the_clock = walls.resolve(wall + timedelta(days=1), one.zone)
                assert one.at >= on_the_clock.at
                assert one.at - begins <= timedelta(days=1, hours=1)
            else:
                assert (one.at, one.skipped) == (begins, if_past == zones.SKIP)


def test_a_zone_that_nobody_knows_has_the_turn_of_the_apps_own():
    wall, begins = datetime.fromisoformat("2026-11-24T09:00"), utc("2026-11-23T00:00")

    found = zones.turn(wall, "Nowhere/Town", begins, zones.SKIP, "Europe/Vienna")

    assert found.at == utc("2026-11-24T08:00")
