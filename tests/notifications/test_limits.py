"""Who is left out, capped or asleep when a window opens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from devices import preferences
from devices.audiences import keeping
from devices.models import ApiKey, AppUser, Device
from notifications import explain, reach, reports, triggers
from notifications.models import Batch, Delivery, Notification
from notifications.sending import clock
from notifications.states import NotificationStatus as S
from tests.sending import confirmed, make_draft, make_phones, run_all

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(notification: Notification) -> dict[str, tuple[str, str]]:
    """{user id: (outcome, reason)}"""
    rows = Delivery.objects.filter(notification=notification)
    return {row[0]: row[1:] for row in rows.values_list("user__user_id", "outcome", "reason")}


def test_who_is_left_out_by_name_or_audience_is_skipped_with_that_reason(sandbox):
    phones = make_phones(5)
    vips = keeping.create("VIPs", {"version": 1, "list": True})
    keeping.add(vips, [phones[1].owner_id])

    sent = confirmed(exclude_audience=vips, exclude_users=["phone-3"])
    run_all()

    out = ("skipped", "excluded")
    ok = ("accepted", "")
    assert outcomes(sent) == {
        "phone-0": ok, "phone-1": out, "phone-2": ok, "phone-3": out, "phone-4": ok,
    }  # fmt: skip


def test_membership_of_a_left_out_audience_is_as_of_the_window(sandbox):
    phones = make_phones(20)
    gold = {"field": "tag", "op": "is", "value": "gold"}
    audience = keeping.create("Gold", {"version": 1, "all": [gold]})
    sent = confirmed(exclude_audience=audience)

    AppUser.objects.filter(pk=phones[1].owner_id).update(tags=["gold"])
    run_all()

    assert outcomes(sent)["phone-1"] == ("skipped", "excluded")


def test_what_was_confirmed_is_held_once_the_audience_it_leaves_out_was_edited(sandbox):
    phones = make_phones(3)
    vips = keeping.create("VIPs", {"version": 1, "list": True})
    waiting = confirmed(exclude_audience=vips)

    keeping.add(vips, [phones[0].owner_id])
    run_all()

    waiting.refresh_from_db()
    assert (waiting.status, waiting.paused_reason) == (S.HELD, "audience")


def test_the_frequency_limit_counts_accepted_broadcasts_in_its_hours(sandbox):
    make_phones(2)
    preferences.put(frequency_limit=2, frequency_hours=24)
    first = confirmed(send_to="users", recipients=["phone-0"])
    run_all()
    second = confirmed(send_to="users", recipients=["phone-0"])
    run_all()

    third = confirmed()
    run_all()

    assert outcomes(third) == {
        "phone-0": ("skipped", "frequency_cap"), "phone-1": ("accepted", ""),
    }  # fmt: skip
    long_ago = timezone.now() - timedelta(hours=25)
    Delivery.objects.filter(notification=first).update(at=long_ago)
    fourth = confirmed()
    run_all()
    assert outcomes(fourth)["phone-0"] == ("accepted", "")
    assert outcomes(second)["phone-0"] == ("accepted", "")


def test_two_phones_of_one_person_are_one_notification(sandbox):
    phones = make_phones(2)
    Device.objects.filter(pk=phones[1].pk).update(owner=phones[0].owner_id)
    preferences.put(frequency_limit=2, frequency_hours=24)
    confirmed()
    run_all()

    again = confirmed()
    run_all()

    assert reports.counts(again).accepted == 2


def test_those_who_got_much_can_be_left_out_of_one_notification(sandbox):
    make_phones(2)
    for _ in range(2):
        confirmed(send_to="users", recipients=["phone-0"])
        run_all()

    spared = confirmed(spare_after=2)
    run_all()

    assert outcomes(spared) == {
        "phone-0": ("skipped", "frequency_cap"), "phone-1": ("accepted", ""),
    }  # fmt: skip
    assert reach.frequent(reach.who(make_draft()), 2, timezone.now()) == 1


def night_now(zone: str = "UTC") -> dict[str, Any]:
    """Quiet hours that hold now in that zone and end in about an hour."""
    from zoneinfo import ZoneInfo

    local = clock.now().astimezone(ZoneInfo(zone))
    ends = (local + timedelta(hours=1)).strftime("%H:%M")
    return {"quiet_on": True, "quiet_to": ends,
            "quiet_from": (local - timedelta(hours=1)).strftime("%H:%M")}  # fmt: skip


def test_in_quiet_hours_phones_wait_until_they_end_and_then_get_it_once(sandbox):
    phones = make_phones(4)
    Device.objects.filter(pk__in=[phones[0].pk, phones[1].pk]).update(timezone="Pacific/Kiritimati")
    preferences.put(**night_now())  # UTC: fourteen hours behind the first two
    draft = make_draft()
    falls = reach.waterfall(draft, timezone.now())
    before = explain.explain(draft, "phone-2", timezone.now())
    sent = confirmed()

    run_all()

    assert (falls.will_send, falls.deferred) == (4, 2)
    assert before.sentence.startswith("It would wait for quiet hours to end and be sent to phone-2")
    waiting = ("waiting", "quiet_hours")
    assert outcomes(sent) == {
        "phone-0": ("accepted", ""), "phone-1": ("accepted", ""),
        "phone-2": waiting, "phone-3": waiting,
    }  # fmt: skip
    later = Batch.objects.get(notification=sent, finished_at=None)
    assert timedelta(minutes=55) < later.due_at - timezone.now() < timedelta(minutes=61)
    sent.refresh_from_db()
    told = explain.explain(sent, "phone-2", timezone.now())
    assert "Not yet sent" in told.sentence
    assert "quiet hours" in told.sentence.lower()

    preferences.put(quiet_on=False)
    Batch.objects.filter(pk=later.pk).update(due_at=timezone.now())
    run_all()

    sent.refresh_from_db()
    rows = Delivery.objects.filter(notification=sent)
    assert sent.status == S.SENT
    assert set(outcomes(sent).values()) == {("accepted", "")}
    assert set(rows.values_list("attempts", flat=True)) == {1}
    assert sandbox.stats()["max_per_token"] == 1


def test_on_everybodys_own_clock_quiet_hours_are_those_of_each_ones_own_turn(sandbox):
    preferences.put(quiet_on=True, quiet_from="22:00", quiet_to="08:00")
    for phone, zone in zip(make_phones(3), ("Asia/Tokyo", "America/New_York", ""), strict=True):
        Device.objects.filter(pk=phone.pk).update(timezone=zone)
    day = timezone.now() + timedelta(days=2)

    def draft(wall: str) -> Notification:
        return make_draft(each_clock=True, wall=f"{day:%Y-%m-%d}T{wall}", timezone="UTC")

    def told(one: Notification) -> list[datetime | None]:
        return [
            lane.until
            for number in range(3)
            for lane in reach.lanes(one, f"phone-{number}", timezone.now())
        ]

    by_day, by_night = draft("09:00"), draft("23:30")

    assert reach.waterfall(by_day, timezone.now()).deferred == 0
    assert told(by_day) == [None, None, None]
    assert reach.waterfall(by_night, timezone.now()).deferred == 3
    morning = [until.astimezone(ZoneInfo("Asia/Tokyo")) for until in told(by_night)[:1]]
    assert [f"{until:%d %H:%M}" for until in morning] == [f"{day + timedelta(days=1):%d} 08:00"]


@pytest.mark.parametrize(
    ("choice", "ttl_s", "expected"),
    [
        ("skip", 86_400, ("skipped", "quiet_hours")),
        ("ignore", 86_400, ("accepted", "")),
        ("defer", 600, ("skipped", "quiet_hours")),  # it would be too late by then
    ],
)
def test_a_notification_may_skip_or_ignore_quiet_hours(sandbox, choice, ttl_s, expected):
    make_phones(1)
    make_phones(1, prefix="awake", timezone="Pacific/Kiritimati")
    preferences.put(**night_now())

    sent = confirmed(quiet_hours=choice, ttl_s=ttl_s)
    run_all()

    assert outcomes(sent) == {"phone-0": expected, "awake-0": ("accepted", "")}


def test_after_quiet_hours_a_message_has_all_its_tries(sandbox):
    make_phones(1)
    preferences.put(**night_now())
    sent = confirmed()
    run_all()
    later, row = Batch.objects.get(notification=sent, finished_at=None), sent.deliveries.get()
    assert row.started_at == later.due_at
    preferences.put(quiet_on=False)
    Batch.objects.filter(pk=later.pk).update(due_at=timezone.now())
    sandbox.set_faults([{"match": {}, "do": "unavailable", "times": 1}])

    run_all()

    assert outcomes(sent) == {"phone-0": ("waiting", "unavailable")}


VIENNA = "Europe/Vienna"


@pytest.mark.parametrize(
    ("start", "end", "zone", "at", "until"),
    [
        ("22:00", "08:00", VIENNA, "2026-11-22T22:30Z", "2026-11-23T07:00Z"),  # spans midnight
        ("22:00", "08:00", VIENNA, "2026-11-23T06:59Z", "2026-11-23T07:00Z"),
        ("22:00", "08:00", VIENNA, "2026-11-23T07:00Z", None),
        ("22:00", "08:00", VIENNA, "2026-11-22T20:59Z", None),
        ("13:00", "15:00", "Asia/Tokyo", "2026-11-22T04:00Z", "2026-11-22T06:00Z"),
        # Berlin leaps from 2:00 to 3:00 on 29 March: an end at 2:30 comes with the leap
        ("22:00", "02:30", "Europe/Berlin", "2026-03-29T00:30Z", "2026-03-29T01:00Z"),
        ("22:00", "08:00", "Europe/Berlin", "2026-03-28T22:00Z", "2026-03-29T06:00Z"),
        # and falls back from 3:00 to 2:00 on 25 October: 2:30 comes twice
        ("22:00", "02:30", "Europe/Berlin", "2026-10-25T00:10Z", "2026-10-25T00:30Z"),
        ("22:00", "02:30", "Europe/Berlin", "2026-10-25T01:10Z", "2026-10-25T01:30Z"),
        ("22:00", "08:00", "Europe/Berlin", "2026-10-24T21:00Z", "2026-10-25T07:00Z"),
    ],
)
def test_quiet_hours_end_by_the_wall_clock_of_the_place(start, end, zone, at, until):
    known = {"quiet_on": True, "quiet_from": start, "quiet_to": end, "app_timezone": "UTC"}
    hours = reach.Hours.of(known)

    found = hours.until(zone, moment(at))

    assert found == (moment(until) if until else None)


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def test_what_an_event_starts_goes_in_quiet_hours_and_counts_only_where_the_policy_says_so(sandbox):
    make_phones(1)
    preferences.put(**night_now(), frequency_limit=1, frequency_hours=24)
    first, second = started("phone-0"), started("phone-0")
    run_all()
    assert outcomes(first) == outcomes(second) == {"phone-0": ("accepted", "")}

    preferences.put(frequency_triggers=True)
    third = started("phone-0")
    run_all()

    assert outcomes(third) == {"phone-0": ("skipped", "frequency_cap")}


def started(user_id: str) -> Notification:
    key, _ = ApiKey.objects.get_or_create(name="shop", kind="server", public_id="shop0000")
    order = triggers.Order("Your order", "It is on its way.", [user_id], allow_empty=True)
    return triggers.start(order, key=key, now=clock.now()).notification


def test_a_test_and_a_correction_are_never_held_back(sandbox):
    make_phones(1)
    preferences.put(**night_now(), frequency_limit=1, frequency_hours=24)
    policy = reach.policy(timezone.now())
    draft = make_draft(exclude_users=["phone-0"])

    draft.kind = "test"

    assert reach.limits(reach.who(draft), policy, timezone.now()) is None
    wrong = Notification.objects.create(title="Wrong")
    right = Notification(send_to="reached", corrects=wrong, quiet_hours="ignore", pk=99)
    assert reach.limits(reach.who(right), policy, timezone.now()) is None
