"""Schedule: the week, what comes next, who gets two, what repeats; and what is held."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from console.schedule import ahead, clocks, week
from devices.models import Audience
from notifications import starting
from notifications.models import Notification, Series
from notifications.states import NotificationStatus as S
from notifications.states import SeriesStatus
from tests.console.composing import words
from tests.console.staff import make_member, signed_in
from tests.factories import make_device
from tests.sending import confirm, make_draft

pytestmark = pytest.mark.django_db
EVERY_DAY = {
    "every": "day", "zone": "Europe/Vienna", "start": "2020-01-01", "clock": "09:00",
    "weekdays": [], "day": 0, "cron": "", "until": None, "count": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    make_device("ann")


@pytest.fixture
def ops() -> Client:
    return signed_in(make_member("ops", "olga"))


def tomorrow(hour: int, minute: int = 0) -> datetime:
    day = timezone.now().astimezone(UTC) + timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def scheduled(title: str = "Ski bus", at: datetime | None = None, **fields: Any) -> Notification:
    return confirm(make_draft(title=title, send_at=at or tomorrow(14), timezone="UTC", **fields))


def page(client: Client, at: datetime | None = None) -> str:
    day = (at or tomorrow(14)).date().isoformat()
    return words(client.get(f"/schedule/?week={day}"))


def test_three_clocks_differ(ops):
    for number, zone in enumerate(("Europe/Vienna", "Asia/Tokyo", "Asia/Tokyo")):
        make_device(f"phone-{number}", timezone=zone)

    def places() -> list[str]:
        return [f"{one.place}, {one.whose}" for one in clocks.clocks(timezone.now())]

    assert places() == ["UTC, your clock and the app’s", "Tokyo, 2 phones", "Vienna, 1 phone"]
    with timezone.override("Europe/Vienna"):
        assert places() == ["Vienna, your clock", "UTC, the app’s", "Tokyo, 2 phones"]


def test_without_anything_to_come_it_says_how_something_comes(ops):
    assert "Nothing scheduled Sends with a date show up here" in page(ops)


def test_a_send_stands_in_the_week_and_in_the_agenda_with_its_other_clocks(ops):
    ops.cookies["tz"] = "Europe/Vienna"
    at = datetime(2027, 1, 14, 14, tzinfo=UTC)
    scheduled(at=at)

    text = page(ops, at)

    assert "Week 2 · 11 to 17 January 2027" in text
    assert text.count("Ski bus") == 2
    assert "15:00" in text
    assert "14:00 UTC · 09:00 New York · Everyone · 1 phone" in text


def test_a_send_on_each_clock_and_a_series_are_told_as_such(ops):
    confirm(make_draft(title="Morning", each_clock=True, wall="2027-01-14T09:00", timezone="UTC"))
    confirm(make_draft(title="Report", repeat=EVERY_DAY | {"start": "2027-01-12"}))

    text = page(ops, datetime(2027, 1, 14, tzinfo=UTC))

    assert "09:00 each clock" in text
    assert text.count("Report") == 8, "six times in the week, once in the agenda, once as a series"
    assert "Every day at 09:00 Europe/Vienna" in text


@pytest.mark.parametrize(
    ("one", "other", "phones"),
    [
        ({}, {}, 1),
        ({"target_os": "ios"}, {"target_os": "android"}, 0),
        ({"send_to": "users", "recipients": ["ann", "bob"]}, {}, 1),
        ({"send_to": "users", "recipients": ["ann"]},
         {"send_to": "users", "recipients": ["bob"]}, 0),
        ({"send_to": "users", "recipients": ["ann", "bob"]},
         {"send_to": "users", "recipients": ["bob"]}, 1),
        ({"send_to": "audience", "audience_id": 1}, {"send_to": "audience", "audience_id": 1}, 1),
        ({"send_to": "audience", "audience_id": 1}, {"send_to": "audience", "audience_id": 2}, 0),
    ],
)  # fmt: skip
def test_who_gets_two_within_a_day_is_estimated(one, other, phones):
    for pk in (1, 2):
        Audience.objects.create(pk=pk, name=f"A{pk}", rules={"version": 1, "all": []})

    both = [Notification(reviewed_phones=1, **fields) for fields in (one, other)]

    assert ahead.shared(*both) == phones


def test_an_overlap_is_said_with_the_other_send(ops):
    scheduled("Ski bus", tomorrow(14))
    scheduled("Hut talk", tomorrow(19))
    scheduled("Next week", tomorrow(19) + timedelta(days=5))

    text = page(ops)

    assert "Up to 1 phone gets another within a day: “Hut talk”" in text
    assert text.count("another within a day") == 1


def test_the_load_is_told_against_the_quota(settings):
    settings.FCM_MESSAGES_PER_MINUTE = 1000
    now, at = timezone.now(), tomorrow(14)
    events = [
        week.Event("a", "", at, "", "clock", "", 900),
        week.Event("b", "", at, "held", "clock", "", 600),
        week.Event("c", "", at + timedelta(hours=1), "", "clock", "", 3000, spread_min=30),
        week.Event("d", "", at, "sent", "clock", "", 5000),
    ]

    found = ahead.loads(events, now)

    assert [(one.messages, one.sends, one.share) for one in found] == [(1500, 2, 150), (100, 1, 10)]
    assert found[0].takes_s == 90


def test_what_is_held_is_on_top_with_why_and_three_ways_out(ops):
    one = scheduled()
    starting.hold(one, "drift", {"reviewed": 9870, "present": 14310}, timezone.now())

    text = page(ops)

    assert "is held. 9 870 phones at the review, 14 310 now." in text.replace("\u202f", " ")
    for way in ("Send now…", "Reschedule", "Cancel…"):
        assert way in text


def test_what_is_held_gets_another_time_and_goes_then(ops):
    one = scheduled()
    starting.hold(one, "late", {"late_by_s": 7200}, timezone.now())
    url = f"/notifications/{one.uuid}/reschedule/"
    assert "Choose another time" in words(ops.get(url))
    past = ops.post(url, {"date": "2020-01-01", "time": "09:00", "timezone": "UTC"})
    assert past.status_code == 422
    assert "has passed" in words(past)

    ops.post(url, {"date": "2027-03-28", "time": "02:30", "timezone": "Europe/Vienna"})

    one.refresh_from_db()
    assert (one.status, one.timezone) == (S.SCHEDULED, "Europe/Vienna")
    assert one.due_at == one.send_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_someone_is_told_on_every_page_and_on_health(ops):
    one = scheduled()
    assert "held" not in words(ops.get("/people/"))
    starting.hold(one, "late", {"late_by_s": 7200}, timezone.now())
    cache.clear()

    assert "1 held" in words(ops.get("/people/"))
    assert "“Ski bus” is held." in words(ops.get("/"))
    assert "1 notification is held" in words(ops.get("/health/"))


# ---------------------------------------------------------------- a series


def test_a_series_page_lists_its_times_and_pauses_resumes_and_ends_it(ops):
    confirm(make_draft(title="Report", repeat=EVERY_DAY | {"start": "2027-01-12"}))
    one = Series.objects.get()
    url = one.get_absolute_url()
    text = words(ops.get(url))
    assert "Wed 13 Jan 2027, 09:00 Europe/Vienna (UTC+1) · 08:00 UTC" in text
    assert "1 Tue 12 Jan 2027, 09:00 Europe/Vienna" in text

    ops.post(url, {"do": "pause"})
    assert "Times that pass meanwhile are left out" in words(ops.get(url))
    ops.post(url, {"do": "resume"})
    assert "End this series?" in words(ops.get(f"{url}end/"))
    ops.post(f"{url}end/")

    one.refresh_from_db()
    assert one.status == SeriesStatus.ENDED
    assert Notification.objects.get().status == S.CANCELLED
    assert "Can’t pause this series" in words(ops.post(url, {"do": "pause"}, follow=True))


def test_editing_asks_whether_one_time_or_the_whole_series(ops):
    one = confirm(make_draft(repeat=EVERY_DAY | {"start": "2027-01-12"}))
    text = words(ops.get(f"/notifications/{one.uuid}/edit/"))
    assert "Only this time" in text
    assert "The whole series" in text

    ops.post(f"/notifications/{one.uuid}/series/")

    one.refresh_from_db()
    assert (one.status, one.repeat["every"]) == (S.DRAFT, "day")
    assert "Time 1 of" not in words(ops.get(f"/notifications/{one.uuid}/"))
