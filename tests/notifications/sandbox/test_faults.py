"""Faults on demand: whom they meet, and what the client sees (E32)."""

import time

import httpx
import pytest
import requests

from tests.notifications.sandbox.calls import (
    ERROR_INFO,
    OTHER,
    TOKEN,
    Fcm,
    detail,
    error_of,
    fcm_code,
    fields,
)


def post_http2(fcm: Fcm, client: httpx.Client, token: str = TOKEN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {fcm.bearer}"}
    return client.post(fcm.url(), json={"message": {"token": token}}, headers=headers)


@pytest.fixture
def http2():
    with httpx.Client(http1=False, http2=True, trust_env=False, timeout=2) as client:
        yield client


REPLIES = [
    ("unregistered", 404, "NOT_FOUND", "UNREGISTERED"),
    ("malformed_token", 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ("sender_mismatch", 403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    ("invalid_argument", 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ("too_big", 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ("quota", 429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    ("unavailable", 503, "UNAVAILABLE", "UNAVAILABLE"),
    ("internal", 500, "INTERNAL", "INTERNAL"),
    ("gateway_timeout", 504, "DEADLINE_EXCEEDED", None),
    ("permission_denied", 403, "PERMISSION_DENIED", None),
    ("api_disabled", 403, "PERMISSION_DENIED", None),
    ("third_party_auth", 401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
    ("unauthenticated", 401, "UNAUTHENTICATED", None),
    ("project_not_found", 404, "NOT_FOUND", None),
]


@pytest.mark.parametrize(("kind", "http", "status", "code"), REPLIES)
def test_e32_each_refusal_has_its_envelope_and_accepts_nothing(
    fcm: Fcm, kind: str, http: int, status: str, code: str | None
):
    fcm.sandbox.set_faults([{"match": {}, "do": kind}])

    answer = fcm.send()

    assert (answer.status_code, error_of(answer)["status"]) == (http, status)
    assert error_of(answer)["code"] == http
    assert fcm_code(answer) == code
    assert fcm.sandbox.messages() == []
    assert fcm.sandbox.stats()["by_status"] == {str(http): 1}


def test_e32_only_a_malformed_token_blames_the_token(fcm: Fcm):
    blamed = {}
    for kind in ("malformed_token", "invalid_argument", "too_big"):
        fcm.sandbox.set_faults([{"do": kind}])
        blamed[kind] = fields(fcm.send())

    assert blamed == {"malformed_token": ["message.token"], "invalid_argument": [], "too_big": []}


def test_e32_denials_say_which_permission_or_service(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "permission_denied", "times": 1}, {"do": "api_disabled"}])

    iam, disabled = (detail(fcm.send(), ERROR_INFO) or {} for _ in range(2))

    assert iam["reason"] == "IAM_PERMISSION_DENIED"
    assert iam["metadata"]["permission"] == "cloudmessaging.messages.create"
    assert disabled["reason"] == "SERVICE_DISABLED"
    assert disabled["metadata"]["service"] == "fcm.googleapis.com"


def test_e32_a_bad_gateway_is_a_page_of_html(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "bad_gateway_html"}])

    answer = fcm.send()

    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>Error 502 (Server Error)!!1</title>" in answer.text


@pytest.mark.parametrize("kind", ["quota", "unavailable"])
@pytest.mark.parametrize("wait", [7, 0.5, "Fri, 31 Dec 2027 23:59:59 GMT", None])
def test_e32_retry_after_is_what_was_ordered(fcm: Fcm, kind: str, wait):
    fcm.sandbox.set_faults([{"do": kind, "retry_after": wait}])

    assert fcm.send().headers.get("retry-after") == (None if wait is None else str(wait))


@pytest.mark.parametrize(
    ("scope", "subject"), [("project", "project:beckon-sandbox"), ("device", f"device:{TOKEN}")]
)
def test_e32_a_quota_names_whose_it_was(fcm: Fcm, scope: str, subject: str):
    fcm.sandbox.set_faults([{"do": "quota", "scope": scope}])

    failure = detail(fcm.send(), "type.googleapis.com/google.rpc.QuotaFailure") or {}

    assert failure["violations"][0]["subject"] == subject


# ------------------------------------------------------------------ whom they meet


def statuses(fcm: Fcm, count: int, token: str = TOKEN) -> list[int]:
    return [fcm.send({"token": token}).status_code for _ in range(count)]


def test_e32_a_fault_meets_a_token_or_a_prefix(fcm: Fcm):
    fcm.sandbox.set_faults(
        [
            {"match": {"token": OTHER}, "do": "internal"},
            {"match": {"prefix": "sbx-phone-1"}, "do": "unavailable"},
        ]
    )

    assert statuses(fcm, 1) + statuses(fcm, 1, OTHER) == [503, 500]
    assert statuses(fcm, 1, "x" * 30) == [200]


def test_e32_the_first_match_wins_and_times_wear_off(fcm: Fcm):
    fcm.sandbox.set_faults(
        [{"match": {}, "do": "internal", "times": 2}, {"do": "unavailable", "times": 1}]
    )

    assert statuses(fcm, 4) == [500, 500, 503, 200]


def test_e32_the_nth_and_every_nth_request(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"nth": 3}, "do": "internal"}])
    third = statuses(fcm, 7)
    fcm.sandbox.set_faults([{"match": {"every": 3}, "do": "internal"}])

    assert third == [200, 200, 500, 200, 200, 200, 200]
    assert statuses(fcm, 7) == [200, 200, 500, 200, 200, 500, 200]


