"""Who may see a prompt, as one pure function; and when its triggers are met."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from devices.prompts import reasons, rules, triggers
from devices.prompts.rules import Facts, Rules
from devices.prompts.triggers import AT_APP_OPEN, Happening

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = Rules(7, "live", frozenset({"ios", "android"}), triggers=[[{"kind": "app_open"}]])
PHONE = Facts("D", "android", "should_request", app_version="4.2.0")
IPHONE = replace(PHONE, platform="ios", status="should_explain_then_request")

# reason → (what the prompt says, what is known of the phone)
ROWS: dict[str, tuple[dict, dict]] = {
    "not_live": ({"status": "paused"}, {"active": False}),
    "outside_schedule": ({"starts_at": NOW + DAY}, {"active": False}),
    "device_not_active": ({"platforms": frozenset({"ios"})}, {"active": False}),
    "platform_excluded": (
        {"platforms": frozenset({"ios"}), "min_app_version": "5"},
        {"status": "granted"},
    ),
    "app_version_excluded": ({"min_app_version": "4.10"}, {"status": "granted"}),
    "already_allowed": ({"include_opted_out": True}, {"status": "granted", "opted_out": True}),
    "provisional_excluded": ({"include_provisional": False}, {"quiet": True, "opted_out": True}),
    "opted_out_excluded": (
        {"fallback_to_settings": False},
        {"opted_out": True, "status": "denied"},
    ),
    "no_ask_left_no_fallback": (
        {"fallback_to_settings": False},
        {"status": "denied", "in_audience": False},
    ),
    "audience_miss": ({"holdout_pct": 100}, {"in_audience": False}),
    "holdout": ({"holdout_pct": 100, "frequency": "once"}, {"displays": 1}),
    "max_displays": ({"max_displays": 3}, {"displays": 3, "last_display_at": NOW - DAY}),
    "gap": ({}, {"displays": 1, "last_display_at": NOW - 13 * DAY, "prompted_this_session": True}),
    "global_cap": ({"triggers": []}, {"prompted_this_session": True}),
    "trigger_not_met": ({"triggers": [[{"kind": "session_time", "seconds": 30}]]}, {}),
}


def asked(prompt: dict, phone: dict, trigger: Happening | None = AT_APP_OPEN) -> str:
    return rules.evaluate(replace(RULES, **prompt), replace(PHONE, **phone), NOW, trigger)


def test_a_phone_that_may_be_asked_sees_it():
    assert asked({}, {}) == ""
    assert rules.evaluate(RULES, IPHONE, NOW, AT_APP_OPEN) == ""


@pytest.mark.parametrize("reason", ROWS)
def test_the_first_failing_rule_gives_the_reason(reason):
    assert asked(*ROWS[reason]) == reason


def test_the_order_is_the_order_of_the_table_and_every_reason_has_words():
    assert [*ROWS, "lower_priority"] == list(rules.ORDER) == list(reasons.REASONS)


@pytest.mark.parametrize(
    ("prompt", "phone", "reason"),
    [
        ({"ends_at": NOW}, {}, "outside_schedule"),
        ({"starts_at": NOW, "ends_at": NOW + DAY}, {}, ""),
        ({"max_app_version": "4.2"}, {}, ""),
        ({"max_app_version": "4.1.9"}, {}, "app_version_excluded"),
        ({"min_app_version": "4"}, {"app_version": "4.2-beta"}, "app_version_excluded"),
        ({"frequency": "every_time"}, {"status": "granted"}, "already_allowed"),
        ({}, {"status": "denied"}, ""),
        ({}, {"quiet": True}, ""),
        ({"include_opted_out": True}, {"opted_out": True}, ""),
        ({"frequency": "once"}, {"displays": 1, "last_display_at": NOW - 99 * DAY}, "max_displays"),
        ({"frequency": "once"}, {}, ""),
        ({"frequency": "every_time"}, {"displays": 50_000, "last_display_at": NOW - 2 * DAY}, ""),
        (
            {"frequency": "every_time"},
            {"displays": 1, "last_display_at": NOW - DAY / 2, "prompted_at": NOW - DAY / 2},
            "global_cap",
        ),
        ({}, {"displays": 1, "last_display_at": NOW - 14 * DAY}, ""),
        ({"gap": timedelta(0)}, {"displays": 1, "last_display_at": NOW - 2 * DAY}, ""),
        ({}, {"prompted_at": NOW - DAY}, ""),
        ({}, {"prompted_at": NOW - DAY + timedelta(seconds=1)}, "global_cap"),
    ],
)  # fmt: skip
def test_the_edges_of_the_rules(prompt, phone, reason):
    assert asked(prompt, phone) == reason


def test_a_display_told_late_counts_only_if_the_prompt_was_live_then():
    paused = replace(RULES, status="paused", live_at=NOW - 2 * DAY, stopped_at=NOW)

    assert rules.evaluate(paused, PHONE, NOW - DAY) == ""
    assert rules.evaluate(paused, PHONE, NOW) == "not_live"
    assert rules.evaluate(paused, PHONE, NOW - 3 * DAY) == "not_live"
    assert rules.evaluate(replace(RULES, status="draft"), PHONE, NOW) == "not_live"


def test_the_hold_out_is_stable_and_as_large_as_it_says():
    tenth = replace(RULES, holdout_pct=10)
    out = [n for n in range(10_000) if rules.held_out(tenth, f"phone-{n}")]

    assert out == [n for n in range(10_000) if rules.held_out(tenth, f"phone-{n}")]
    assert 900 < len(out) < 1_100
    assert out != [n for n in range(10_000) if rules.held_out(replace(tenth, pk=8), f"phone-{n}")]


def test_the_highest_priority_wins_and_then_the_oldest():
    old, new, high = RULES, replace(RULES, pk=8), replace(RULES, pk=9, priority=5)

    assert rules.choose({7: "", 8: "", 9: "gap"}, [new, old, high]) == {
        7: "", 8: "lower_priority", 9: "gap",
    }  # fmt: skip
    assert rules.choose({7: "", 8: "", 9: ""}, [new, old, high])[9] == ""


# ---------------------------------------------------------------- triggers

OPEN = {"kind": "app_open"}
HALF_A_MINUTE = {"kind": "session_time", "seconds": 30}
ADDED = {"kind": "event", "name": "added", "where": {"plan": "pro"}}
CART = {"kind": "custom", "key": "cart", "op": ">", "value": 2}


def at(seconds: float, kind: str = "session_time", **more) -> Happening:
    return Happening(kind, seconds=seconds, **more)


@pytest.mark.parametrize(
    ("groups", "now", "met"),
    [
        ([[OPEN]], AT_APP_OPEN, True),
        ([[OPEN]], at(5), False),
        ([[HALF_A_MINUTE]], at(29), False),
        ([[HALF_A_MINUTE]], at(30), True),
        ([[HALF_A_MINUTE]], at(40, "event", name="added"), False),
        ([[ADDED]], at(1, "event", name="added", props={"plan": "pro"}), True),
        ([[ADDED]], at(1, "event", name="added", props={"plan": "free"}), False),
        ([[ADDED]], at(1, "event", name="removed", props={"plan": "pro"}), False),
        ([[CART]], Happening("custom", key="cart", value=3), True),
        ([[CART]], Happening("custom", key="cart", value=2), False),
        ([[CART]], Happening("custom", key="cart", value="3"), False),
        ([[{"kind": "custom", "key": "cart"}]], Happening("custom", key="cart", value=""), True),
        ([[{"kind": "custom", "key": "cart"}]], Happening("custom", key="cart"), False),
        ([[OPEN], [ADDED]], at(1, "event", name="added", props={"plan": "pro"}), True),
        ([[OPEN, HALF_A_MINUTE]], AT_APP_OPEN, False),
        ([[OPEN, HALF_A_MINUTE]], at(31), True),
        ([[ADDED, HALF_A_MINUTE]], at(10, "event", name="added", props={"plan": "pro"}), False),
        ([[ADDED, HALF_A_MINUTE]], at(40, "event", name="added", props={"plan": "pro"}), True),
    ],
)
def test_groups_are_joined_by_or_and_conditions_by_and(groups, now, met):
    assert triggers.met(groups, now) is met


def test_a_group_is_met_by_its_last_condition_and_not_by_something_else():
    added = at(10, "event", name="added", props={"plan": "pro"})

    assert triggers.met([[ADDED, HALF_A_MINUTE]], at(30), [added])
    assert not triggers.met([[ADDED]], at(30), [added])


@pytest.mark.parametrize(
    ("value", "op", "wanted", "holds"),
    [
        (1, "=", 1.0, True), (1, "=", True, False), ("1", "=", 1, False), ("a", "!=", "b", True),
        (None, "!=", "b", True), (2, "<", 3, True), ("2", "<", "3", False), (0, "exists", None, True),
        (None, "exists", None, False), (True, ">", 0, False),
    ],
)  # fmt: skip
def test_values_are_compared_by_kind(value, op, wanted, holds):
    assert triggers.compares(value, op, wanted) is holds


@pytest.mark.parametrize(
    ("groups", "place"),
    [
        ([], "triggers"),
        ("app_open", "triggers"),
        ([[]], "triggers.0"),
        ([[OPEN], [{"kind": "push"}]], "triggers.1.0"),
        ([[OPEN, {"kind": "session_time", "seconds": 0}]], "triggers.0.1.seconds"),
        ([[{"kind": "session_time", "seconds": True}]], "triggers.0.0.seconds"),
        ([[{"kind": "event", "name": " "}]], "triggers.0.0.name"),
        (
            [[{"kind": "event", "name": "a", "where": {"n": {"op": "~"}}}]],
            "triggers.0.0.where.n.op",
        ),
        ([[{"kind": "custom", "key": "a", "op": "<", "value": "1"}]], "triggers.0.0.value"),
        ([[{"kind": "app_open", "seconds": 1}]], "triggers.0.0.seconds"),
        ([[OPEN]] * 11, "triggers"),
    ],
)
def test_what_is_no_trigger_is_named_by_its_place(groups, place):
    assert list(triggers.check(groups)) == [place]
