"""A day and a time on a clock somewhere; and the nights when clocks jump."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError

from console.forms import extra_data, moments

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def refusal(day: date, clock: time, zone: str) -> str:
    with pytest.raises(ValidationError) as refused:
        moments.moment(day, clock, zone, now=NOW)
    return refused.value.messages[0]


def test_a_moment_is_said_in_full_on_its_own_clock_and_in_utc() -> None:
    chosen = moments.moment(date(2026, 11, 26), time(9, 30), "Europe/Vienna", now=NOW)

    assert chosen.at == datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
    assert chosen.text == "Thu 26 Nov 2026, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC"
    assert chosen.note == ""


def test_the_past_is_refused_with_the_time_that_has_passed() -> None:
    said = refusal(date(2026, 3, 1), time(12, 0), "UTC")

    assert said == "Sun 1 Mar 2026, 12:00 UTC has passed. Choose a later time, or Now."


def test_an_hour_that_the_clocks_skip_is_named_with_when_it_goes() -> None:
    chosen = moments.moment(date(2026, 3, 29), time(2, 30), "Europe/Vienna", now=NOW)

    assert chosen.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert chosen.note == (
        "02:30 does not exist in Europe/Vienna on Sun 29 Mar 2026: the clocks go forward over it. "
        "It will be sent at 03:30."
    )
    assert moments.kept(chosen.at, "Europe/Vienna", "2026-03-29T02:30").note == chosen.note


def test_an_hour_that_comes_twice_goes_out_the_first_time_and_says_so() -> None:
    chosen = moments.moment(date(2026, 10, 25), time(2, 30), "Europe/Vienna", now=NOW)

    assert chosen.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert chosen.note == (
        "The clocks go back that night, so 02:30 comes twice. It goes out the first time, at UTC+2."
    )
    assert moments.kept(chosen.at, "Europe/Vienna").note == chosen.note


@pytest.mark.parametrize("year", [2030, 9999])
def test_a_slip_of_the_year_is_refused(year: int) -> None:
    assert "away" in refusal(date(year, 12, 31), time(23, 30), "America/New_York")


def test_every_zone_can_be_chosen_and_the_likely_ones_come_first() -> None:
    groups = moments.zone_choices("Europe/Vienna", "Europe/Vienna", "Nowhere/Town")

    assert groups[0] == ("Likely", [("Europe/Vienna", "Europe/Vienna"), ("UTC", "UTC")])
    assert ("Asia/Kolkata", "Asia/Kolkata") in dict(groups)["Asia"]


# ---------------------------------------------------------------- extra data


def test_extra_data_is_read_line_by_line() -> None:
    assert extra_data.read("a = 1\n\n  b=x=y \n") == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize(
    ("text", "says"),
    [("a", "Line 1, “a”: write key = value."), ("a=1\na=2", "Line 2: a is there twice."),
     ("= 1", "Line 1"), ("{nope", "not valid JSON")],
)  # fmt: skip
def test_extra_data_that_makes_no_sense_is_refused_by_line(text: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        extra_data.read(text)

    assert says in refused.value.messages[0]


@pytest.mark.parametrize(
    "values", [{}, {"a": "1"}, {"a": " padded "}, {"a": "two\nlines"}, {"a=b": "c"}, {"{": "x"}]
)
def test_extra_data_comes_back_as_it_was(values: dict[str, str]) -> None:
    assert extra_data.read(extra_data.write(values)) == values
