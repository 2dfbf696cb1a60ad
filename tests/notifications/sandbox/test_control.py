"""The control API: who may use it, and what it answers to nonsense."""

from urllib.parse import quote

import pytest
import requests

from tests.notifications.sandbox.calls import OTHER, TOKEN, Fcm
from tests.sandbox_process import SandboxProcess


def get(sandbox: SandboxProcess, path: str = "/_sandbox/stats", **headers: str):
    sent = {"X-Sandbox": "1", **headers}
    return requests.get(
        f"{sandbox.url}{path}", headers={k: v for k, v in sent.items() if v}, timeout=10
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "[::1]:8787", "LOCALHOST"])
def test_loopback_names_are_let_in(sandbox: SandboxProcess, host: str):
    assert get(sandbox, Host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["fcm.googleapis.com", "127.0.0.1.evil.example", "localhost@evil", "evil:127.0.0.1"]
)
def test_other_names_are_kept_out(sandbox: SandboxProcess, host: str):
    assert get(sandbox, Host=host).status_code == 403


def test_without_the_header_nothing_is_answered(sandbox: SandboxProcess):
    assert get(sandbox, **{"X-Sandbox": ""}).status_code == 403
    assert get(sandbox, **{"X-Sandbox": "0"}).status_code == 403


def test_no_page_may_send_the_header_across_origins(sandbox: SandboxProcess):
    answer = requests.options(
        f"{sandbox.url}/_sandbox/stats",
        headers={
            "Origin": "http://evil.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-sandbox",
        },
        timeout=10,
    )

    assert answer.status_code == 403
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_what_does_not_exist_is_not_found(sandbox: SandboxProcess):
    assert get(sandbox, "/_sandbox/nothing").status_code == 404
    assert get(sandbox, "/").status_code == 404


def test_stats_count_each_request_once(fcm: Fcm):
    fcm.send()
    fcm.send()
    fcm.send({"token": OTHER})
    fcm.send({"token": "short"})
    fcm.post({}, bearer="nonsense")

    stats = fcm.sandbox.stats()

    assert {name: stats[name] for name in ("requests", "accepted", "rejected")} == {
        "requests": 5,
        "accepted": 3,
        "rejected": 2,
    }
    assert stats["by_status"] == {"200": 3, "400": 1, "401": 1}
    assert stats["max_per_token"] == 2


def test_messages_come_newest_first_by_token_and_up_to_a_limit(fcm: Fcm):
    names = [fcm.send({"token": token}).json()["name"] for token in (TOKEN, OTHER, TOKEN)]

    assert [each["name"] for each in fcm.sandbox.messages()] == names[::-1]
    assert [each["name"] for each in fcm.sandbox.messages(TOKEN)] == [names[2], names[0]]
    assert [each["name"] for each in fcm.sandbox.messages(limit=1)] == [names[2]]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1.5"])
def test_a_limit_out_of_bounds_is_refused(sandbox: SandboxProcess, limit: str):
    answer = get(sandbox, f"/_sandbox/messages?limit={limit}")

    assert answer.status_code == 400
    assert "must be a whole number from 1 to 1000" in answer.json()["error"]


def test_forgetting_messages_keeps_the_faults(fcm: Fcm):
    fcm.send()
    fcm.sandbox.set_faults([{"match": {}, "do": "internal"}])

    fcm.sandbox.control("DELETE", "messages")

    assert fcm.sandbox.messages() == []
    assert fcm.sandbox.stats()["requests"] == 0
    assert fcm.send().status_code == 500


def test_a_known_template_is_written_anew_after_forgetting(tmp_path):
    with SandboxProcess(tmp_path) as sandbox:
        fcm = Fcm(sandbox)
        fcm.send()
        sandbox.control("DELETE", "messages")
        fcm.send()
        sandbox.kill()
        sandbox.start()

        assert [each["message"] for each in sandbox.messages()] == [{"token": TOKEN}]


def test_many_phones_are_set_at_once_and_all_or_none(fcm: Fcm):
    tokens = [f"sbx-dead-phone-{index:08}" for index in range(1000)]

    assert fcm.sandbox.control("PUT", "phones", {"unregistered": tokens}) == {"unregistered": 1000}
    assert fcm.send({"token": tokens[999]}).status_code == 404
    with pytest.raises(AssertionError, match="is no token"):
        fcm.sandbox.control("PUT", "phones", {"unregistered": [TOKEN, "short"]})
    assert fcm.send().ok


def test_a_token_may_be_quoted_in_the_address(fcm: Fcm):
    fcm.sandbox.control("PUT", f"phones/{quote(TOKEN)}", {"state": "unregistered"})

    assert "%3A" in quote(TOKEN)
    assert fcm.send().status_code == 404


def test_a_hundred_thousand_phones_fit_into_one_call_and_no_more(sandbox: SandboxProcess):
    tokens = [f"{index:0170}" for index in range(100_000)]

    assert sandbox.control("PUT", "phones", {"offline": tokens}) == {"offline": 100_000}
    with pytest.raises(AssertionError, match="at most 100000"):
        sandbox.control("PUT", "phones", {"offline": [*tokens, TOKEN]})


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("phones/short", {"state": "offline"}, "is no token"),
        (f"phones/{TOKEN}", {"state": "dead"}, "must be one of registered"),
        (f"phones/{TOKEN}", {"status": "offline"}, "unknown key 'status'"),
        ("phones", {"unregistered": TOKEN}, "must be a list"),
        ("phones", {"lost": []}, "unknown key 'lost'"),
        ("oauth", {"token_lifetime": "x"}, "must be seconds"),
        ("oauth", {"key_revoked": 1}, "must be true or false"),
        ("faults", {}, "must be a list"),
        ("faults", [1], "fault 0: must be an object"),
        ("faults", [{"do": "explode"}], "do is 'explode'; must be one of accept_then_garbage"),
        ("faults", [{"do": "internal", "match": {"tokens": 1}}], "unknown match 'tokens'"),
        ("faults", [{"do": "internal", "match": {"share": 2}}], "a number from 0 to 1"),
        ("faults", [{"do": "internal", "match": {"nth": 0}}], "a whole number from 1"),
        ("faults", [{"do": "internal", "times": -1}], "times must be a whole number"),
        ("faults", [{"do": "internal"}, {"do": "quota", "scope": "x"}], "fault 1: scope"),
        ("faults", [{"do": "quota", "retry_after": "a\r\nb"}], "retry_after"),
        ("faults", [{"do": "internal", "tims": 1}], "unknown key 'tims'"),
    ],
)
def test_nonsense_is_refused_in_clear_words(sandbox: SandboxProcess, path, content, why: str):
    with pytest.raises(AssertionError) as refused:
        sandbox.control("PUT", path, content)

    assert " 400 " in str(refused.value)
    assert why in str(refused.value)


@pytest.mark.parametrize("content", [{}, {"advance": 1, "offset": 1}, {"advance": "x"}])
def test_a_clock_of_nonsense_is_refused(sandbox: SandboxProcess, content):
    with pytest.raises(AssertionError, match="400"):
        sandbox.control("POST", "clock", content)


def test_the_clock_can_be_moved_and_put_back(sandbox: SandboxProcess):
    moved = sandbox.control("POST", "clock", {"advance": 60})
    moved = sandbox.control("POST", "clock", {"advance": 60})

    assert moved["offset"] == 120
    assert sandbox.control("POST", "clock", {"offset": 0})["offset"] == 0
