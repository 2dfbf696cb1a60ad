"""Soft prompts over time: sessions, audiences, owners, triggers, erased people, phones that age."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import people, preferences
from devices.audiences import keeping as audiences
from devices.models import Device, PromptEvent, PromptState
from devices.prompts import ageing, keeping, rollups
from tests.devices.prompts.phones import (
    IPHONE,
    NEVER_ASKED,
    make_prompt,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# ---------------------------------------------------------------- sessions and audiences


def plan_is(plan: str) -> dict:
    condition = {"field": "attribute", "name": "plan", "type": "string", "op": "is", "value": plan}
    return {"version": 1, "all": [condition]}


@pytest.fixture
def pro(db):
    people.describe(people.Profile("alice", attributes={"plan": "pro"}), timezone.now())
    return audiences.create("Pro", plan_is("pro"))


def test_who_is_in_the_audience_is_settled_when_the_session_starts(phone, pro):
    prompt = make_prompt(audience=pro)
    phone.register()
    assert phone.offered() == [prompt.pk]
    people.describe(people.Profile("alice", attributes={"plan": "free"}), timezone.now())

    assert [offer["id"] for offer in phone.opened_again()["prompts"]] == [prompt.pk]
    assert phone.evaluate().json()["prompt"]["id"] == prompt.pk
    assert phone.tell(prompt, "impression").status_code == 202
    assert phone.offered() == []


def test_an_audience_may_leave_another_one_out(phone, pro):
    phone.register()
    others = audiences.create("Not pro", {"version": 1, "all": [], "exclude": pro.pk})
    prompt, hers = make_prompt(audience=others), make_prompt(audience=pro)

    assert phone.offered() == [hers.pk]
    people.describe(people.Profile("alice", attributes={"plan": "free"}), timezone.now())
    assert phone.offered() == [prompt.pk]


def test_a_phone_that_changes_hands_is_asked_for_by_its_new_owner(phone, pro):
    prompt = make_prompt(audience=pro)
    phone.register()
    phone.open()
    phone.register(user="bob")

    lost = phone.tell(prompt, "impression")

    assert (lost.status_code, lost.json()["reason"]) == (409, "audience_miss")
    assert PromptEvent.objects.count() == 0


def test_what_a_phone_saw_stays_with_the_phone_when_it_changes_hands(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)
    phone.register(user="bob")
    phone.open()

    assert phone.tell(prompt, "impression").json()["reason"] == "gap"
    assert phone.told(prompt, "click")["recorded"] is True
    assert PromptState.objects.get().displays == 1


def test_a_prompt_paused_between_showing_and_tapping_still_takes_the_tap(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)
    keeping.move(prompt, "pause", now=timezone.now())

    assert phone.told(prompt, "click")["next_action"] == "system_prompt"
    phone.told(prompt, "system_prompt_shown")
    phone.told(prompt, "system_prompt_result", result="granted")

    state = PromptState.objects.get()
    assert (state.displays, state.clicks) == (1, 1)
    assert state.converted_at is not None


def test_a_phone_may_be_asked_directly_where_the_setting_says_so(phone):
    preferences.put(ios_ask_direct=True)
    make_prompt()
    phone.register(IPHONE)

    assert phone.open()["permission"]["status"] == "should_request"
    assert len(phone.open()["prompts"]) == 1


# ---------------------------------------------------------------- triggers, asked at the server


def test_the_server_decides_by_what_happens_and_what_happened_before(phone):
    condition = {"kind": "event", "name": "bought", "where": {"plan": "pro"}}
    half_a_minute = {"kind": "session_time", "seconds": 30}
    prompt = make_prompt(triggers=[[condition, half_a_minute]])
    phone.register()
    phone.open()
    bought = {"kind": "event", "name": "bought", "props": {"plan": "pro"}, "seconds": 5}

    assert phone.evaluate(bought).json()["prompt"] is None
    later = {"kind": "session_time", "seconds": 31}
    assert phone.evaluate(later).json()["prompt"] is None
    assert phone.evaluate(later, earlier=[bought]).json()["prompt"]["id"] == prompt.pk


@pytest.mark.parametrize(
    "trigger", [{"kind": "push"}, {"kind": "event"}, {"kind": "session_time"}, {"kind": "custom"}]
)
def test_a_trigger_that_says_nothing_is_refused(phone, trigger):
    phone.register(permission=NEVER_ASKED)

    assert phone.evaluate(trigger).status_code == 422


def test_the_one_with_the_highest_priority_is_shown(phone):
    make_prompt()
    high = make_prompt(priority=9)
    phone.register()
    phone.open()

    assert phone.evaluate().json()["prompt"]["id"] == high.pk


# ---------------------------------------------------------------- a person who is erased


def test_what_an_erased_person_s_phone_told_is_nameless_and_still_counted(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)

    people.erase("alice", timezone.now())

    event, state = PromptEvent.objects.get(), PromptState.objects.get()
    assert event.event_id == f"erased-{event.pk}"
    assert (event.session_id, state.last_session) == ("", "")
    assert prompt.days.get().shown == 1


# ---------------------------------------------------------------- pretend phones grow older


def test_one_phone_may_grow_older_alone(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)
    phone.told(prompt, "click")
    ageing.age(Device.objects.get(), timedelta(days=15))

    assert prompt.days.get(day="2026-02-15").tapped == 1
    assert phone.shown(prompt)
    ageing.age(Device.objects.get(), timedelta(days=13))
    assert phone.tell(prompt, "impression").json()["reason"] == "gap"
    assert rollups.rebuild(prompt, timezone.now()) == 0


def test_a_phone_that_was_won_twice_counts_once_on_the_day_of_the_first_time(phone):
    prompt = make_prompt()
    phone.register()
    for days in (20, 0):
        assert phone.shown(prompt)
        phone.told(prompt, "system_prompt_result", result="granted")
        phone.call.report("denied", phone.id, source="settings")  # she turned it off again
        phone.later(days=days)

    first, second = prompt.days.order_by("day")
    assert (first.shown, first.converted, first.impressions) == (1, 1, 1)
    assert (second.shown, second.converted, second.impressions, second.grants) == (0, 0, 1, 1)
    assert rollups.rebuild(prompt, timezone.now()) == 0


def test_a_yes_a_day_after_the_display_is_not_the_prompt_s(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)
    phone.later(hours=24, seconds=1)
    phone.call.report("authorized", phone.id)

    day = prompt.days.get()
    assert (day.shown, day.converted, day.eligible_allowed) == (1, 0, 1)


def test_a_yes_belongs_to_the_last_prompt_that_was_seen(phone):
    first, second = make_prompt(), make_prompt()
    phone.register()
    assert phone.shown(first)
    phone.later(hours=24)
    assert phone.shown(second)
    phone.call.report("authorized", phone.id)

    assert (first.days.get().converted, second.days.get(shown=1).converted) == (0, 1)
