"""One rule said twice: what is said of each phone is what the waterfall counts and lists."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from devices import preferences, zones
from devices.audiences import keeping
from devices.models import AppUser, Audience, Device
from notifications import reach
from notifications.models import Batch, Delivery, Notification
from notifications.sending import zoning
from tests.examples import examples

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 8:30 in Tokyo, 18:30 in New York
PHONE = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["ios", "android"]),
        "state": st.sampled_from(["active", "active", "active", "invalid"]),
        "has_token": st.sampled_from([True, True, True, False]),
        "deliverable": st.sampled_from([True, True, False]),
        "perm_known": st.booleans(),
        "opted_out": st.sampled_from([False, False, True]),
        "perm_status": st.sampled_from(
            ["should_request", "should_explain_then_request", "granted", "denied"]
        ),
        "last_seen_at": st.sampled_from([NOW, NOW - timedelta(days=40)]),
        "timezone": st.sampled_from(["", "Asia/Tokyo", "America/New_York", "Moon/Base"]),
        "owner": st.sampled_from([0, 1, 2, 3, None]),
    }
)
PEOPLE = 4
ZONES = ("", "Asia/Tokyo", "Europe/Vienna", "Moon/Base")  # of the people, one each
WHO = st.fixed_dictionaries(
    {
        "send_to": st.sampled_from(["everyone", "users", "audience"]),
        "target_os": st.sampled_from(["all", "ios", "android"]),
        "exclude_users": st.sampled_from([[], ["p1"], ["p0", "p3", "nobody"]]),
        "excludes_audience": st.booleans(),
        "spare_after": st.sampled_from([None, None, 1, 2]),
        "quiet_hours": st.sampled_from(["defer", "skip", "ignore"]),
        "kind": st.sampled_from(["broadcast", "broadcast", "trigger"]),
        # by everybody's own clock: 20:00, which has passed but in New York
        "if_past": st.sampled_from([None, None, "skip", "tomorrow"]),
    }
)
POLICY = st.fixed_dictionaries(
    {
        "send_when_permission_unknown": st.booleans(),
        "skip_stale": st.booleans(),
        "frequency_limit": st.sampled_from([0, 0, 1, 2]),
        "frequency_hours": st.sampled_from([1, 24]),
        "frequency_triggers": st.booleans(),
        "quiet_on": st.booleans(),
        "quiet_from": st.sampled_from(["22:00", "08:00"]),
        "quiet_to": st.sampled_from(["07:00", "09:00"]),
        "app_timezone": st.sampled_from(["UTC", "America/New_York"]),
    }
)
# Who got what, how long ago: (person, which of three notifications, hours).
GOT = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.5, 3, 30])), max_size=8
)

SENDABLE = {
    "platform": "ios", "state": "active", "has_token": True, "deliverable": True,
    "perm_known": True, "opted_out": False, "perm_status": "granted", "last_seen_at": NOW,
}  # fmt: skip
NIGHT = {
    "send_when_permission_unknown": True, "skip_stale": False, "frequency_limit": 0,
    "frequency_hours": 24, "frequency_triggers": False, "quiet_on": True, "quiet_from": "22:00",
    "quiet_to": "07:00", "app_timezone": "UTC",
}  # fmt: skip
EVERYONE = {
    "send_to": "everyone", "target_os": "all", "exclude_users": [], "excludes_audience": False,
    "spare_after": None, "quiet_hours": "skip", "kind": "broadcast", "if_past": None,
}  # fmt: skip


@pytest.mark.django_db
@example(  # phones that don't say where they are, of people in each zone and of nobody
    phones=[{**SENDABLE, "timezone": "", "owner": owner} for owner in (0, 1, 2, 3, None)],
    asked=EVERYONE,
    policy=NIGHT,
    got=[],
)
@example(  # the same of people left out where the time has passed
    phones=[{**SENDABLE, "timezone": "", "owner": owner} for owner in (0, 1, 2, 3, None)],
    asked={**EVERYONE, "if_past": "skip"},
    policy={**NIGHT, "quiet_on": False, "app_timezone": "America/New_York"},
    got=[],
)
@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a minute of shrinking tells no more
)
@given(phones=st.lists(PHONE, max_size=10), asked=WHO, policy=POLICY, got=GOT)
def test_waterfall_lists_engine_and_explanation_agree_phone_by_phone(phones, asked, policy, got):
    people = clean_slate(policy)
    for number, phone in enumerate(phones):
        make_phone(number, phone, people)
    make_history(got, people)
    notification = make_notification(asked, people)
    who = reach.who(notification)

    falls = reach.count(who, NOW)

    said = reasons_by_engine(who, notification)
    counted = Counter(why for why, _ in said.values())
    assert {step.reason: step.count for step in falls.steps} == {
        why: n for why, n in counted.items() if why
    }
    assert falls.will_send == counted[""]
    assert falls.phones == len(said) == falls.will_send + sum(s.count for s in falls.steps)
    assert falls.people == reach.people_of(who)
    assert falls.deferred == sum(until is not None for _, until in said.values())
    sent_to = {pk for pk, (why, _) in said.items() if not why}
    owners = Device.objects.filter(pk__in=sent_to, owner__isnull=False)
    assert falls.people_reached == owners.values("owner").distinct().count()
    for why in counted:
        listed = {phone.pk for part in reach.phones_because(who, why, NOW) for phone in part}
        assert listed == {pk for pk, (reason, _) in said.items() if reason == why}
    explained = {
        lane.device.pk: (lane.reason, lane.until)
        for person in people
        for lane in reach.lanes(notification, person.user_id, NOW)
        if lane.reason != "not_in_audience"
    }
    assert explained == {pk: one for pk, one in said.items() if Device.objects.get(pk=pk).owner_id}


def reasons_by_engine(who: reach.Who, notification: Notification) -> dict[int, tuple[str, Any]]:
    """As a window decides: the phone's own facts, then its zone's turn, then what holds its person
    back."""
    rule = reach.policy(NOW)
    bounds = reach.limits(who, rule, NOW)
    found: dict[int, tuple[str, Any]] = {}
    for devices in reach.devices_of(who):
        for *row, zone, hers in devices.values_list(*reach.COLUMNS, "timezone", "owner__timezone"):
            facts = reach.Facts._make(row)
            other = who.target_os not in ("all", facts.platform)
            why = "other_os" if other else reach.evaluate(facts, rule)
            name = zones.name_of(zone, hers or "", notification.timezone)
            if not why and notification.each_clock and zoning.turn(notification, name).skipped:
                why = zoning.LEFT_OUT
            found[facts.pk] = (why, None)
    held = bounds.look([pk for pk, (why, _) in found.items() if not why], NOW) if bounds else {}
    for pk, (reason, until) in held.items():
        found[pk] = ("", until) if until else (reason, None)
    return found


def clean_slate(policy: dict[str, Any]) -> list[AppUser]:
    for model in (Delivery, Notification, Device, AppUser, Audience):
        model.objects.all().delete()
    preferences.put(**policy)
    return [
        AppUser.objects.create(user_id=f"p{number}", timezone=ZONES[number])
        for number in range(PEOPLE)
    ]


def make_phone(number: int, phone: dict[str, Any], people: list[AppUser]) -> None:
    fields = dict(phone)
    keeps = fields.pop("has_token") and fields["state"] == "active"
    owner = fields.pop("owner")
    Device.objects.create(
        device_id=f"d{number}", bucket=0, token=f"token-{number:020d}" if keeps else None,
        owner=None if owner is None else people[owner], **fields,
    )  # fmt: skip


def make_history(got: list[tuple[int, int, float]], people: list[AppUser]) -> None:
    past = [
        Notification.objects.create(
            kind="trigger" if number == 2 else "broadcast", status="sent", revision={}, due_at=NOW,
            started_at=NOW - timedelta(hours=40), finished_at=NOW,
        )
        for number in range(3)
    ]  # fmt: skip
    for number, (person, which, hours) in enumerate(got):
        batch = Batch(pk=1)
        Delivery.objects.create(
            notification=past[which], device_id=1_000_000 + number, user=people[person],
            batch=batch, platform="ios", outcome="accepted", started_at=NOW,
            at=NOW - timedelta(hours=hours),
        )  # fmt: skip


def make_notification(asked: dict[str, Any], people: list[AppUser]) -> Notification:
    fields = dict(asked)
    some, vips = (keeping.create(name, {"version": 1, "list": True}) for name in ("some", "vips"))
    keeping.add(some, [one.pk for one in people[:3]])
    keeping.add(vips, [people[2].pk])
    if if_past := fields.pop("if_past"):
        fields |= {
            "each_clock": True, "wall": "2026-11-22T20:00", "if_past": if_past, "due_at": NOW,
            "timezone": preferences.get("app_timezone"),
        }  # fmt: skip
    if fields.pop("excludes_audience"):
        fields["exclude_audience"] = vips
    if fields["send_to"] == "audience":
        fields["audience"] = some
    if fields["send_to"] == "users":
        fields["recipients"] = ["p0", "p1", "p2"]
    return Notification.objects.create(**fields)
