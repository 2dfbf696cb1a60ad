"""How numbers, times and status words are written."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import engines
from django.utils import timezone

from console import clock
from console.templatetags import beckon
from notifications.states import NotificationStatus

MORNING = datetime(2026, 11, 24, 8, 30, 10, tzinfo=UTC)
NARROW = "\u202f"


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (812, "812"),
        (61480, f"61{NARROW}480"),
        (1234567, f"1{NARROW}234{NARROW}567"),
        (-8914, f"\u22128{NARROW}914"),
        (1.28, "1.3"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_numbers_have_narrow_spaces_and_a_real_minus(value: object, text: str) -> None:
    assert beckon.n(value) == text


def test_a_step_of_the_waterfall_takes_away() -> None:
    assert beckon.minus(8914) == f"\u2212{NARROW}8{NARROW}914"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 200, "0"),
        (200, 200, "100"),
        (199_999, 200_000, "99.9"),
        (1, 200_000, "<0.1"),
        (1, 200, "0.5"),
        (62, 100, "62"),
    ],
)
def test_a_share_is_0_or_100_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert beckon.percent(part, whole) == f"{text}{NARROW}%"


def test_a_share_of_nothing_is_not_a_number() -> None:
    assert beckon.percent(0, 0) == "–"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (812, "812 bytes"), (212_000, "212 kB"), (1_400_000, "1.4 MB")],
)
def test_sizes_are_in_words(size: int, text: str) -> None:
    assert beckon.kb(size) == text.replace(" ", NARROW)


def test_counts_carry_their_noun() -> None:
    assert beckon.plural(1, "phone,phones") == "1 phone"
    assert beckon.plural(46022, "phone,phones") == f"46{NARROW}022 phones"


def test_a_time_is_told_in_full_with_its_zone_and_utc() -> None:
    html = beckon.when(MORNING, "Europe/Vienna")

    assert html == (
        '<time datetime="2026-11-24T08:30:10Z">'
        "Tue 24 Nov 2026, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC</time>"
    )


def test_a_time_is_in_the_viewers_zone() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        html = beckon.when(MORNING)

    assert "03:30 America/New_York (UTC\u22125)" in html


def test_the_day_is_repeated_where_utc_has_another() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert clock.full_time(late, "Asia/Kolkata") == (
        "Wed 25 Nov 2026, 05:00 Asia/Kolkata (UTC+5:30) · Tue 24 Nov 2026, 23:30 UTC"
    )


def test_utc_is_not_said_twice() -> None:
    assert clock.full_time(MORNING, "UTC") == "Tue 24 Nov 2026, 08:30 UTC"


def test_no_time_is_a_dash() -> None:
    assert beckon.when(None) == beckon.short_when(None) == beckon.clock(None) == "–"
    assert beckon.ago(None) == "never"


def test_short_times_name_the_day_and_carry_the_whole() -> None:
    now = timezone.now().replace(hour=12, minute=5)

    assert ">Today 12:05</time>" in beckon.short_when(now, "UTC")
    assert ">Yesterday 12:05</time>" in beckon.short_when(now - timedelta(days=1), "UTC")
    assert f'title="{clock.full_time(now, "UTC")}"' in beckon.short_when(now, "UTC")


def test_the_year_is_named_when_it_is_another() -> None:
    assert ">Fri 3 Jan 2020, 10:00</time>" in beckon.short_when(
        datetime(2020, 1, 3, 10, tzinfo=UTC), "UTC"
    )


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=8), "8 s ago"),
        (timedelta(minutes=8, seconds=40), "8 min ago"),
        (timedelta(hours=3, minutes=5), "3 h ago"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(minutes=-8), "in 8 min"),
    ],
)
def test_ago_is_rough(gone: timedelta, text: str) -> None:
    assert clock.ago_text(gone).replace(NARROW, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8, "8 s"), (156, "2 min 36 s"), (180, "3 min"), (11_100, "3 h 5 min"), (200_000, "2 days")],
)
def test_spans_read_like_speech(seconds: int, text: str) -> None:
    assert clock.span(seconds).replace(NARROW, " ") == text


def test_an_icon_is_decoration() -> None:
    assert beckon.icon("send", "s") == (
        '<svg class="i i-s" aria-hidden="true"><use href="/static/console/icons.svg#i-send"/></svg>'
    )


def test_every_icon_of_a_status_is_in_the_sprite() -> None:
    from pathlib import Path

    names = set(Path("static/console/icons.txt").read_text().split())
    used = {icon for icon, _ in beckon.PILLS.values()} - {"live"}

    assert used <= names


def test_a_pill_is_an_icon_and_the_exact_word() -> None:
    source = '{% include "console/partials/_pill.html" with status=status only %}'

    for status in NotificationStatus:
        assert f"{status.label}</span>" in render(source, status=status)
    assert '<span class="pill warn dashed">' in render(source, status=NotificationStatus.HELD)


def test_a_pill_takes_other_words() -> None:
    html = render(
        '{% include "console/partials/_pill.html" with word="1 live" tone="sig" icon_name="live" only %}'
    )

    assert html.strip() == (
        '<span class="pill sig"><span class="live-dot" aria-hidden="true"></span>1 live</span>'
    )


class TitleForm(forms.Form):
    title = forms.CharField(label="Title", help_text="Shown in bold.")
    sound = forms.BooleanField(label="Deliver with sound", required=False)


FIELD = '{% include "console/partials/_field.html" with field=field unit=unit only %}'


def test_a_field_is_described_by_its_unit_and_hint() -> None:
    html = render(FIELD, field=TitleForm()["title"], unit="0 / 50 suggested")

    assert '<label for="id_title">Title</label>' in html
    assert 'aria-describedby="id_title-unit id_title-hint"' in html
    assert '<p class="hint" id="id_title-hint">Shown in bold.</p>' in html


def test_an_error_takes_the_place_of_the_hint() -> None:
    html = render(FIELD, field=TitleForm({})["title"])

    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_title-hint"' in html
    assert "This field is required." in html
    assert "Shown in bold." not in html


def test_a_checkbox_is_a_switch() -> None:
    html = render(FIELD, field=TitleForm({"sound": "on"})["sound"])

    assert '<label for="id_sound">Deliver with sound</label>' in html
    assert 'role="switch" type="checkbox" name="sound" id="id_sound" checked' in html


def test_the_error_summary_links_to_its_fields() -> None:
    source = '{% include "console/partials/_error_summary.html" with form=form only %}'

    assert '<a href="#id_title">Title</a>: This field is required.' in render(
        source, form=TitleForm({})
    )
    assert render(source, form=TitleForm({"title": "Snow"})).strip() == ""
