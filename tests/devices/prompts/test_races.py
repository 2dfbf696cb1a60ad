"""Several at once: one display, one count. Real transactions on the database under test."""

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from devices import people
from devices.audiences import keeping as audiences
from devices.models import Device, Prompt, PromptEvent, PromptState
from devices.prompts import keeping, rollups, sessions
from tests.devices.prompts.phones import IPHONE, Phone, make_live
from tests.devices.prompts.recount import kept, recount
from tests.devices.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone() -> Phone:
    return Phone(None)  # type: ignore[arg-type]  the clock runs


def tell(phone: Phone, prompt: Prompt, event: dict[str, Any]) -> Any:
    return lambda: phone.call("POST", f"/prompts/{prompt.pk}/events", event)


def test_of_two_displays_at_once_one_counts(phone):
    prompt = make_live(timezone.now(), frequency="every_time")
    phone.register()
    phone.open()

    answers = at_once([tell(phone, prompt, phone.event("impression")) for _ in range(6)])

    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: 5}
    assert PromptState.objects.get().displays == PromptEvent.objects.count() == 1
    assert kept(prompt) == recount(prompt)


def test_of_two_prompts_at_once_one_is_shown(phone):
    prompts = [make_live(timezone.now()) for _ in range(4)]
    phone.register()
    phone.open()

    answers = at_once([tell(phone, prompt, phone.event("impression")) for prompt in prompts])

    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: 3}
    assert {a.json().get("reason") for a in answers} == {None, "global_cap"}
    assert PromptEvent.objects.count() == 1


def test_one_event_sent_many_times_at_once_counts_once(phone):
    prompt = make_live(timezone.now())
    phone.register(IPHONE)
    phone.shown(prompt)
    event = phone.event("system_prompt_result", result="denied")

    answers = at_once([tell(phone, prompt, event) for _ in range(5)])

    assert {answer.status_code for answer in answers} == {202}
    assert Counter(a.json()["duplicate"] for a in answers) == {False: 1, True: 4}
    assert PromptState.objects.get().denials == 1


def test_sessions_that_start_at_once_find_a_phone_eligible_once(phone):
    prompt = make_live(timezone.now())
    phone.register()
    start = [lambda n=n: sessions.start("D", f"s{n}", now=timezone.now()) for n in range(5)]

    at_once(start)

    assert prompt.days.get().eligible == 1


def test_a_prompt_paused_while_phones_show_it_counts_only_what_came_before(phone):
    prompt = make_live(timezone.now())
    phones = [phone]
    for n in range(1, 6):
        phones.append(Phone(None, f"D{n}"))  # type: ignore[arg-type]
    for one in phones:
        one.register(user=one.id)
        one.open()
    calls = [tell(one, prompt, one.event("impression")) for one in phones]

    answers = at_once([*calls, lambda: keeping.move(prompt, "pause", now=timezone.now())])[:-1]

    accepted = sum(answer.status_code == 202 for answer in answers)
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert Prompt.objects.get().status == "paused"
    assert PromptEvent.objects.count() == accepted
    assert kept(prompt) == recount(prompt)


def test_a_phone_that_changes_hands_while_it_shows_is_counted_for_one_of_the_two(phone):
    people.describe(people.Profile("alice"), timezone.now())
    hers = audiences.create("Hers", {"version": 1, "list": True})
    audiences.add(hers, [people.found_or_made("alice", timezone.now()).pk])
    prompt = make_live(timezone.now(), audience=hers, frequency="every_time")
    phone.register()
    phone.open()

    shown, moved = at_once(
        [tell(phone, prompt, phone.event("impression")), lambda: phone.register(user="bob")]
    )

    assert moved.status_code == 200
    assert Device.objects.get().owner.user_id == "bob"
    if shown.status_code == 409:
        assert shown.json()["reason"] == "audience_miss"
    assert PromptEvent.objects.count() == (shown.status_code == 202)


def test_counting_anew_while_phones_tell_loses_nothing(phone):
    prompt = make_live(timezone.now())
    phones = [Phone(None, f"D{n}") for n in range(6)]  # type: ignore[arg-type]
    for one in phones:
        one.register(user=one.id)
        one.open()

    def rebuild() -> int:
        return rollups.rebuild(prompt, timezone.now())

    calls = [tell(one, prompt, one.event("impression")) for one in phones]
    at_once([*calls[:3], rebuild, *calls[3:], rebuild])

    assert kept(prompt) == recount(prompt)
    assert sum(day.shown for day in prompt.days.all()) == 6
