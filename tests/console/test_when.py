"""When: every way to choose it, kept as it was chosen, told as it will be."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.test import Client

from devices import preferences
from notifications.models import Notification, Series
from notifications.states import NotificationStatus as S
from notifications.timing import rules
from tests.console.composing import NEW, typed, words
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
WEEKLY = {
    "when": "repeat", "every": "week", "weekdays": ["0", "3"], "date": "2027-11-22",
    "time": "09:00", "timezone": "Europe/Vienna", "ends": "count", "times": "10",
}  # fmt: skip


def saved(client: Client, **fields: Any) -> Notification:
    answer = client.post(NEW, typed(**fields))
    assert answer.status_code == 302, words(answer)
    return Notification.objects.latest("pk")


def ask(client: Client, **fields: Any) -> str:
    return words(client.get("/notifications/when/", fields))


def test_a_time_is_kept_as_it_was_chosen_with_its_clock_and_its_instant(marketer):
    draft = saved(marketer, when="at", date="2027-03-28", time="02:30", timezone="Europe/Vienna")

    assert (draft.wall, draft.timezone) == ("2027-03-28T02:30", "Europe/Vienna")
    assert draft.send_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    again = words(marketer.get(f"/notifications/{draft.uuid}/edit/"))
    assert "It will be sent at 03:30." in again
    assert 'value="02:30"' in marketer.get(f"/notifications/{draft.uuid}/edit/").content.decode()


def test_back_to_now_nothing_of_a_time_is_left(marketer):
    draft = saved(marketer, **WEEKLY)
    answer = marketer.post(f"/notifications/{draft.uuid}/edit/", typed(when="now"))

    draft.refresh_from_db()
    assert answer.status_code == 302
    assert (draft.send_at, draft.wall, draft.repeat, draft.each_clock) == (None, "", {}, False)


def test_each_persons_own_clock_takes_the_apps_for_whoever_has_none(marketer):
    preferences.put(app_timezone="Asia/Tokyo")

    draft = saved(marketer, when="each", date="2027-11-24", time="09:00", if_past="skip")

    assert (draft.each_clock, draft.wall, draft.if_past) == (True, "2027-11-24T09:00", "skip")
    assert (draft.send_at, draft.timezone) == (None, "Asia/Tokyo")


def test_a_rule_is_kept_and_comes_back_into_the_form(marketer):
    draft = saved(marketer, **WEEKLY, spread_min="30")

    rule = rules.of_json(draft.repeat)
    assert rule == rules.Rule(
        rules.WEEK, "Europe/Vienna", date(2027, 11, 22), time(9), weekdays=(0, 3), count=10
    )
    page = marketer.get(f"/notifications/{draft.uuid}/edit/")
    assert draft.spread_min == 30
    for chosen in ('name="when" value="repeat"', 'name="weekdays" value="3"'):
        at = page.content.decode().index(chosen)
        assert "checked" in page.content.decode()[at : at + 90]
    assert "Every Monday and Thursday at 09:00 Europe/Vienna, 10 times" in words(page)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"when": "each", "date": "2020-01-01", "time": "09:00"}, "has passed everywhere"),
        ({"when": "each", "date": "2031-01-01", "time": "09:00"}, "two years away"),
        (WEEKLY | {"weekdays": []}, "Choose a day of the week."),
        (WEEKLY | {"every": "cron", "cron": "61 * * * *"}, "“61” is no minute"),
        (WEEKLY | {"every": "cron", "cron": "*/5 * * * *"}, "At most once in 15 minutes."),
        (WEEKLY | {"ends": "until"}, "Choose the last day."),
        (WEEKLY | {"ends": "until", "until": "2027-11-01"}, "No time is left"),
        (WEEKLY | {"times": ""}, "Say after how many times."),
        (WEEKLY | {"when": "sometimes"}, "Select a valid choice"),
        ({"spread_min": "7"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_says_no_time_is_refused_in_its_place(marketer, fields, says):
    answer = marketer.post(NEW, typed(action="review") | fields)

    assert answer.status_code == 422
    assert says in words(answer)
    assert not Notification.objects.exists()


def test_the_page_tells_what_the_choice_comes_to(marketer):
    gap = {"date": "2027-03-28", "time": "02:30", "timezone": "Europe/Vienna"}
    assert "It will be sent at 03:30." in ask(marketer, when="at", **gap)
    assert "09:07 is quieter" in ask(marketer, when="at", **gap | {"time": "09:00"})
    assert "quieter" not in ask(marketer, when="at", **gap | {"time": "09:07"})
    assert "as each clock comes to 02:30" in ask(marketer, when="each", **gap)
    told = ask(marketer, **WEEKLY)
    assert "Mon 22 Nov 2027, 09:00 Europe/Vienna (UTC+1) · 08:00 UTC" in told
    assert "Thu 25 Nov 2027" in told
    assert "after / stands" in ask(marketer, **WEEKLY | {"every": "cron", "cron": "*/0 * * * *"})
    assert ask(marketer, when="repeat", every="week") == ""


def test_the_review_shows_each_zones_turn_and_the_next_times(marketer):
    for place, person in (("Asia/Tokyo", "a"), ("America/New_York", "b"), ("", "c")):
        make_device(make_user(person, timezone=place))

    each = saved(marketer, when="each", date="2027-11-24", time="09:00")
    page = words(marketer.get(f"/notifications/{each.uuid}/review/"))
    assert "Asia/Tokyo Wed 24 Nov 2027, 09:00 Asia/Tokyo (UTC+9) · 00:00 UTC 1" in page
    assert "America/New_York Wed 24 Nov 2027, 09:00" in page
    weekly = saved(marketer, **WEEKLY)
    page = words(marketer.get(f"/notifications/{weekly.uuid}/review/"))
    assert "The next times" in page
    assert "Mon 29 Nov 2027" in page


def test_a_confirmed_rule_is_a_series(marketer):
    make_device("ann")
    draft = saved(marketer, **WEEKLY)
    page = marketer.get(f"/notifications/{draft.uuid}/review/")
    token = page.context["review"].token

    marketer.post(page.request["PATH_INFO"], {"phrase": "Send Notification", "token": token})

    draft.refresh_from_db()
    assert draft.status == S.SCHEDULED
    assert Series.objects.get().occurrences.get().notification == draft
