"""What phones tell of soft prompts and what follows from it: through the HTTP API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Device, PermissionEvent, Prompt, PromptEvent, PromptState
from tests.devices.prompts.phones import (
    DENIED,
    IPHONE,
    PIXEL,
    make_prompt,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_impression_click_and_the_system_s_yes_make_a_granted_phone(phone):
    prompt = make_prompt()
    phone.register(IPHONE)
    phone.open()
    assert phone.told(prompt, "impression") | {"permission": None} == {
        "recorded": True, "duplicate": False, "next_action": "system_prompt",
        "opt_in_first": False, "permission": None,
    }  # fmt: skip
    assert phone.told(prompt, "click", element="accept")["next_action"] == "system_prompt"
    phone.told(prompt, "system_prompt_shown", options={"alert": True, "sound": True})
    answer = phone.told(
        prompt, "system_prompt_result", result="granted", dialog_shown=True, elapsed_ms=2_000,
        options={"alert": True, "sound": False},
    )  # fmt: skip

    assert (answer["permission"]["status"], answer["next_action"]) == ("granted", "none")
    device, state = Device.objects.get(), PromptState.objects.get()
    assert (device.perm_system, device.perm_sound, device.perm_source) == (
        "authorized", False, "prompt",
    )  # fmt: skip
    assert (device.asks.get().prompt_id, device.asks.get().result) == (str(prompt.pk), "granted")
    assert (state.displays, state.clicks, state.asked) == (1, 1, 1)
    assert state.granted_at == state.converted_at == timezone.now()
    assert phone.offered() == []


def test_deny_on_an_iphone_spends_its_only_ask(phone):
    prompt = make_prompt()
    phone.register(IPHONE)
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="denied", elapsed_ms=1_500)

    assert (answer["permission"]["status"], answer["permission"]["asks_left"]) == ("denied", 0)
    assert answer["next_action"] == "open_settings"
    assert PromptState.objects.get().denials == 1


def test_without_the_way_to_the_settings_a_denied_phone_never_sees_it_again(phone):
    prompt = make_prompt(fallback_to_settings=False)
    phone.register(IPHONE)
    phone.shown(prompt)
    answer = phone.told(prompt, "system_prompt_result", result="denied")
    phone.later(days=15)

    assert answer["next_action"] == "none"
    assert phone.tell(prompt, "impression").json()["reason"] == "no_ask_left_no_fallback"


def test_android_denies_twice_then_the_tap_opens_the_settings_and_those_are_the_prompt_s_doing(
    phone,
):
    prompt = make_prompt()
    phone.register(PIXEL)
    for action in ("system_prompt", "system_prompt"):
        assert phone.shown(prompt)
        assert phone.told(prompt, "click")["next_action"] == action
        phone.told(prompt, "system_prompt_shown")
        phone.told(prompt, "system_prompt_result", result="denied", elapsed_ms=900)
        phone.later(days=14)
    assert phone.shown(prompt)
    assert phone.told(prompt, "click")["next_action"] == "open_settings"
    phone.told(prompt, "settings_opened")
    phone.later(minutes=2)

    answer = phone.told(prompt, "settings_returned", system="authorized")

    assert answer["permission"]["status"] == "granted"
    last = PermissionEvent.objects.order_by("-pk").first()
    assert (last.source, last.prompt_id, last.after) == ("settings", str(prompt.pk), "granted")
    state = PromptState.objects.get()
    assert (state.displays, state.asked, state.denials) == (3, 2, 2)
    assert state.recovered_at == state.converted_at == timezone.now()
    assert state.granted_at is None


def test_turned_on_in_the_settings_and_told_by_a_plain_report_counts_all_the_same(phone):
    prompt = make_prompt()
    phone.register(IPHONE, permission=DENIED)
    phone.shown(prompt)
    phone.told(prompt, "settings_opened")
    phone.later(hours=1)
    phone.call.report("authorized", phone.id, source="settings")

    state = PromptState.objects.get()
    assert state.recovered_at == state.converted_at == timezone.now()


def test_a_visit_to_the_settings_that_changes_nothing(phone):
    prompt = make_prompt()
    phone.register(IPHONE, permission=DENIED)
    phone.shown(prompt)
    phone.told(prompt, "settings_opened")
    answer = phone.told(prompt, "settings_returned", system="denied")

    assert answer["permission"]["status"] == "denied"
    assert PromptState.objects.get().recovered_at is None


def test_a_swiped_dialog_on_android_spends_nothing(phone):
    prompt = make_prompt()
    phone.register()
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="dismissed")

    assert answer["permission"]["asks_left"] == 2
    assert Device.objects.get().perm_dismissals == 1


def test_a_dialog_that_the_system_did_not_show_burns_nothing_and_leads_to_the_settings(phone):
    prompt = make_prompt()
    phone.register()
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="denied", elapsed_ms=30)

    assert answer["next_action"] == "open_settings"
    state = PromptState.objects.get()
    assert (state.asked, state.denials, state.unshown) == (0, 0, 1)


def test_opting_in_again_comes_before_the_dialog(phone):
    prompt = make_prompt(include_opted_out=True)
    phone.register()
    phone.call("POST", f"/devices/{phone.id}/opt-out")
    phone.shown(prompt)
    tapped = phone.told(prompt, "click")
    assert (tapped["next_action"], tapped["opt_in_first"]) == ("system_prompt", True)

    answer = phone.told(prompt, "opt_in")

    assert (answer["permission"]["notification_types"], answer["opt_in_first"]) == (0, False)
    assert Device.objects.get().opted_out is False
    assert PromptState.objects.get().opted_in_at == timezone.now()


def test_where_only_our_own_opt_out_stands_in_the_way_a_tap_opts_in(phone):
    prompt = make_prompt(include_opted_out=True)
    phone.register()
    phone.call("POST", f"/devices/{phone.id}/opt-out")
    phone.shown(prompt)
    phone.call.report("authorized", phone.id, source="settings")  # while the prompt is open
    tapped = phone.told(prompt, "click")
    assert (tapped["next_action"], tapped["opt_in_first"]) == ("opt_in", False)

    assert phone.told(prompt, "opt_in")["permission"]["notification_types"] == 1
    assert PromptState.objects.get().converted_at == timezone.now()


def test_an_opt_in_of_somebody_who_never_opted_out_is_not_counted(phone):
    prompt = make_prompt()
    phone.register()
    phone.told(prompt, "opt_in")

    assert PromptState.objects.get().opted_in_at is None


def test_what_a_system_cannot_answer_is_refused(phone):
    prompt = make_prompt()
    phone.register(IPHONE)
    swiped = phone.tell(prompt, "system_prompt_result", result="dismissed")
    assert (swiped.status_code, swiped.json()["code"]) == (422, "result")

    phone.id = "E"
    phone.register(PIXEL)
    quietly = phone.tell(prompt, "settings_returned", system="provisional")
    assert (quietly.status_code, quietly.json()["code"]) == (422, "system")
    assert PromptEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"type": "tap"}, "type"), ({"type": "click", "how": "swipe"}, "type"),
        ({"type": "system_prompt_result"}, "validation"), ({"type": "dismiss", "how": "x"}, "validation"),
        ({"type": "settings_returned", "system": "maybe"}, "system"), ({"version": 0}, "validation"),
        ({"at": "yesterday"}, "validation"), ({"colour": "red"}, "validation"),
        ({"event_id": " "}, "validation"),
    ],
)  # fmt: skip
def test_a_malformed_event_is_named(phone, facts, code):
    prompt = make_prompt()
    phone.register()

    answer = phone.call("POST", f"/prompts/{prompt.pk}/events", phone.event("impression") | facts)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_unknown_prompts_and_phones_are_not_found(phone):
    prompt = make_prompt()
    phone.register()

    assert phone.tell(Prompt(pk=prompt.pk + 1), "click").status_code == 404
    assert phone.tell(Prompt(pk=10**30), "click").status_code == 404
    phone.id = "nobody"
    assert phone.tell(prompt, "click").status_code == 404
    assert phone.evaluate().status_code == 404
    assert phone.call("POST", "/devices/nobody/sessions", {"session_id": "s"}).status_code == 404


def test_an_event_counts_once_however_often_it_is_sent(phone):
    prompt = make_prompt()
    phone.register()
    phone.open()
    for kind in ("impression", "click"):
        event = phone.event(kind)
        first, again = (phone.call("POST", f"/prompts/{prompt.pk}/events", event) for _ in range(2))
        assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
        assert again.json()["next_action"] == "system_prompt"

    state = PromptState.objects.get()
    assert (state.displays, state.clicks) == (1, 1)