def test_e32_the_nth_counts_only_what_the_rest_matches(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"token": OTHER, "nth": 2}, "do": "internal"}])

    assert statuses(fcm, 3) == [200, 200, 200]
    assert statuses(fcm, 3, OTHER) == [200, 500, 200]


def test_e32_a_share_is_drawn_anew_for_each_request(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"share": 0.5}, "do": "internal"}])

    assert 60 <= statuses(fcm, 200).count(500) <= 140


def test_e32_a_token_share_always_meets_the_same_tokens(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"token_share": 0.5}, "do": "internal"}])
    tokens = [f"sbx-a-phone-of-many-{index}" for index in range(100)]

    first = [statuses(fcm, 1, token) for token in tokens]

    assert first == [statuses(fcm, 1, token) for token in tokens]
    assert 25 <= first.count([500]) <= 75


def test_e32_refused_sign_ins_are_no_nth(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"nth": 1}, "do": "internal"}])

    assert fcm.post({}, bearer="nonsense").status_code == 401
    assert statuses(fcm, 2) == [500, 200]


def test_e36_faults_can_be_read_and_cleared(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {}, "do": "quota", "retry_after": 3}])
    fcm.send()

    [fault] = fcm.sandbox.control("GET", "faults")
    fcm.sandbox.set_faults([])

    assert (fault["do"], fault["retry_after"], fault["done"]) == ("quota", 3, 1)
    assert fcm.send().ok


# ------------------------------------------------------------------ accepted, and then


def test_accepted_then_reset_over_http1(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "accept_then_reset", "times": 1}])

    with pytest.raises(requests.ConnectionError):
        fcm.send()

    assert len(fcm.sandbox.messages(TOKEN)) == 1
    assert fcm.sandbox.stats()["by_status"] == {}
    assert fcm.send().ok


def test_accepted_then_reset_over_http2_ends_the_stream_alone(fcm: Fcm, http2: httpx.Client):
    fcm.sandbox.set_faults([{"do": "accept_then_reset", "times": 1}])

    with pytest.raises(httpx.RemoteProtocolError, match="StreamReset"):
        post_http2(fcm, http2)

    assert len(fcm.sandbox.messages(TOKEN)) == 1
    assert post_http2(fcm, http2).status_code == 200


def test_accepted_then_reset_may_take_the_connection_along(fcm: Fcm, http2: httpx.Client):
    fcm.sandbox.set_faults([{"do": "accept_then_reset", "connection": True}])

    with pytest.raises(httpx.NetworkError):
        post_http2(fcm, http2)

    assert len(fcm.sandbox.messages(TOKEN)) == 1


