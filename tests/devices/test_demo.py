"""The pretend people and phones: exact shares, the same every time, nothing twice."""

import re
from collections import Counter

import pytest
from django.core.management import call_command

from devices import audiences
from devices.models import AppUser, Audience, Device
from devices.permission import derive
from devices.samples import KINDS, dead_tokens
from notifications.models import Page

pytestmark = pytest.mark.django_db


def seed(devices: int, users: int, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("demo", users=users, devices=devices)
    return capsys.readouterr().out


def test_the_shares_of_every_hundred():
    shares = Counter[str]()
    for kind in KINDS:
        shares[kind.name] += kind.count

    assert shares == {
        "reachable": 70, "stale": 4, "never asked": 12, "denied": 8, "opted out": 4, "dead": 2,
    }  # fmt: skip
    for kind in KINDS:
        reachable = kind.name in ("reachable", "stale", "dead")
        assert derive(kind.facts).deliverable is reachable


def test_demo_makes_what_it_promises_and_a_second_run_makes_nothing_twice(sandbox, capsys):
    said = seed(300, 200, capsys)

    assert "300 phones made" in said
    assert "6 phones are dead" in said
    assert Device.objects.filter(state="active", deliverable=True).count() == 3 * 76
    assert Device.objects.filter(opted_out=True).count() == 12
    assert Device.objects.values("owner").distinct().count() == 200
    before = list(Device.objects.values_list("device_id", "token"))

    said = seed(400, 250, capsys)

    assert "100 phones made" in said
    assert "50 people made" in said
    assert list(Device.objects.values_list("device_id", "token")[:300]) == before
    assert (AppUser.objects.count(), Page.objects.count(), Audience.objects.count()) == (250, 5, 3)


def test_the_audiences_of_the_demo_are_the_people_that_their_names_say(capsys):
    seed(0, 300, capsys)

    counts = {one.name: audiences.count(one) for one in Audience.objects.all()}

    assert counts == {"VIPs": 15, "Plus and pro": 120, "Beta testers": 6}
    austrian = {"field": "country", "op": "is", "value": "AT"}
    assert audiences.those({"version": 1, "all": [austrian]}).count() == 33


def test_stored_permission_is_what_the_rules_derive(capsys):
    from devices.consent import derived_of

    seed(100, 10, capsys)

    for device in Device.objects.all():
        derived = derived_of(device)
        assert device.perm_status == derived.status
        assert device.asks_left == derived.asks_left
        assert device.deliverable is derived.deliverable
        assert device.notification_types == derived.notification_types


def test_a_seeded_phone_can_register_again_with_its_token(app, capsys):
    seed(100, 10, capsys)
    device = Device.objects.earliest("pk")

    answer = app.register("another", token=device.token)

    assert answer.status_code == 201
    device.refresh_from_db()
    assert device.token is None


def test_the_dead_are_two_of_every_hundred():
    assert len(dead_tokens(1000)) == 20


def test_history_adds_up_and_comes_once(capsys):
    from notifications import reports
    from notifications.models import Delivery, Notification

    met = []
    for made in (8, 0):
        call_command("demo", users=100, devices=200, history=True)
        said = capsys.readouterr().out
        assert f"{made} past notifications made" in said
        met.append(int(re.search(r"(\d+) phones met a soft prompt", said)[1]))
    assert 60 < met[0] < 110  # who is held out hangs on the prompt's own number
    assert met[1] == 0

    for notification in Notification.objects.all():
        counts = reports.counts(notification)
        outcomes = Counter(
            Delivery.objects.filter(notification=notification).values_list("outcome", flat=True)
        )
        assert counts.targeted == notification.planned == sum(outcomes.values())
        assert (counts.accepted, counts.skipped) == (outcomes["accepted"], outcomes["skipped"])
        assert counts.dead_token == outcomes["dead_token"] > 0
        assert 0 < counts.opened < counts.received < counts.accepted
