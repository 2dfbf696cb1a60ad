"""The rules P0 to P9 as a table, T1 to T15 one by one, and what no sequence may ever do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import permission
from devices.permission import Answer, Facts, Report, derive

ANDROID_14 = Facts("android", api_level=34, target_sdk=34)
ANDROID_13_OLD_APP = Facts("android", api_level=33, target_sdk=32)
ANDROID_12 = Facts("android", api_level=31)
IPHONE = Facts("ios")

REQUEST, EXPLAIN = "should_request", "should_explain_then_request"
GRANTED, DENIED = "granted", "denied"


def told(facts: Facts, system: str, **more: object) -> Facts:
    return replace(facts, system=system, known=True, **more)  # type: ignore[arg-type]


TABLE = [
    # rule, facts, status, asks left, deliverable, ambiguous
    ("P0 iOS", IPHONE, EXPLAIN, 1, True, False),
    ("P0 Android 12", ANDROID_12, GRANTED, 0, True, False),
    ("P0 Android 14", ANDROID_14, REQUEST, 2, True, False),
    ("P1 iOS", told(IPHONE, "authorized"), GRANTED, 0, True, False),
    ("P1 Android", told(ANDROID_14, "authorized", denials=2), GRANTED, 0, True, False),
    ("P2 provisional", told(IPHONE, "provisional"), EXPLAIN, 1, True, False),
    ("P2 ephemeral", told(IPHONE, "ephemeral"), EXPLAIN, 1, True, False),
    ("P3", told(IPHONE, "denied"), DENIED, 0, False, False),
    ("P4 not asked", told(IPHONE, "not_determined"), EXPLAIN, 1, False, False),
    ("P4 unknown", told(IPHONE, "unknown"), EXPLAIN, 1, False, False),
    ("P5", told(ANDROID_12, "not_determined"), GRANTED, 0, True, False),
    ("P6", told(ANDROID_12, "denied"), DENIED, 0, False, False),
    ("P7", told(ANDROID_14, "denied", rationale=True), EXPLAIN, 1, False, False),
    ("P7 remembered", told(ANDROID_14, "denied", denials=1), EXPLAIN, 1, False, False),
    ("P8 twice", told(ANDROID_14, "denied", denials=2), DENIED, 0, False, False),
    ("P8 once, old app", told(ANDROID_13_OLD_APP, "denied", denials=1), DENIED, 0, False, False),
    (
        "P8 no rationale, remembered",
        told(ANDROID_14, "denied", denials=1, rationale=False),
        DENIED,
        0,
        False,
        False,
    ),
    ("P9 never asked", told(ANDROID_14, "not_determined"), REQUEST, 2, False, False),
    ("P9 swiped", told(ANDROID_14, "not_determined", dismissals=3), REQUEST, 2, False, False),
    ("P9 bare denied", told(ANDROID_14, "denied", rationale=False), REQUEST, 2, False, True),
    ("P9 old app", told(ANDROID_13_OLD_APP, "not_determined"), REQUEST, 1, False, False),
]


@pytest.mark.parametrize(
    ("facts", "status", "asks_left", "deliverable", "ambiguous"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_the_derivation_table(facts, status, asks_left, deliverable, ambiguous):
    derived = derive(facts)

    assert derived.status == status
    assert derived.asks_left == asks_left
    assert derived.deliverable is deliverable
    assert derived.notification_types == int(deliverable)
    assert derived.ambiguous is ambiguous


@pytest.mark.parametrize("facts", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_opt_out_is_minus_two_and_stops_delivery_whatever_the_system_says(facts):
    derived = derive(permission.opted_out(facts))

    assert (derived.notification_types, derived.deliverable) == (-2, False)
    assert derived.status == derive(facts).status


def test_p4_asks_directly_when_the_app_setting_says_so():
    assert derive(told(IPHONE, "not_determined"), ios_ask_direct=True).status == REQUEST
    assert derive(told(IPHONE, "provisional"), ios_ask_direct=True).status == EXPLAIN


@pytest.mark.parametrize(
    ("version", "api"),
    [
        ("14", 33),
        ("13", 33),
        ("12L", 32),
        ("12", 31),
        ("9", 28),
        ("8.1.0", 26),
        ("4.4", 1),
        ("", 33),
    ],
)
def test_the_api_level_is_read_from_the_version_when_the_phone_does_not_tell_it(version, api):
    assert permission.android_api(Facts("android", os_version=version)) == api


ACTIONS = [
    ("granted", False, False, "none"),
    ("granted", True, True, "opt_in"),
    ("should_request", False, False, "system_prompt"),
    ("should_explain_then_request", True, False, "system_prompt"),
    ("denied", False, True, "open_settings"),
    ("denied", True, True, "open_settings"),
    ("denied", False, False, "none"),
]


@pytest.mark.parametrize(("status", "opted_out", "fallback", "action"), ACTIONS)
def test_the_next_action(status, opted_out, fallback, action):
    assert permission.next_action(status, opted_out, fallback) == action


def test_t1_a_report_overwrites_what_it_names_and_keeps_what_it_does_not():
    before = told(IPHONE, "provisional", alert=True, sound=True)

    after = permission.reported(before, Report("authorized", sound=False))

    assert (after.system, after.alert, after.sound, after.known) == (
        "authorized",
        True,
        False,
        True,
    )


def test_t1_even_a_report_of_unknown_ends_not_knowing():
    after = permission.reported(IPHONE, Report("unknown"))

    assert derive(after).known
    assert not derive(after).deliverable


def test_t2_a_shown_prompt_is_counted_and_consumes_nothing():
    after = permission.prompt_shown(ANDROID_14)

    assert after.prompts_shown == 1
    assert derive(after).asks_left == 2


def test_t3_granted_keeps_alert_sound_and_badge_on_an_iphone_only():
    answer = Answer("granted", alert=True, sound=False, badge=True)

    iphone, pixel = permission.answered(IPHONE, answer), permission.answered(ANDROID_14, answer)

    assert derive(iphone).granted
    assert (iphone.alert, iphone.sound, iphone.badge) == (True, False, True)
    assert derive(pixel).granted
    assert (pixel.alert, pixel.sound, pixel.badge) == (None, None, None)


def test_t4_android_explains_after_the_first_denial_and_is_denied_after_the_second():
    once = permission.answered(ANDROID_14, Answer("denied", elapsed_ms=2000))
    twice = permission.answered(once, Answer("denied", elapsed_ms=2000))

    assert (derive(once).status, derive(once).asks_left) == (EXPLAIN, 1)
    assert (derive(twice).status, derive(twice).asks_left) == (DENIED, 0)


def test_t4_an_iphone_is_denied_at_once_and_so_is_an_old_app():
    for facts in (IPHONE, ANDROID_13_OLD_APP):
        assert derive(permission.answered(facts, Answer("denied"))).status == DENIED


def test_t5_swiping_away_consumes_nothing():
    once = permission.answered(ANDROID_14, Answer("denied", elapsed_ms=2000))

    for before in (ANDROID_14, once):
        after = permission.answered(before, Answer("dismissed"))
        assert derive(after).status == derive(before).status
        assert derive(after).asks_left == derive(before).asks_left
        assert after.dismissals == 1


def test_t5_an_iphone_cannot_dismiss():
    with pytest.raises(ValueError, match="cannot be dismissed"):
        permission.answered(IPHONE, Answer("dismissed"))


@pytest.mark.parametrize("answer", [Answer("denied", False), Answer("denied", None, 399)])
def test_t6_a_denial_without_a_dialog_means_the_asks_were_spent_before(answer):
    assert derive(permission.answered(ANDROID_14, answer)).status == DENIED


def test_t7_the_rationale_that_goes_after_a_prompt_means_denied_for_good():
    before = told(ANDROID_14, "denied", rationale=True)

    after = permission.reported(before, Report("denied", source="prompt", rationale=False))

    assert derive(after).status == DENIED


def test_t8_turned_on_in_settings():
    for facts in (told(IPHONE, "denied", denials=1), told(ANDROID_14, "denied", denials=2)):
        assert derive(permission.reported(facts, Report("authorized", source="settings"))).granted


def test_t9_turned_off_in_settings():
    off = Report("denied", source="settings", rationale=True)

    iphone = derive(permission.reported(told(IPHONE, "authorized"), off))
    pixel = derive(permission.reported(told(ANDROID_14, "authorized", denials=2), off))
    old = derive(permission.reported(told(ANDROID_12, "authorized"), off))

    assert (iphone.status, iphone.asks_left) == (DENIED, 0)
    assert (pixel.status, pixel.asks_left) == (EXPLAIN, 1)
    assert (old.status, old.asks_left) == (DENIED, 0)


def test_t10_t11_t12_a_grant_does_not_clear_an_opt_out_and_opting_in_does():
    out = permission.opted_out(ANDROID_14)
    granted = permission.answered(out, Answer("granted"))

    assert derive(granted).granted
    assert derive(granted).notification_types == -2
    assert derive(permission.opted_in(granted)).notification_types == 1


def test_t13_granted_stays_granted_and_disabled_stays_disabled_on_the_way_to_android_13():
    newer = {"api_level": 33, "target_sdk": 34, "os_version": "13"}

    assert derive(permission.upgraded(ANDROID_12, **newer)).granted
    disabled = permission.upgraded(told(ANDROID_12, "denied"), **newer)
    assert (derive(disabled).status, derive(disabled).asks_left) == (DENIED, 0)


def test_t14_a_newer_target_gives_one_more_ask():
    denied = permission.answered(ANDROID_13_OLD_APP, Answer("denied"))

    after = derive(permission.upgraded(denied, api_level=33, target_sdk=34, os_version="13"))

    assert (after.status, after.asks_left) == (EXPLAIN, 1)


systems = st.sampled_from([str(system) for system in permission.System])
maybe = st.sampled_from([None, True, False])
reports = st.builds(
    Report, systems, st.sampled_from(["prompt", "settings", "auto", "report"]), maybe, maybe
)
answers = st.builds(
    Answer,
    st.sampled_from(["granted", "denied", "dismissed"]),
    maybe,
    st.none() | st.integers(0, 9000),
    maybe,
)
upgrades = st.tuples(st.sampled_from([30, 32, 33, 36]), st.sampled_from([None, 30, 33, 36]))
events = st.lists(
    st.one_of(reports, answers, upgrades, st.sampled_from(["shown", "out", "in"])), max_size=12
)
phones = st.builds(
    Facts,
    st.sampled_from(["ios", "android"]),
    api_level=st.sampled_from([None, 30, 32, 33, 35]),
    target_sdk=st.sampled_from([None, 30, 32, 33, 35]),
)


def happen(facts: Facts, event: object) -> Facts:
    match event:
        case Report():
            return permission.reported(facts, event)
        case Answer(result="dismissed") if facts.is_ios:
            return facts
        case Answer():
            return permission.answered(facts, event)
        case "shown":
            return permission.prompt_shown(facts)
        case "out":
            return permission.opted_out(facts)
        case "in":
            return permission.opted_in(facts)
        case (int(api), target):
            return permission.upgraded(facts, api_level=api, target_sdk=target, os_version="")
    raise AssertionError(event)


@given(phones, events)
def test_no_sequence_makes_asks_negative_or_more_than_the_system_allows(facts, sequence):
    for event in sequence:
        facts = happen(facts, event)
        derived = derive(facts)

        assert 0 <= derived.asks_left <= permission.max_asks(facts)
        assert (derived.asks_left > 0) == (derived.status in (REQUEST, EXPLAIN))


@given(events)
def test_no_sequence_makes_a_denied_iphone_promptable(sequence):
    facts = permission.answered(IPHONE, Answer("denied"))

    for event in sequence:
        facts = happen(facts, event)
        derived = derive(facts)

        assert derived.asks_left == 0
        assert derived.next_action(fallback_to_settings=True) != "system_prompt"


@given(phones, events)
def test_no_sequence_without_an_opt_in_clears_an_opt_out(facts, sequence):
    facts = permission.opted_out(facts)

    for event in sequence:
        if event != "in":
            facts = happen(facts, event)
            assert derive(facts).notification_types == -2
            assert not derive(facts).deliverable


@given(phones, events)
def test_only_a_granted_quiet_or_never_heard_of_phone_is_deliverable(facts, sequence):
    for event in sequence:
        facts = happen(facts, event)
        derived = derive(facts)

        quiet = facts.platform == "ios" and facts.system in permission.QUIET
        unheard = facts.system == "unknown" and not facts.known
        assert derived.deliverable == (
            not facts.opted_out and (derived.granted or quiet or unheard)
        )