def test_accepted_then_silence(fcm: Fcm, http2: httpx.Client):
    fcm.sandbox.set_faults([{"do": "accept_then_hang"}])
    http2.timeout = httpx.Timeout(0.3)

    with pytest.raises(requests.ReadTimeout):
        fcm.post({"message": {"token": TOKEN}}, timeout=0.3)
    with pytest.raises(httpx.ReadTimeout):
        post_http2(fcm, http2, OTHER)

    assert len(fcm.sandbox.messages()) == 2


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ({"do": "accept_then_garbage"}, '{"name": "projects/'),
        ({"do": "accept_then_garbage", "garbage": ""}, ""),
        ({"do": "empty_200"}, "{}"),
    ],
)
def test_accepted_with_an_unusable_answer(fcm: Fcm, fault, body: str):
    fcm.sandbox.set_faults([fault])

    answer = fcm.send()

    assert (answer.status_code, answer.text) == (200, body)
    assert len(fcm.sandbox.messages(TOKEN)) == 1


def test_a_slow_answer_was_accepted_at_once(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "slow", "seconds": 0.5}])
    begun = time.monotonic()

    with pytest.raises(requests.ReadTimeout):
        fcm.post({"message": {"token": TOKEN}}, timeout=0.1)
    accepted = fcm.sandbox.stats()["accepted"]
    answer = fcm.send({"token": OTHER})

    assert accepted == 1
    assert answer.ok
    assert time.monotonic() - begun >= 0.5


def test_slow_answers_do_not_hold_each_other_up_over_http2(fcm: Fcm):
    import asyncio

    fcm.sandbox.set_faults([{"do": "slow", "seconds": 0.4}])
    headers = {"Authorization": f"Bearer {fcm.bearer}"}

    async def fifty() -> list[httpx.Response]:
        async with httpx.AsyncClient(http1=False, http2=True, trust_env=False) as client:
            call = {"message": {"token": TOKEN}}
            posts = (client.post(fcm.url(), json=call, headers=headers) for _ in range(50))
            return await asyncio.gather(*posts)

    begun = time.monotonic()
    answers = asyncio.run(fifty())

    assert {each.status_code for each in answers} == {200}
    assert time.monotonic() - begun < 5
    assert fcm.sandbox.stats()["max_per_token"] == 50


@pytest.mark.parametrize("kind", ["slow_body", "huge_body"])
def test_a_body_without_end_runs_into_the_clients_own_limits(
    fcm: Fcm, http2: httpx.Client, kind: str
):
    fcm.sandbox.set_faults([{"do": kind}])
    headers = {"Authorization": f"Bearer {fcm.bearer}"}
    call = {"message": {"token": TOKEN}}
    read = []

    for client in (http2, httpx.Client(trust_env=False)):
        with client.stream("POST", fcm.url(), json=call, headers=headers) as answer:
            size, begun = 0, time.monotonic()
            for piece in answer.iter_raw():
                size += len(piece)
                if size > 4 << 20 or time.monotonic() - begun > 1:
                    break
            read.append((answer.status_code, size > 4 << 20, 0 < size < 20))
        client.close()

    assert read == [(200, kind == "huge_body", kind == "slow_body")] * 2
    assert fcm.sandbox.stats()["accepted"] == 2


def test_a_huge_body_comes_whole_when_it_is_wanted(fcm: Fcm, http2: httpx.Client):
    fcm.sandbox.set_faults([{"do": "huge_body", "bytes": 3_000_000}])

    assert len(fcm.send().content) > 3_000_000
    assert post_http2(fcm, http2).json()["name"]


# ------------------------------------------------------------------ not accepted


@pytest.mark.parametrize("kind", ["reset_before_accept", "goaway", "refused_stream"])
def test_what_was_cut_off_before_is_not_accepted(fcm: Fcm, http2: httpx.Client, kind: str):
    fcm.sandbox.set_faults([{"do": kind}])

    with pytest.raises(requests.ConnectionError):
        fcm.send()
    with pytest.raises(httpx.TransportError):
        post_http2(fcm, http2)

    assert fcm.sandbox.messages() == []
    fcm.sandbox.set_faults([])
    assert post_http2(fcm, http2).status_code == 200


def test_a_redirect_is_answered_once_and_leads_away(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "redirect", "location": "http://127.0.0.1:9/elsewhere"}])

    answer = fcm.send()

    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert fcm.sandbox.messages() == []
