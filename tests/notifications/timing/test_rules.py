"""Rules that repeat, over whole years, against zoneinfo."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.timing import cron, rules, walls
from notifications.timing.rules import Rule

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))
CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
LINES = ("30 2 * * *", "0,30 1-3 * * *", "15 */6 * * mon-fri", "0 9 1,15 * *", "45 2 29 2 *",
         "0 12 13 * fri", "*/20 2 * 3,10,11,4 *")  # fmt: skip
RULES = st.builds(
    Rule,
    every=st.sampled_from((rules.DAY, rules.WEEK, rules.MONTH, rules.CRON)),
    zone=st.sampled_from(ZONES),
    start=DAYS,
    clock=CLOCKS,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda s: tuple(sorted(s))),
    day=st.integers(0, 31),
    cron=st.sampled_from(LINES),
)


def by_hand(rule: Rule, days: int) -> list[datetime]:
    """Each wall time of each day as one instant, told apart from the product's way: the offset
    before the jump, and of two equal instants one."""
    tz, found = ZoneInfo(rule.zone), set()
    for n in range(days):
        day = rule.start + timedelta(days=n)
        for clock in rule.on(day):
            wall = datetime.combine(day, clock, tzinfo=tz)
            found.add((datetime.combine(day, clock) - wall.utcoffset()).replace(tzinfo=UTC))
    return sorted(found)


@settings(max_examples=50, deadline=None)
@given(rule=RULES)
def test_over_a_year_each_occurrence_comes_once_at_its_instant(rule: Rule) -> None:
    until = rule.start + timedelta(days=365)
    rule = replace(rule, until=until)

    found = [one.at for one in rules.occurrences(rule)]

    assert found == by_hand(rule, 366)
    assert not [at for at, n in Counter(found).items() if n > 1]


@settings(max_examples=50, deadline=None)
@given(rule=RULES.filter(lambda rule: "29" not in rule.cron), steps=st.integers(1, 12))
def test_one_after_the_other_is_the_same_as_all_at_once(rule: Rule, steps: int) -> None:
    rule = replace(rule, count=steps)
    at_once = list(rules.occurrences(rule))

    stepped, at = [], walls.instant(datetime.combine(rule.start, time()), rule.zone)
    at -= timedelta(seconds=1)
    while (one := rules.after(rule, at, len(stepped))) is not None:
        stepped.append(one)
        at = one.at

    assert [(one.number, one.at) for one in stepped] == [(o.number, o.at) for o in at_once]
    assert len(at_once) == steps


@given(rule=RULES)
def test_a_rule_survives_its_row(rule: Rule) -> None:
    assert rules.of_json(rule.as_json()) == rule


def test_a_daily_time_in_the_gap_and_in_the_fold_is_sent_once_each():
    spring = Rule(rules.DAY, "Europe/Berlin", date(2027, 3, 27), time(2, 30), count=3)
    autumn = Rule(rules.DAY, "Europe/Berlin", date(2026, 10, 24), time(2, 30), count=3)

    assert [f"{one.at:%d %H:%M}" for one in rules.occurrences(spring)] == [
        "27 01:30", "28 01:30", "29 00:30",
    ]  # fmt: skip
    assert [f"{one.at:%d %H:%M}" for one in rules.occurrences(autumn)] == [
        "24 00:30", "25 00:30", "26 01:30",
    ]  # fmt: skip


def test_two_times_that_the_jump_makes_one_are_sent_once():
    rule = Rule(
        rules.CRON, "Europe/Berlin", date(2027, 3, 28), cron="30 2,3 * * *",
        until=date(2027, 3, 28),
    )  # fmt: skip

    assert [one.at.hour for one in rules.occurrences(rule)] == [1]


def test_a_month_without_that_day_has_its_last_instead():
    rule = Rule(rules.MONTH, "UTC", date(2027, 1, 1), time(9), day=31, count=4)

    assert [f"{one.at:%d %b}" for one in rules.occurrences(rule)] == [
        "31 Jan", "28 Feb", "31 Mar", "30 Apr",
    ]  # fmt: skip


def test_it_ends_on_its_last_day_and_after_its_count():
    rule = Rule(rules.WEEK, "UTC", date(2026, 11, 23), time(9), weekdays=(0, 3))

    to_day = replace(rule, until=date(2026, 12, 3))
    assert [one.at.day for one in rules.occurrences(to_day)] == [23, 26, 30, 3]
    assert rules.after(to_day, datetime(2026, 12, 3, 9, tzinfo=UTC), 4) is None
    counted = replace(rule, count=2)
    assert rules.after(counted, datetime(2026, 11, 26, 9, tzinfo=UTC), 2) is None


def test_a_rule_that_never_comes_ends():
    assert list(islice(rules.occurrences(Rule(rules.CRON, "UTC", date(2026, 1, 1), cron="0 0 31 2 *")), 1)) == []  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [("* * *", "has 3"), ("60 * * * *", "“60” is no minute"), ("0 9 * * mun", "“mun”"),
     ("0 9 * * 5-1", "5 comes after 1"), ("*/0 * * * *", "after / stands"), ("0 ٣ * * *", "hour")],
)  # fmt: skip
def test_a_line_of_cron_that_makes_no_sense_is_refused_by_its_field(line: str, says: str) -> None:
    with pytest.raises(cron.BadCron) as refused:
        cron.parse(line)

    assert says in str(refused.value)


def test_how_close_two_occurrences_come_is_told():
    often = Rule(rules.CRON, "UTC", date(2026, 1, 1), cron="*/5 9 * * *")

    assert rules.closest(often, NOW) == timedelta(minutes=5)
    assert rules.closest(Rule(rules.DAY, "UTC", date(2026, 1, 1), count=1), NOW) is None


# ---------------------------------------------------------------- rules from long ago


class Counting(Rule):
    """Knows how many days were looked at."""

    looked: Counter[str] = Counter()

    def on(self, day: date) -> list[time]:
        self.looked[self.every] += 1
        return super().on(day)


@pytest.mark.parametrize(
    ("every", "cron_line", "first", "close"),
    [
        (rules.MONTH, "", "2026-11-30", 28 * 24 * 60),
        (rules.CRON, "0,5 9 29 2 *", "2028-02-29", 5),
        (rules.CRON, "0 9 30 2 *", None, None),
    ],
)
def test_a_rule_that_began_long_ago_or_comes_seldom_is_soon_judged(every, cron_line, first, close):
    Counting.looked.clear()
    rule = Counting(every, "Europe/Vienna", date(2, 1, 1), day=31, cron=cron_line)

    found = next(rules.occurrences(rule, NOW), None)
    distance = rules.closest(rule, NOW)

    assert (found and f"{found.at:%Y-%m-%d}") == first
    assert (distance and distance // timedelta(minutes=1)) == close
    assert Counting.looked.total() < 15_000  # ten years at a time, not two thousand
