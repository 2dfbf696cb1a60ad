"""Each phone in one group, and the groups say the same as the rule the engine obeys."""

from itertools import product
from typing import Any

import pytest

from devices.models import AppUser, Device
from devices.reachability import REACHED, reachability

pytestmark = pytest.mark.django_db
FACTS = {
    "platform": ["ios", "android"],
    "token": [True, False],
    "state": ["active", "invalid", "unregistered"],
    "opted_out": [False, True],
    "deliverable": [True, False],
    "perm_known": [True, False],
    "perm_system": ["unknown", "authorized", "denied", "provisional"],
    "perm_status": ["should_request", "should_explain_then_request", "granted", "denied"],
}


def make_phone(number: int, **facts: Any) -> Device:
    held = facts.pop("token", True) and facts.get("state", "active") == "active"
    return Device(
        device_id=f"phone-{number}",
        token=f"token-of-phone-{number:06}" if held else None,
        bucket=number % 10_000,
        **{"platform": "android"} | facts,
    )


def test_nobody_yet() -> None:
    found = reachability()

    assert (found.people, found.phones, found.reached) == (0, 0, 0)


def test_phones_are_counted_once_each() -> None:
    AppUser.objects.create(user_id="hanna.k")
    Device.objects.bulk_create(
        [
            make_phone(1, perm_known=True, perm_status="granted"),
            make_phone(2, platform="ios", perm_system="provisional", perm_known=True),
            make_phone(3),
            make_phone(4, deliverable=False, perm_known=True),
            make_phone(5, deliverable=False, perm_known=True, perm_status="denied"),
            make_phone(6, opted_out=True, deliverable=False),
            make_phone(7, state="invalid"),
            make_phone(8, token=False),
            make_phone(9, state="unregistered"),
        ]
    )

    found = reachability()

    assert found.people == 1
    assert found.phones == 8
    assert found.groups == {
        "granted": 1,
        "provisional": 1,
        "unreported": 1,
        "should_request": 1,
        "denied": 1,
        "opted_out": 1,
        "app_removed": 1,
        "no_token": 1,
    }
    assert (found.reached, found.could_ask) == (3, 1)


def test_the_engine_and_the_overview_agree_on_every_phone() -> None:
    from notifications import reach

    made = [
        make_phone(number, **dict(zip(FACTS, facts, strict=True)))
        for number, facts in enumerate(product(*FACTS.values()))
    ]
    Device.objects.bulk_create(made)
    everybody = Device.objects.exclude(state="unregistered")
    rule = reach.Policy()

    sent = sum(not reach.evaluate(reach.facts_of(phone), rule) for phone in everybody)

    found = reachability()
    assert found.phones == everybody.count() == sum(found.groups.values())
    assert found.reached == sum(found.groups[name] for name in REACHED) == sent


def test_two_queries_however_many_phones(django_assert_num_queries: Any) -> None:
    Device.objects.bulk_create([make_phone(number) for number in range(50)])

    with django_assert_num_queries(2):
        reachability()
