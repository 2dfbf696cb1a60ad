"""Last write wins, also when fifty come at once. Real transactions on the database under test."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devices import identity, preferences, registry
from devices.models import AppUser, Device, RegistrationEvent
from tests.devices.conftest import Caller
from tests.factories import make_key

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50


def at_once(calls: list[Any]) -> list[Any]:
    """Run all of them, each in a thread with a connection of its own, from one starting shot."""
    start = Barrier(len(calls))

    def run(call: Any) -> Any:
        try:
            start.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def phone() -> Caller:
    identity.current()
    return Caller(make_key("client"))


def test_fifty_users_register_one_device_at_once(phone):
    answers = at_once(
        [
            lambda n=n: phone.register("D", user_id=f"user-{n}", token="the-one-token-of-all")
            for n in range(MANY)
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: MANY - 1}
    device = Device.objects.get()
    numbers = [answer.json()["registration_seq"] for answer in answers]
    assert len(set(numbers)) == MANY
    assert device.reg_seq == max(numbers)
    winner = answers[numbers.index(max(numbers))].json()["user_id"]
    assert (device.owner.user_id, device.state) == (winner, "active")
    assert AppUser.objects.count() == MANY
    events = list(RegistrationEvent.objects.order_by("pk"))
    assert [event.pk for event in events] == sorted(numbers)
    for earlier, later in pairwise(events):
        assert later.user_before_id == earlier.user_after_id


def test_fifty_devices_register_one_token_at_once(phone):
    answers = at_once(
        [
            lambda n=n: phone.register(f"D{n}", user_id="alice", token="the-one-token-of-all")
            for n in range(MANY)
        ]
    )

    assert {answer.status_code for answer in answers} == {201}
    holder = Device.objects.get(token__isnull=False)
    assert Device.objects.filter(state="active").count() == 1
    assert holder.reg_seq == max(answer.json()["registration_seq"] for answer in answers)
    assert RegistrationEvent.objects.filter(kind="token_moved").count() == MANY - 1
    assert AppUser.objects.count() == 1


def test_two_phones_that_swap_their_tokens_never_hold_one_twice(phone):
    tokens = ["the-first-token-of-two", "the-second-token-of-two"]
    for n in range(2):
        phone.register(f"D{n}", token=tokens[n])

    answers = at_once(
        [lambda n=n: phone.register(f"D{n % 2}", token=tokens[(n + n // 2) % 2]) for n in range(20)]
    )

    assert {answer.status_code for answer in answers} == {200}
    held = [device.token for device in Device.objects.exclude(token=None)]
    assert len(held) == len(set(held)) > 0


def test_a_dead_token_never_takes_a_phone_that_registers_meanwhile(phone):
    phone.register("D", token="the-token-that-dies")
    device = Device.objects.get()

    def retire() -> int:
        return registry.retire([(device.pk, "the-token-that-dies")], timezone.now())

    def register() -> Any:
        return phone.register("D", token="the-token-that-lives")

    for _ in range(5):
        at_once([retire, register, retire])
        device.refresh_from_db()
        assert (device.state, device.token) == ("active", "the-token-that-lives")
        phone.register("D", token="the-token-that-dies")


def test_erasing_a_person_while_she_registers_ends_in_one_of_the_two(phone):
    backend = Caller(make_key("server"))
    for n in range(5):
        phone.register("D", user_id="ada", token="t" * 30)
        answers = at_once(
            [
                lambda: backend("DELETE", "/users/ada"),
                lambda: phone.register("D", user_id="ada", token="t" * 30),
                lambda n=n: phone.register(f"E{n}", user_id="ada", token=f"{n}" * 30),
            ]
        )
        assert [answer.status_code < 300 for answer in answers] == [True] * 3
        for device in Device.objects.filter(state="active"):
            assert device.owner is not None
            assert device.owner.user_id == "ada"


def test_phones_of_one_person_that_come_at_once_leave_as_many_as_allowed(phone):
    preferences.put(devices_per_person=3)

    answers = at_once(
        [lambda n=n: phone.register(f"D{n}", token=f"the-token-of-phone-{n}") for n in range(12)]
    )

    assert {answer.status_code for answer in answers} == {201}
    assert Device.objects.active().count() == 3
    assert RegistrationEvent.objects.filter(kind="over_quota").count() == 9
