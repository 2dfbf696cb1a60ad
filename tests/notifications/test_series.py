"""What repeats: each time once, whoever ticks, whatever the clock does; and what people do to it."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from notifications import access, lifecycle, occurrences, series, starting
from notifications.models import AuditEntry, Notification, Occurrence, Series
from notifications.states import NotificationStatus as S
from notifications.states import OccurrenceState, SeriesStatus
from tests.sending import confirm, make_draft, make_phones, make_staff

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
DAY = timedelta(days=1)
EVERY_DAY = {
    "every": "day", "zone": "Europe/Vienna", "start": "2026-11-23", "clock": "09:00",
    "weekdays": [], "day": 0, "cron": "", "until": None, "count": None,
}  # fmt: skip


def made(**changed) -> Series:
    confirm(make_draft(repeat=EVERY_DAY | changed), now=NOW)
    return Series.objects.get()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(one: Series) -> list[str]:
    rows = one.occurrences.select_related("notification").order_by("at")
    return [
        f"{row.at:%d %H:%M} {row.notification.status if row.notification else row.state}"
        for row in rows
    ]


def test_a_confirmed_series_has_its_first_time_in_the_schedule():
    make_phones(2)

    found = made()

    first = Notification.objects.get()
    assert (first.status, first.due_at, first.wall) == (
        S.SCHEDULED, at("2026-11-23T08:00"), "2026-11-23T09:00",
    )  # fmt: skip
    assert first.occurrence.series == found
    assert found.next_at == at("2026-11-24T08:00")


def test_each_time_starts_once_and_the_next_one_is_made_when_it_comes():
    make_phones(2)
    found = made(count=3)

    for day in range(5):
        for _ in range(3):
            starting.start_due(at("2026-11-23T08:00") + day * DAY)

    found.refresh_from_db()
    assert told(found) == ["23 08:00 sending", "24 08:00 sending", "25 08:00 sending"]
    assert found.status == SeriesStatus.ENDED
    threads = Notification.objects.values_list("thread", flat=True)
    assert len(set(threads)) == 3, "no time replaces the banner of another"


def test_an_occurrence_is_what_was_confirmed_never_a_later_edit():
    make_phones(2)
    found = made()
    first = Notification.objects.get()
    lifecycle.edit(first, by=make_staff(), now=NOW)
    lifecycle.revise(first, {"body": "Something else"}, by=make_staff(), version=first.version)

    starting.start_due(at("2026-11-23T08:00"))

    second = Notification.objects.get(due_at=at("2026-11-24T08:00"))
    assert second.revision["body"] == second.body == "12 huts still have beds."
    assert second.revision["data"]["notificationId"] == str(second.uuid)
    assert told(found) == ["23 08:00 draft", "24 08:00 scheduled"]


def test_while_nothing_ticked_old_times_are_missed_and_the_last_is_held_never_a_burst():
    make_phones(2)
    found = made()

    starting.start_due(at("2026-11-27T11:00"))

    assert told(found) == [
        "23 08:00 held", "24 08:00 missed", "25 08:00 missed", "26 08:00 missed",
        "27 08:00 missed", "28 08:00 scheduled",
    ]  # fmt: skip
    assert AuditEntry.objects.get(action="missed").facts["times"] == 4


def test_late_by_minutes_the_last_one_goes_once_and_says_so(settings):
    settings.LATE_MINUTES = 15
    make_phones(2)
    found = made()

    started = starting.start_due(at("2026-11-25T08:10"))

    assert told(found) == [
        "23 08:00 held", "24 08:00 missed", "25 08:00 sending", "26 08:00 scheduled",
    ]  # fmt: skip
    assert [one.late for one in Notification.objects.filter(pk__in=started)] == [True]


def test_what_comes_often_does_not_burst_within_the_minutes_of_grace(settings):
    settings.LATE_MINUTES = 60
    make_phones(2)
    found = made(every="cron", cron="*/20 * * * *")
    first = found.occurrences.get().at

    started = starting.start_due(first + timedelta(minutes=41))

    assert len(started) == 1
    assert [line.split()[-1] for line in told(found)] == ["held", "missed", "sending", "scheduled"]
    assert Notification.objects.get(status=S.HELD).paused_reason == "superseded"


def test_a_clock_that_steps_back_makes_nothing_twice():
    make_phones(2)
    found = made()
    times = [at("2026-11-23T08:00"), at("2026-11-24T08:00")]

    for now in (times[0], times[1], times[0] - DAY, times[0], times[1], times[0]):
        starting.start_due(now)

    assert told(found) == ["23 08:00 sending", "24 08:00 sending", "25 08:00 scheduled"]


def test_twenty_ticks_at_once_make_and_start_one(settings):
    settings.LATE_MINUTES = 100_000
    make_phones(2)
    found = made()
    gate = Barrier(20)

    def tick() -> None:
        gate.wait()
        starting.start_due(at("2026-11-25T08:00"))
        connection.close()

    threads = [Thread(target=tick) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told(found) == [
        "23 08:00 held", "24 08:00 missed", "25 08:00 sending", "26 08:00 scheduled",
    ]  # fmt: skip


def test_it_may_grow_to_twice_from_one_time_to_the_next_but_not_further():
    make_phones(10)
    found = made()
    make_phones(9, first=100)
    starting.start_due(at("2026-11-23T08:00"))
    make_phones(40, first=200)

    starting.start_due(at("2026-11-24T08:00"))

    assert told(found)[:2] == ["23 08:00 sending", "24 08:00 held"]
    held = Notification.objects.get(status=S.HELD)
    assert held.paused_facts["present"] == 59
    lifecycle.release(held, by=make_staff(), now=at("2026-11-24T09:00"))
    starting.start_due(at("2026-11-24T09:00"))
    starting.start_due(at("2026-11-25T08:00"))
    found.refresh_from_db()
    assert told(found)[1:3] == ["24 08:00 sending", "25 08:00 held"], "made before the release"
    assert found.reviewed_phones == 59


# ---------------------------------------------------------------- what people do


def test_paused_it_waits_and_resumed_it_leaves_out_what_passed():
    make_phones(2)
    found, mia = made(), make_staff()
    series.pause(found, by=mia, now=NOW)
    starting.start_due(at("2026-11-25T09:00"))
    assert told(found) == ["23 08:00 held"]

    series.resume(found, by=mia, now=at("2026-11-25T09:00"))
    starting.start_due(at("2026-11-25T09:01"))

    assert told(found) == [
        "23 08:00 cancelled", "24 08:00 passed", "25 08:00 passed", "26 08:00 scheduled",
    ]  # fmt: skip


def test_paused_and_resumed_in_time_nothing_is_lost():
    make_phones(2)
    found, mia = made(), make_staff()

    series.pause(found, by=mia, now=NOW)
    series.resume(found, by=mia, now=NOW)
    starting.start_due(at("2026-11-23T08:00"))

    assert told(found) == ["23 08:00 sending", "24 08:00 scheduled"]


def test_ended_nothing_more_comes_of_it():
    make_phones(2)
    found, mia = made(), make_staff()

    series.end(found, by=mia, now=NOW)
    starting.start_due(at("2026-11-25T08:00"))

    assert told(found) == ["23 08:00 cancelled"]
    with pytest.raises(lifecycle.WrongState, match="it is ended"):
        series.pause(found, by=mia, now=NOW)


def test_one_time_can_be_cancelled_alone():
    make_phones(2)
    found = made()

    lifecycle.cancel(Notification.objects.get(), by=make_staff(), now=NOW)
    starting.start_due(at("2026-11-23T08:00"))

    assert told(found) == ["23 08:00 cancelled", "24 08:00 scheduled"]


def test_the_whole_series_comes_back_as_one_draft_that_repeats():
    make_phones(2)
    found, mia = made(), make_staff()

    draft = series.take_back(Notification.objects.get(), by=mia, now=NOW)

    found.refresh_from_db()
    assert (draft.status, draft.repeat, found.status) == (S.DRAFT, EVERY_DAY, SeriesStatus.ENDED)
    confirm(draft, now=NOW)
    assert Series.objects.filter(status=SeriesStatus.ACTIVE).count() == 1
    assert Occurrence.objects.filter(state=OccurrenceState.PASSED).count() == 1


def test_a_marketer_may_and_support_may_not():
    make_phones(2)
    found = made()

    with pytest.raises(access.NotAllowed):
        series.end(found, by=make_staff("sue", "support"), now=NOW)
    series.end(found, by=make_staff("max", "marketer"), now=NOW)


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"until": "2026-11-20"}, "No time is left"), ({"every": "cron", "cron": "* * * * *"}, "once"),
     ({"every": "cron", "cron": "a b"}, "five fields"), ({"start": "2031-01-01"}, "two years")],
)  # fmt: skip
def test_a_rule_that_says_no_time_is_refused_at_the_review(changed, says):
    make_phones(2)
    draft = make_draft(repeat=EVERY_DAY | changed)

    with pytest.raises(ValidationError) as refused:
        lifecycle.review(draft, by=make_staff(), now=NOW)

    assert says in refused.value.message_dict["repeat"][0]


def test_a_zones_new_rules_move_no_occurrence_silently():
    make_phones(2)
    made()
    first = Notification.objects.get()
    an_hour_ago = at("2026-11-23T07:00")  # as if Vienna had given up its winter time meanwhile
    Notification.objects.update(send_at=at("2026-11-23T09:00"), due_at=at("2026-11-23T09:00"))

    starting.start_due(an_hour_ago)
    first.refresh_from_db()
    assert first.status == S.SCHEDULED
    starting.start_due(an_hour_ago + timedelta(hours=1))

    first.refresh_from_db()
    assert (first.status, first.paused_reason) == (S.HELD, "zone_rules")
    lifecycle.release(first, by=make_staff(), now=at("2026-11-23T08:30"))
    assert first.pk in starting.start_due(at("2026-11-23T08:30"))


def test_upcoming_times_are_told_without_rows():
    make_phones(2)

    found = made(count=3)

    assert [f"{one.at:%d}" for one in occurrences.to_come(found, 5)] == ["24", "25"]
