"""T1 to T15 through the HTTP API: what a phone says, and what may be done then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import preferences
from devices.models import Device, PermissionAsk, PermissionEvent

EXPLAIN = "should_explain_then_request"


def brief(answer) -> tuple[str, int, int, str]:
    """(status, asks left, notification types, next action)"""
    assert answer.status_code == 200, answer.content
    said = answer.json()
    return said["status"], said["asks_left"], said["notification_types"], said["next_action"]


def history(device_id: str = "D") -> list[tuple[str, str, str, str]]:
    events = PermissionEvent.objects.filter(device__device_id=device_id)
    return [(event.kind, event.before, event.after, event.source) for event in events]


@pytest.fixture
def pixel(app):
    app.register("D", platform="android", api_level=34, target_sdk=35)
    app.report("not_determined")
    return app


@pytest.fixture
def iphone(app):
    app.register("D", platform="ios", api_level=None, os_version="18.1")
    app.report("not_determined")
    return app


def test_p0_a_phone_that_only_ever_registered_is_deliverable(app):
    said = app.register("D", platform="ios").json()["permission"]

    assert (said["status"], said["deliverable"]) == (EXPLAIN, True)
    assert Device.objects.get().perm_known is False


def test_p4_an_iphone_may_be_asked_directly_where_the_setting_says_so(iphone):
    preferences.put(ios_ask_direct=True)

    assert iphone("GET", "/devices/D/permission").json()["status"] == "should_request"


def test_t1_a_report_is_kept_raw_and_derived_and_a_change_is_logged(iphone):
    answer = iphone.report("authorized", alert=True, sound=False, badge=True)

    assert brief(answer) == ("granted", 0, 1, "none")
    device = Device.objects.get()
    assert (device.perm_system, device.perm_sound, device.perm_status) == (
        "authorized", False, "granted",
    )  # fmt: skip
    assert history() == [("report", EXPLAIN, "granted", "report")]


def test_t1_permission_may_ride_on_the_registration(app):
    said = app.register("D", platform="ios", permission={"system": "denied"}).json()

    assert said["permission"]["status"] == "denied"
    assert history() == [("report", EXPLAIN, "denied", "report")]


def test_t1_an_older_report_is_stored_and_not_applied(pixel):
    pixel.report("authorized", observed_at=timezone.now().isoformat())
    earlier = timezone.now() - timedelta(minutes=5)

    answer = pixel.report("denied", observed_at=earlier.isoformat(), event_id="late")

    assert brief(answer)[0] == "granted"
    late = PermissionEvent.objects.get(event_id="late")
    assert (late.applied, late.facts) == (False, {"system": "denied"})


def test_t1_a_phone_whose_clock_is_ahead_does_not_block_what_comes_later(pixel):
    pixel.report("denied", observed_at=(timezone.now() + timedelta(days=9)).isoformat())

    assert brief(pixel.report("authorized"))[0] == "granted"


def test_t1_the_same_event_twice_counts_once(pixel):
    for _ in range(2):
        pixel.ask("result", result="denied", event_id="e1", elapsed_ms=3000)

    assert Device.objects.get().perm_denials == 1


def test_t2_a_shown_dialog_is_open_for_ten_minutes(pixel):
    options = {"alert": True, "sound": True, "badge": False}

    answer = pixel.ask("shown", options=options, event_id="e1")

    assert brief(answer) == ("should_request", 2, 0, "system_prompt")
    ask = PermissionAsk.objects.get()
    assert (ask.result, ask.alert, ask.badge) == ("", True, False)
    assert Device.objects.get().perm_prompts_shown == 1


def test_t2_a_dialog_nobody_answered_is_unresolved(pixel):
    from devices.upkeep import close_unanswered

    pixel.ask("shown")

    assert close_unanswered(timezone.now()) == 0
    assert close_unanswered(timezone.now() + timedelta(minutes=11)) == 1
    assert PermissionAsk.objects.get().result == "unresolved"


def test_t2_a_dialog_that_the_system_would_not_show_is_a_conflict(iphone):
    iphone.ask("result", result="denied")

    answer = iphone.ask("shown", fallback_to_settings=True)

    assert (answer.status_code, answer.json()["code"]) == (409, "no_ask_left")
    assert answer.json()["next_action"] == "open_settings"
    assert answer.json()["permission"]["status"] == "denied"
    assert not PermissionAsk.objects.filter(result="").exists()


def test_t3_granted(iphone):
    iphone.ask("shown", options={"alert": True, "sound": True, "badge": True})

    answer = iphone.ask(
        "result", result="granted", options={"alert": True, "sound": False, "badge": True}
    )

    assert brief(answer) == ("granted", 0, 1, "none")
    assert answer.json()["granted"] is True
    device = Device.objects.get()
    assert (device.perm_alert, device.perm_sound, device.perm_source) == (True, False, "prompt")
    assert PermissionAsk.objects.get().result == "granted"


def test_t3_alert_sound_and_badge_are_recorded_on_android_and_change_nothing(pixel):
    pixel.ask("result", result="granted", options={"alert": True, "sound": True, "badge": True})

    assert PermissionAsk.objects.get().alert is True
    assert Device.objects.get().perm_alert is None


def test_t3_granted_before_is_granted_now(pixel):
    pixel.ask("result", result="granted")

    assert pixel.ask("shown").json()["granted"] is True


def test_t4_android_denies_in_two_steps(pixel):
    once = pixel.ask("result", result="denied", elapsed_ms=2500)
    twice = pixel.ask("result", result="denied", elapsed_ms=2500)

    assert brief(once) == (EXPLAIN, 1, 0, "system_prompt")
    assert brief(twice) == ("denied", 0, 0, "none")
    assert twice.json()["granted"] is False
    assert [row[:3] for row in history()] == [
        ("denied", "should_request", EXPLAIN),
        ("denied", EXPLAIN, "denied"),
    ]


def test_t4_an_iphone_denies_at_once_and_a_prompt_leads_to_the_settings(iphone):
    answer = iphone.ask("result", result="denied", prompt_id="welcome")

    assert brief(answer) == ("denied", 0, 0, "open_settings")


def test_t5_swiping_the_dialog_away_consumes_nothing(pixel):
    pixel.ask("shown")

    answer = pixel.ask("result", result="dismissed")

    assert brief(answer) == ("should_request", 2, 0, "system_prompt")
    assert Device.objects.get().perm_dismissals == 1


def test_t5_an_iphone_has_no_dialog_to_dismiss(iphone):
    answer = iphone.ask("result", result="dismissed")

    assert (answer.status_code, answer.json()["code"]) == (422, "result")


@pytest.mark.parametrize("sign", [{"dialog_shown": False}, {"elapsed_ms": 120}])
def test_t6_denied_without_a_dialog_means_the_asks_were_spent_before(pixel, sign):
    assert brief(pixel.ask("result", result="denied", **sign))[:2] == ("denied", 0)


def test_t7_the_rationale_that_goes_after_a_prompt_means_denied_for_good(pixel):
    assert brief(pixel.report("denied", rationale=True))[:2] == (EXPLAIN, 1)

    assert brief(pixel.report("denied", rationale=False, source="prompt"))[:2] == ("denied", 0)


def test_t8_turned_on_in_the_settings_to_which_a_prompt_had_led(pixel):
    pixel.ask("result", result="denied", dialog_shown=False)
    PermissionEvent.objects.create(
        device=Device.objects.get(), kind="settings_opened", prompt_id="welcome"
    )

    assert brief(pixel.report("authorized"))[0] == "granted"

    event = PermissionEvent.objects.latest("pk")
    assert (event.source, event.prompt_id) == ("settings", "welcome")


def test_t9_turned_off_in_the_settings(pixel, app):
    app.register("I", platform="ios", token="i" * 30, permission={"system": "authorized"})
    app.register("O", platform="android", api_level=31, token="o" * 30)
    pixel.report("authorized")

    off = {"source": "settings", "rationale": True}

    assert brief(pixel.report("denied", **off))[:2] == (EXPLAIN, 1)
    assert brief(app.report("denied", "I", source="settings"))[:2] == ("denied", 0)
    assert brief(app.report("denied", "O", source="settings"))[:2] == ("denied", 0)


def test_t10_t11_t12_only_opting_in_ends_an_opt_out(pixel):
    assert brief(pixel("POST", "/devices/D/opt-out")) == ("should_request", 2, -2, "system_prompt")

    assert brief(pixel.ask("result", result="granted")) == ("granted", 0, -2, "opt_in")
    pixel.register("D", platform="android", api_level=34, target_sdk=35)
    assert Device.objects.get().notification_types == -2

    assert brief(pixel("POST", "/devices/D/opt-in")) == ("granted", 0, 1, "none")
    assert [row[0] for row in history()] == ["opt_out", "granted", "opt_in"]


def test_t12_opting_in_says_what_else_is_needed(iphone):
    assert brief(iphone("POST", "/devices/D/opt-in"))[3] == "system_prompt"

    iphone.ask("result", result="denied")

    assert brief(iphone("POST", "/devices/D/opt-in"))[3] == "open_settings"


def test_t13_an_upgrade_to_android_13_keeps_what_was_allowed(app):
    for device_id, system in (("ON", "authorized"), ("OFF", "denied"), ("NEVER", None)):
        facts = {"platform": "android", "token": device_id * 10, "api_level": 32}
        permission = {"permission": {"system": system}} if system else {}
        app.register(device_id, **facts, **permission)

    said = {
        device_id: app.register(device_id, token=device_id * 10, api_level=33, target_sdk=34)
        for device_id in ("ON", "OFF", "NEVER")
    }

    statuses = {name: answer.json()["permission"]["status"] for name, answer in said.items()}
    assert statuses == {"ON": "granted", "OFF": "denied", "NEVER": "granted"}


def test_t14_an_app_for_android_13_may_ask_once_more(app):
    app.register("D", api_level=33, target_sdk=32)
    app.report("not_determined")
    assert brief(app.ask("result", result="denied", elapsed_ms=1000))[:2] == ("denied", 0)

    said = app.register("D", api_level=33, target_sdk=34).json()["permission"]

    assert (said["status"], said["asks_left"]) == (EXPLAIN, 1)


def test_t15_a_reinstalled_app_starts_afresh(pixel):
    pixel.ask("result", result="denied", dialog_shown=False)

    said = pixel.register("D2", platform="android", api_level=34).json()["permission"]

    assert (said["status"], said["asks_left"]) == ("should_request", 2)
    assert Device.objects.get(device_id="D").token is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/permission"),
        ("POST", "/permission"),
        ("POST", "/permission/ask"),
        ("POST", "/opt-out"),
        ("POST", "/opt-in"),
    ],
)
def test_an_unknown_device_is_not_found(app, method, path):
    body = {"": None, "/permission": {"system": "denied"}}.get(path)
    if path.endswith("ask"):
        body = {"phase": "shown"}

    answer = app(method, f"/devices/nowhere{path}", None if method == "GET" else body)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("system", ["allowed", "provisional", 1])
def test_what_android_cannot_say_is_refused(pixel, system):
    answer = pixel.report(system)

    assert (answer.status_code, answer.json()["code"]) == (422, "system")


def test_a_phone_whose_clock_is_wrong_by_ages_counts_as_a_year_old(pixel):
    Device.objects.update(perm_reported_at=None)

    answer = pixel.report("authorized", observed_at="0001-01-01T00:00:00Z")

    assert answer.json()["status"] == "granted"
    year_ago = timezone.now() - timedelta(days=366)
    assert Device.objects.get().perm_reported_at > year_ago - timedelta(minutes=1)
