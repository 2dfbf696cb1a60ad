"""What phones are told of soft prompts, and what they tell: through the HTTP API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import people, preferences
from devices.audiences import keeping as audiences
from devices.models import Device, PermissionEvent, Prompt, PromptEvent, PromptState
from devices.prompts import ageing, keeping, rollups, rules
from tests.devices.conftest import Caller
from tests.devices.prompts.phones import (
    ALLOWED,
    DENIED,
    IPHONE,
    NEVER_ASKED,
    OPEN,
    PIXEL,
    PROVISIONAL,
    Phone,
    make_live,
)
from tests.factories import make_key

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make(**fields) -> Prompt:
    return make_live(timezone.now(), **fields)


def reason_of(phone: Phone, prompt: Prompt, trigger: dict = OPEN) -> str:
    backend = Caller(make_key("server"))
    body = {"device_id": phone.id, "session_id": phone.session or "s", "trigger": trigger}
    answer = backend("POST", "/prompts/evaluate", body)
    assert answer.status_code == 200, answer.content
    return {one["prompt_id"]: one["reason"] for one in answer.json()["reasons"]}[prompt.pk]


# ---------------------------------------------------------------- the eligibility table


def row_not_live(phone):
    phone.register()
    prompt = make()
    phone.open()
    keeping.move(prompt, "pause", now=timezone.now())
    return prompt


def row_outside_schedule(phone):
    phone.register()
    return make(starts_at=timezone.now() + DAY)


def row_device_not_active(phone):
    phone.register()
    phone.call.unregister(device_id=phone.id)
    return make()


def row_platform_excluded(phone):
    phone.register()
    return make(platforms=["ios"])


def row_app_version_excluded(phone):
    phone.register(app_version="4.2.0")
    return make(min_app_version="4.10")


def row_already_allowed(phone):
    phone.register(permission=ALLOWED)
    return make(frequency="every_time", include_opted_out=True)


def row_provisional_excluded(phone):
    phone.register(IPHONE, permission=PROVISIONAL)
    return make(include_provisional=False)


def row_opted_out_excluded(phone):
    phone.register()
    phone.call("POST", f"/devices/{phone.id}/opt-out")
    return make()


def row_no_ask_left_no_fallback(phone):
    phone.register(IPHONE, permission=DENIED)
    return make(fallback_to_settings=False)


def row_audience_miss(phone):
    phone.register()
    return make(audience=audiences.create("Somebody else", {"version": 1, "list": True}))


def row_holdout(phone):
    prompt = make(holdout_pct=50)
    asked = rules.Rules(prompt.pk, "live", frozenset(), holdout_pct=50)
    phone.id = next(f"D{n}" for n in range(99) if rules.held_out(asked, f"D{n}"))
    phone.register()
    return prompt


def row_max_displays(phone):
    phone.register()
    prompt = make(frequency="multiple", max_displays=2)
    for _ in range(2):
        assert phone.shown(prompt)
        phone.later(days=15)
    return prompt


def row_gap(phone):
    phone.register()
    prompt = make()
    assert phone.shown(prompt)
    phone.later(days=13)
    return prompt


def row_global_cap(phone):
    phone.register()
    first, second = make(), make()
    assert phone.shown(first)
    phone.later(hours=23)
    return second


def row_trigger_not_met(phone):
    phone.register()
    return make(triggers=[[{"kind": "session_time", "seconds": 30}]])


def row_lower_priority(phone):
    phone.register()
    prompt = make()
    make(priority=1)
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
    prompt = make(
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
    prompt = make(frequency="every_time")
    phone.register({"platform": "android", "os_version": "12", "api_level": 31})

    assert phone.offered() == []
    assert phone.tell(prompt, "impression").json()["reason"] == "already_allowed"


def test_the_app_version_of_the_session_counts(phone):
    prompt = make(min_app_version="5")
    phone.register(app_version="4.9")
    assert phone.open()["prompts"] == []

    assert phone.open(app_version="5.0.1")["prompts"][0]["id"] == prompt.pk


# ---------------------------------------------------------------- frequency


def test_only_once(phone):
    prompt = make(frequency="once")
    phone.register()
    assert phone.shown(prompt)
    phone.later(days=400)

    assert phone.offered() == []
    assert phone.tell(prompt, "impression").json()["reason"] == "max_displays"


def test_every_time_means_every_session_but_one_a_day(phone):
    prompt = make(frequency="every_time")
    phone.register()
    assert phone.shown(prompt)
    again = phone.tell(prompt, "impression")
    assert (again.status_code, again.json()["reason"]) == (409, "global_cap")
    phone.later(hours=24)

    same_session = phone.tell(prompt, "impression")
    assert same_session.json()["reason"] == "global_cap"
    assert phone.shown(prompt)


def test_multiple_times_after_the_gap_up_to_the_most(phone):
    prompt = make(max_displays=2, gap_seconds=14 * 24 * 3600)
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
    prompt = make()
    phone.register()
    assert phone.shown(prompt)
    answer = phone.told(prompt, "dismiss", how="swipe")
    phone.later(days=13)

    assert not phone.shown(prompt)
    assert answer["permission"]["asks_left"] == 2
    assert PromptState.objects.get().dismissals == 1


def test_the_guard_is_one_prompt_a_session_and_a_day_whatever_the_campaign(phone):
    first, second = make(priority=1), make()
    phone.register()
    assert phone.shown(first)
    phone.later(hours=25)
    assert phone.tell(second, "impression").json()["reason"] == "global_cap"

    assert phone.shown(second)


def test_the_session_says_when_the_guard_ends(phone):
    make()
    phone.register()
    phone.told(Prompt.objects.get(), "impression")

    assert phone.open()["guard"]["next_at"] == "2026-03-03T09:00:00Z"


# ---------------------------------------------------------------- events


def test_impression_click_and_the_system_s_yes_make_a_granted_phone(phone):
    prompt = make()
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
    prompt = make()
    phone.register(IPHONE)
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="denied", elapsed_ms=1_500)

    assert (answer["permission"]["status"], answer["permission"]["asks_left"]) == ("denied", 0)
    assert answer["next_action"] == "open_settings"
    assert PromptState.objects.get().denials == 1


def test_without_the_way_to_the_settings_a_denied_phone_never_sees_it_again(phone):
    prompt = make(fallback_to_settings=False)
    phone.register(IPHONE)
    phone.shown(prompt)
    answer = phone.told(prompt, "system_prompt_result", result="denied")
    phone.later(days=15)

    assert answer["next_action"] == "none"
    assert phone.tell(prompt, "impression").json()["reason"] == "no_ask_left_no_fallback"


def test_android_denies_twice_then_the_tap_opens_the_settings_and_those_are_the_prompt_s_doing(
    phone,
):
    prompt = make()
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
    prompt = make()
    phone.register(IPHONE, permission=DENIED)
    phone.shown(prompt)
    phone.told(prompt, "settings_opened")
    phone.later(hours=1)
    phone.call.report("authorized", phone.id, source="settings")

    state = PromptState.objects.get()
    assert state.recovered_at == state.converted_at == timezone.now()


def test_a_visit_to_the_settings_that_changes_nothing(phone):
    prompt = make()
    phone.register(IPHONE, permission=DENIED)
    phone.shown(prompt)
    phone.told(prompt, "settings_opened")
    answer = phone.told(prompt, "settings_returned", system="denied")

    assert answer["permission"]["status"] == "denied"
    assert PromptState.objects.get().recovered_at is None


def test_a_swiped_dialog_on_android_spends_nothing(phone):
    prompt = make()
    phone.register()
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="dismissed")

    assert answer["permission"]["asks_left"] == 2
    assert Device.objects.get().perm_dismissals == 1


def test_a_dialog_that_the_system_did_not_show_burns_nothing_and_leads_to_the_settings(phone):
    prompt = make()
    phone.register()
    phone.shown(prompt)
    phone.told(prompt, "system_prompt_shown")
    answer = phone.told(prompt, "system_prompt_result", result="denied", elapsed_ms=30)

    assert answer["next_action"] == "open_settings"
    state = PromptState.objects.get()
    assert (state.asked, state.denials, state.unshown) == (0, 0, 1)


def test_opting_in_again_comes_before_the_dialog(phone):
    prompt = make(include_opted_out=True)
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
    prompt = make(include_opted_out=True)
    phone.register()
    phone.call("POST", f"/devices/{phone.id}/opt-out")
    phone.shown(prompt)
    phone.call.report("authorized", phone.id, source="settings")  # while the prompt is open
    tapped = phone.told(prompt, "click")
    assert (tapped["next_action"], tapped["opt_in_first"]) == ("opt_in", False)

    assert phone.told(prompt, "opt_in")["permission"]["notification_types"] == 1
    assert PromptState.objects.get().converted_at == timezone.now()


def test_an_opt_in_of_somebody_who_never_opted_out_is_not_counted(phone):
    prompt = make()
    phone.register()
    phone.told(prompt, "opt_in")

    assert PromptState.objects.get().opted_in_at is None


def test_what_a_system_cannot_answer_is_refused(phone):
    prompt = make()
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
    prompt = make()
    phone.register()

    answer = phone.call("POST", f"/prompts/{prompt.pk}/events", phone.event("impression") | facts)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_unknown_prompts_and_phones_are_not_found(phone):
    prompt = make()
    phone.register()

    assert phone.tell(Prompt(pk=prompt.pk + 1), "click").status_code == 404
    assert phone.tell(Prompt(pk=10**30), "click").status_code == 404
    phone.id = "nobody"
    assert phone.tell(prompt, "click").status_code == 404
    assert phone.evaluate().status_code == 404
    assert phone.call("POST", "/devices/nobody/sessions", {"session_id": "s"}).status_code == 404


def test_an_event_counts_once_however_often_it_is_sent(phone):
    prompt = make()
    phone.register()
    phone.open()
    for kind in ("impression", "click"):
        event = phone.event(kind)
        first, again = (phone.call("POST", f"/prompts/{prompt.pk}/events", event) for _ in range(2))
        assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
        assert again.json()["next_action"] == "system_prompt"

    state = PromptState.objects.get()
    assert (state.displays, state.clicks) == (1, 1)


# ---------------------------------------------------------------- offline, late, out of order


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
    prompt = make()
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
    prompt = make()
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
    prompt = make()
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
    prompt = make()
    phone.register()
    denied = story(phone, prompt, timezone.now(), ("system_prompt_result", {"result": "denied"}))
    phone.later(hours=2)
    phone.call.report("authorized", phone.id, source="settings")

    batch(phone, denied)

    assert Device.objects.get().perm_status == "granted"
    assert PermissionEvent.objects.order_by("-pk").first().applied is False


def test_one_bad_event_never_holds_up_the_others(phone):
    prompt, other = make(), make()
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
    prompt = make()
    phone.register()

    assert phone.tell(prompt, "click", prompt_id=prompt.pk + 1).json()["code"] == "prompt_id"


# ---------------------------------------------------------------- sessions and audiences


def plan_is(plan: str) -> dict:
    condition = {"field": "attribute", "name": "plan", "type": "string", "op": "is", "value": plan}
    return {"version": 1, "all": [condition]}


@pytest.fixture
def pro(db):
    people.describe(people.Profile("alice", attributes={"plan": "pro"}), timezone.now())
    return audiences.create("Pro", plan_is("pro"))


def test_who_is_in_the_audience_is_settled_when_the_session_starts(phone, pro):
    prompt = make(audience=pro)
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
    prompt, hers = make(audience=others), make(audience=pro)

    assert phone.offered() == [hers.pk]
    people.describe(people.Profile("alice", attributes={"plan": "free"}), timezone.now())
    assert phone.offered() == [prompt.pk]


def test_a_phone_that_changes_hands_is_asked_for_by_its_new_owner(phone, pro):
    prompt = make(audience=pro)
    phone.register()
    phone.open()
    phone.register(user="bob")

    lost = phone.tell(prompt, "impression")

    assert (lost.status_code, lost.json()["reason"]) == (409, "audience_miss")
    assert PromptEvent.objects.count() == 0


def test_what_a_phone_saw_stays_with_the_phone_when_it_changes_hands(phone):
    prompt = make()
    phone.register()
    assert phone.shown(prompt)
    phone.register(user="bob")
    phone.open()

    assert phone.tell(prompt, "impression").json()["reason"] == "gap"
    assert phone.told(prompt, "click")["recorded"] is True
    assert PromptState.objects.get().displays == 1


def test_a_prompt_paused_between_showing_and_tapping_still_takes_the_tap(phone):
    prompt = make()
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
    make()
    phone.register(IPHONE)

    assert phone.open()["permission"]["status"] == "should_request"
    assert len(phone.open()["prompts"]) == 1


# ---------------------------------------------------------------- triggers, asked at the server


def test_the_server_decides_by_what_happens_and_what_happened_before(phone):
    condition = {"kind": "event", "name": "bought", "where": {"plan": "pro"}}
    half_a_minute = {"kind": "session_time", "seconds": 30}
    prompt = make(triggers=[[condition, half_a_minute]])
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
    make()
    high = make(priority=9)
    phone.register()
    phone.open()

    assert phone.evaluate().json()["prompt"]["id"] == high.pk


# ---------------------------------------------------------------- a person who is erased


def test_what_an_erased_person_s_phone_told_is_nameless_and_still_counted(phone):
    prompt = make()
    phone.register()
    assert phone.shown(prompt)

    people.erase("alice", timezone.now())

    event, state = PromptEvent.objects.get(), PromptState.objects.get()
    assert event.event_id == f"erased-{event.pk}"
    assert (event.session_id, state.last_session) == ("", "")
    assert prompt.days.get().shown == 1


# ---------------------------------------------------------------- pretend phones grow older


def test_one_phone_may_grow_older_alone(phone):
    prompt = make()
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
    prompt = make()
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
    prompt = make()
    phone.register()
    assert phone.shown(prompt)
    phone.later(hours=24, seconds=1)
    phone.call.report("authorized", phone.id)

    day = prompt.days.get()
    assert (day.shown, day.converted, day.eligible_allowed) == (1, 0, 1)


def test_a_yes_belongs_to_the_last_prompt_that_was_seen(phone):
    first, second = make(), make()
    phone.register()
    assert phone.shown(first)
    phone.later(hours=24)
    assert phone.shown(second)
    phone.call.report("authorized", phone.id)

    assert (first.days.get().converted, second.days.get(shown=1).converted) == (0, 1)
