"""What phones tell of soft prompts late, in batches and out of order: through the HTTP API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Device, PermissionEvent, Prompt, PromptEvent, PromptState
from tests.devices.prompts.phones import (
    Phone,
    make_prompt,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def batch(phone: Phone, events: list[dict], prompt: Prompt | None = None):
    address = f"/prompts/{prompt.pk}/events" if prompt else "/prompts/events"
    answer = phone.call("POST", address, {"events": events})
    assert answer.status_code == 202, answer.content
    return answer.json()


def story(phone: Phone, prompt: Prompt, start, *kinds: tuple[str, dict]) -> list[dict]:
    """One event a minute from `start` on, told later."""
    return [
        phone.event(
            kind, at=(start + timedelta(minutes=n)).isoformat(), prompt_id=prompt.pk, **facts
        )
        for n, (kind, facts) in enumerate(kinds)
    ]


YES = (
    ("impression", {}), ("click", {}), ("system_prompt_shown", {}),
    ("system_prompt_result", {"result": "granted"}),
)  # fmt: skip


def test_what_waited_while_offline_is_taken_in_the_order_in_which_it_happened(phone):
    prompt = make_prompt()
    phone.register()
    phone.open()
    happened = timezone.now() + timedelta(hours=1)
    phone.later(days=3)

    answer = batch(phone, story(phone, prompt, happened, *YES)[::-1])

    assert [one["recorded"] for one in answer["results"]] == [True] * 4
    assert answer["permission"]["status"] == "granted"
    state = PromptState.objects.get()
    assert (state.displays, state.last_display_at) == (1, happened)
    assert state.converted_at == happened + timedelta(minutes=3)


def test_a_display_told_after_the_answer_to_it_still_counts(phone):
    prompt = make_prompt()
    phone.register()
    phone.open()
    happened = timezone.now() + timedelta(hours=1)
    phone.later(days=3)
    events = story(phone, prompt, happened, *YES)

    for event in events[::-1]:  # one call each
        batch(phone, [event], prompt)

    state = PromptState.objects.get()
    assert (state.displays, state.clicks, state.asked) == (1, 1, 1)
    assert state.converted_at == happened + timedelta(minutes=3)


def test_a_display_after_the_grant_does_not_count_however_late_it_is_told(phone):
    prompt = make_prompt()
    phone.register()
    phone.later(hours=1)
    phone.call.report("authorized", phone.id)
    after = timezone.now() + timedelta(hours=1)
    phone.later(days=1)

    answer = batch(phone, story(phone, prompt, after, ("impression", {})))

    assert answer["results"][0] | {"event_id": ""} == {
        "event_id": "", "recorded": False, "duplicate": False, "code": "not_eligible",
        "reason": "already_allowed",
    }  # fmt: skip


def test_an_answer_that_was_overtaken_is_kept_and_not_applied(phone):
    prompt = make_prompt()
    phone.register()
    denied = story(phone, prompt, timezone.now(), ("system_prompt_result", {"result": "denied"}))
    phone.later(hours=2)
    phone.call.report("authorized", phone.id, source="settings")

    batch(phone, denied)

    assert Device.objects.get().perm_status == "granted"
    assert PermissionEvent.objects.order_by("-pk").first().applied is False


def test_one_bad_event_never_holds_up_the_others(phone):
    prompt, other = make_prompt(), make_prompt()
    phone.register()
    phone.open()
    events = [
        phone.event("impression", prompt_id=prompt.pk),
        phone.event("impression", prompt_id=other.pk),
        phone.event("tap", prompt_id=prompt.pk),
        phone.event("click", prompt_id=10**6),
        phone.event("click"),
        phone.event("dismiss", prompt_id=prompt.pk),
    ]

    answer = batch(phone, events)

    assert [one.get("code", "") for one in answer["results"]] == [
        "", "not_eligible", "type", "not_found", "prompt_id", "",
    ]  # fmt: skip
    assert PromptEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [([], 422), ({"events": []}, 422), ({"events": [{}]}, 422), ({"events": [1] * 101}, 413)],
)
def test_a_batch_is_one_to_a_hundred_named_events(phone, body, status):
    assert phone.call("POST", "/prompts/events", body).status_code == status


def test_the_address_and_the_event_name_the_same_prompt(phone):
    prompt = make_prompt()
    phone.register()

    assert phone.tell(prompt, "click", prompt_id=prompt.pk + 1).json()["code"] == "prompt_id"
