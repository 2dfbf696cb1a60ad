"""Quotas, and phones that are offline (E34, E35)."""

import pytest

from tests.notifications.sandbox.calls import OTHER, TOKEN, Fcm, detail, fcm_code

QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"


def advance(fcm: Fcm, seconds: float) -> None:
    fcm.sandbox.control("POST", "clock", {"advance": seconds})


def phone(fcm: Fcm, token: str = TOKEN):
    return fcm.sandbox.control("GET", f"phones/{token}")


def test_e34_the_101st_of_a_hundred_a_minute_waits_and_the_bucket_refills(fcm: Fcm):
    fcm.sandbox.control("PUT", "quota", {"messages_per_minute": 100})
    statuses = [fcm.send().status_code for _ in range(100)]

    late = fcm.send()

    assert set(statuses) == {200}
    assert (late.status_code, fcm_code(late)) == (429, "QUOTA_EXCEEDED")
    assert 0 < int(late.headers["retry-after"]) <= 60
    failure = detail(late, QUOTA_FAILURE) or {}
    assert failure["violations"][0]["subject"] == f"project:{fcm.project}"
    advance(fcm, int(late.headers["retry-after"]))
    assert fcm.send().ok
    assert fcm.sandbox.stats()["accepted"] == 101


def test_e34_no_quota_holds_until_one_is_set(fcm: Fcm):
    fcm.sandbox.control("PUT", "quota", {"messages_per_minute": 0})
    assert fcm.send().status_code == 429

    fcm.sandbox.control("PUT", "quota", {})

    assert fcm.send().ok


def test_e35_one_phone_has_its_share_and_others_have_theirs(fcm: Fcm):
    fcm.sandbox.control("PUT", "quota", {"device_per_minute": 240, "device_per_hour": 5000})
    statuses = [fcm.send().status_code for _ in range(240)]

    late = fcm.send()

    assert set(statuses) == {200}
    assert (late.status_code, fcm_code(late)) == (429, "QUOTA_EXCEEDED")
    failure = detail(late, QUOTA_FAILURE) or {}
    assert failure["violations"][0]["subject"] == f"device:{TOKEN}"
    assert fcm.send({"token": OTHER}).ok
    advance(fcm, 60)
    assert fcm.send().ok


def test_e35_the_hourly_share_outlasts_the_minute(fcm: Fcm):
    fcm.sandbox.control("PUT", "quota", {"device_per_minute": 2, "device_per_hour": 3})

    statuses = []
    for _ in range(2):
        statuses += [fcm.send().status_code for _ in range(2)]
        advance(fcm, 61)
    fcm._bearer = None

    assert statuses == [200, 200, 200, 429]


def test_e35_an_offline_phone_keeps_four_collapse_keys(fcm: Fcm):
    fcm.sandbox.set_phone(TOKEN, "offline")

    names = [
        fcm.send({"token": TOKEN, "android": {"collapse_key": key}}).json()["name"]
        for key in ("a", "b", "b", "c", "d", "e")
    ]

    kept = [names[5], names[4], names[3], names[2]]
    assert phone(fcm)["stored"] == kept
    assert phone(fcm)["received"] == []
    fcm.sandbox.set_phone(TOKEN, "registered")
    assert phone(fcm)["received"] == kept
    assert len(fcm.sandbox.messages(TOKEN)) == 6


def test_e35_a_message_whose_ttl_ends_offline_never_arrives(fcm: Fcm):
    fcm.sandbox.set_phone(TOKEN, "offline")
    fcm.send({"token": TOKEN, "android": {"ttl": "0s"}, "data": {"n": "0"}})
    fcm.send({"token": TOKEN, "android": {"ttl": "60s"}, "data": {"n": "1"}})
    last = fcm.send({"token": TOKEN, "android": {"ttl": "3600s"}, "data": {"n": "2"}})

    advance(fcm, 61)
    fcm.sandbox.set_phone(TOKEN, "registered")

    assert phone(fcm)["received"] == [last.json()["name"]]


def test_e35_more_than_a_hundred_are_all_dropped_and_the_app_is_told(fcm: Fcm):
    fcm.sandbox.set_phone(TOKEN, "offline")
    for index in range(100):
        fcm.send({"token": TOKEN, "data": {"n": str(index)}})
    assert len(phone(fcm)["stored"]) == 100
    assert not phone(fcm)["deleted_messages"]

    fcm.send({"token": TOKEN, "data": {"n": "100"}})

    assert phone(fcm)["stored"] == []
    assert phone(fcm)["deleted_messages"]


def test_e35_a_phone_that_is_online_receives_at_once(fcm: Fcm):
    name = fcm.send().json()["name"]

    assert phone(fcm)["received"] == [name]


@pytest.mark.parametrize(
    "content", [{"messages_per_minute": -1}, {"messages_per_minute": "x"}, {"other": 1}, []]
)
def test_a_quota_of_nonsense_is_refused(fcm: Fcm, content):
    with pytest.raises(AssertionError, match="400"):
        fcm.sandbox.control("PUT", "quota", content)
