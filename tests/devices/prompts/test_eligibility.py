"""Who is offered a soft prompt, why not, and how often: through the HTTP API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.audiences import keeping as audiences
from devices.models import Prompt, PromptEvent, PromptState
from devices.prompts import keeping, rules
from tests.devices.prompts.phones import (
    ALLOWED,
    DENIED,
    IPHONE,
    OPEN,
    PROVISIONAL,
    make_prompt,
    reason_of,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# ---------------------------------------------------------------- the eligibility table


def row_not_live(phone):
    phone.register()
    prompt = make_prompt()
    phone.open()
    keeping.move(prompt, "pause", now=timezone.now())
    return prompt


def row_outside_schedule(phone):
    phone.register()
    return make_prompt(starts_at=timezone.now() + DAY)


def row_device_not_active(phone):
    phone.register()
    phone.call.unregister(device_id=phone.id)
    return make_prompt()


def row_platform_excluded(phone):
    phone.register()
    return make_prompt(platforms=["ios"])


def row_app_version_excluded(phone):
    phone.register(app_version="4.2.0")
    return make_prompt(min_app_version="4.10")


def row_already_allowed(phone):
    phone.register(permission=ALLOWED)
    return make_prompt(frequency="every_time", include_opted_out=True)


def row_provisional_excluded(phone):
    phone.register(IPHONE, permission=PROVISIONAL)
    return make_prompt(include_provisional=False)


def row_opted_out_excluded(phone):
    phone.register()
    phone.call("POST", f"/devices/{phone.id}/opt-out")
    return make_prompt()


def row_no_ask_left_no_fallback(phone):
    phone.register(IPHONE, permission=DENIED)
    return make_prompt(fallback_to_settings=False)


def row_audience_miss(phone):
    phone.register()
    return make_prompt(audience=audiences.create("Somebody else", {"version": 1, "list": True}))


def row_holdout(phone):
    prompt = make_prompt(holdout_pct=50)
    asked = rules.Rules(prompt.pk, "live", frozenset(), holdout_pct=50)
    phone.id = next(f"D{n}" for n in range(99) if rules.held_out(asked, f"D{n}"))
    phone.register()
    return prompt


def row_max_displays(phone):
    phone.register()
    prompt = make_prompt(frequency="multiple", max_displays=2)
    for _ in range(2):
        assert phone.shown(prompt)
        phone.later(days=15)
    return prompt


def row_gap(phone):
    phone.register()
    prompt = make_prompt()
    assert phone.shown(prompt)
    phone.later(days=13)
    return prompt


def row_global_cap(phone):
    phone.register()
    first, second = make_prompt(), make_prompt()
    assert phone.shown(first)
    phone.later(hours=23)
    return second


def row_trigger_not_met(phone):
    phone.register()
    return make_prompt(triggers=[[{"kind": "session_time", "seconds": 30}]])


def row_lower_priority(phone):
    phone.register()
    prompt = make_prompt()
    make_prompt(priority=1)
    return prompt


ROWS = {
    name.removeprefix("row_"): row for name, row in list(globals().items()) if name[:4] == "row_"
}


def test_every_reason_of_the_table_has_its_row():
    assert list(ROWS) == list(rules.ORDER)


@pytest.mark.parametrize("reason", ROWS)
def test_eligibility(reason, phone):
    prompt = ROWS[reason](phone)

    if reason == "not_live":
        assert phone.offered() == []
        lost = phone.tell(prompt, "impression")
        assert (lost.status_code, lost.json()["reason"]) == (409, "not_live")
        return
    assert reason_of(phone, prompt) == reason
    offer = phone.evaluate().json()["prompt"]
    assert (offer or {"id": None})["id"] != prompt.pk
    assert "reasons" not in phone.evaluate().json()  # a client key is public
    lost = phone.tell(prompt, "impression")
    if reason in ("trigger_not_met", "lower_priority"):  # the phone itself decides these
        assert lost.status_code == 202
        return
    assert (lost.status_code, lost.json()["code"], lost.json()["reason"]) == (
        409, "not_eligible", reason,
    )  # fmt: skip
    assert PromptEvent.objects.filter(prompt=prompt, type="impression").count() in (0, 2, 1)
    if reason not in ("gap", "global_cap"):
        assert prompt.pk not in phone.offered()


def test_whoever_may_see_it_is_offered_it_with_everything_to_decide_by(phone):
    prompt = make_prompt(
        locales={"de": {"title": "Nichts verpassen"}}, priority=4, image="prompts/bell.png"
    )
    phone.register(locale="de-AT")

    answer = phone.open()

    (offer,) = answer["prompts"]
    assert offer["content"]["title"] == "Nichts verpassen"
    assert offer["content"]["accept_label"] == prompt.accept_label
    assert offer["content"]["image"].endswith("/media/prompts/bell.png")
    assert offer["content"]["locale"] == "de"
    assert (offer["id"], offer["version"], offer["priority"]) == (prompt.pk, 1, 4)
    assert offer["triggers"] == [[OPEN]]
    assert offer["frequency"] == {
        "kind": "multiple", "max_displays": 9_999, "gap_seconds": 14 * 24 * 3600,
    }  # fmt: skip
    assert offer["action"] == {
        "click_action": "push_permission_prompt", "fallback_to_settings": True,
        "next_action": "system_prompt", "opt_in_first": False,
    }  # fmt: skip
    assert (offer["state"], offer["not_before"]) == ({"displays": 0, "last_display_at": None}, None)
    assert answer["guard"] == {"next_at": None}
    assert answer["permission"]["asks_left"] == 2


def test_android_12_never_sees_one(phone):
    prompt = make_prompt(frequency="every_time")
    phone.register({"platform": "android", "os_version": "12", "api_level": 31})

    assert phone.offered() == []
    assert phone.tell(prompt, "impression").json()["reason"] == "already_allowed"


def test_the_app_version_of_the_session_counts(phone):
    prompt = make_prompt(min_app_version="5")
    phone.register(app_version="4.9")
    assert phone.open()["prompts"] == []

    assert phone.open(app_version="5.0.1")["prompts"][0]["id"] == prompt.pk


# ---------------------------------------------------------------- frequency


def test_only_once(phone):
    prompt = make_prompt(frequency="once")
    phone.register()
    assert phone.shown(prompt)
    phone.later(days=400)

    assert phone.offered() == []
    assert phone.tell(prompt, "impression").json()["reason"] == "max_displays"


def test_every_time_means_every_session_but_one_a_day(phone):
    prompt = make_prompt(frequency="every_time")
    phone.register()
    assert phone.shown(prompt)
    again = phone.tell(prompt, "impression")
    assert (again.status_code, again.json()["reason"]) == (409, "global_cap")
    phone.later(hours=24)

    same_session = phone.tell(prompt, "impression")
    assert same_session.json()["reason"] == "global_cap"
    assert phone.shown(prompt)


def test_multiple_times_after_the_gap_up_to_the_most(phone):
    prompt = make_prompt(max_displays=2, gap_seconds=14 * 24 * 3600)
    phone.register()
    assert phone.shown(prompt)
    phone.later(days=14, seconds=-1)
    waiting = phone.open()["prompts"][0]
    assert waiting["state"]["displays"] == 1
    assert waiting["not_before"] == "2026-03-16T09:00:00Z"
    assert phone.tell(prompt, "impression").json()["reason"] == "gap"
    phone.later(seconds=1)

    assert phone.shown(prompt)
    phone.later(days=15)
    assert phone.offered() == []


def test_a_dismissal_costs_nothing_and_does_not_shorten_the_gap(phone):
    prompt = make_prompt()
    phone.register()
    assert phone.shown(prompt)
    answer = phone.told(prompt, "dismiss", how="swipe")
    phone.later(days=13)

    assert not phone.shown(prompt)
    assert answer["permission"]["asks_left"] == 2
    assert PromptState.objects.get().dismissals == 1


def test_the_guard_is_one_prompt_a_session_and_a_day_whatever_the_campaign(phone):
    first, second = make_prompt(priority=1), make_prompt()
    phone.register()
    assert phone.shown(first)
    phone.later(hours=25)
    assert phone.tell(second, "impression").json()["reason"] == "global_cap"

    assert phone.shown(second)


def test_the_session_says_when_the_guard_ends(phone):
    make_prompt()
    phone.register()
    phone.told(Prompt.objects.get(), "impression")

    assert phone.open()["guard"]["next_at"] == "2026-03-03T09:00:00Z"
