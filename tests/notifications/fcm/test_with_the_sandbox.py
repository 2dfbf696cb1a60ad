"""Client and credentials together, against the sandbox; its log is the witness."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from notifications.fcm.client import MultiplexClient, PycurlClient
from notifications.fcm.credentials import Credentials
from notifications.fcm.message import Content, template
from notifications.fcm.outcomes import Kind
from tests.notifications.fcm.asking import all_answers, kinds
from tests.sandbox_process import SandboxProcess

CONTENT = Content(
    title="Hello",
    body="A reply",
    image=None,
    data={"initialPageName": "", "parameterData": "{}", "notificationId": "1"},
    sound=True,
    channel_id=None,
    thread="a-thread",
    ttl_s=3600,
    expires_at=2_000_000_000,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture(autouse=True)
def _nothing_left(sandbox) -> None:
    sandbox.reset()
    sandbox.control("PUT", "oauth", {})


@pytest.fixture(params=[MultiplexClient, PycurlClient])
def client(request, sandbox):
    credentials = Credentials(sandbox.service_account())
    return request.param(sandbox.url, credentials, credentials.project_id, request_s=2.5)


def token(number: int) -> str:
    return f"sandbox-token-{number:020d}"


def send(client, count: int) -> Counter[str]:
    shape = template(CONTENT, "android")
    wire = client.start()
    wire.send((number, shape.body(token(number))) for number in range(count))
    got = kinds(all_answers(wire))
    wire.close()
    return got


def test_a_broadcast_arrives_once_each_on_one_minted_token(client, sandbox):
    before = sandbox.stats()["token_mints"]

    assert send(client, 1500) == {"accepted": 1500}

    stats = sandbox.stats()
    assert (stats["accepted"], stats["max_per_token"]) == (1500, 1)
    assert stats["token_mints"] - before == 1


def test_the_sandbox_takes_the_message_as_it_was_meant(client, sandbox):
    send(client, 1)

    (accepted,) = sandbox.messages()
    assert accepted["message"]["data"] == CONTENT.data
    assert accepted["message"]["apns"]["headers"]["apns-collapse-id"] == "a-thread"


def test_short_lived_tokens_are_renewed_in_time_and_no_more_often(sandbox):
    sandbox.control("PUT", "oauth", {"token_lifetime": 4})
    credentials = Credentials(sandbox.service_account())
    client = MultiplexClient(sandbox.url, credentials, credentials.project_id)
    before = sandbox.stats()["token_mints"]
    credentials.bearer()  # imports, which take their time

    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert send(client, 50) == {"accepted": 50}

    assert 2 <= sandbox.stats()["token_mints"] - before <= 5 / 2 + 2
    assert set(sandbox.stats()["by_status"]) == {"200"}


def test_a_revoked_key_is_misconfigured_with_googles_words(sandbox):
    sandbox.control("PUT", "oauth", {"key_revoked": True})
    credentials = Credentials(sandbox.service_account())
    client = MultiplexClient(sandbox.url, credentials, credentials.project_id)
    wire = client.start()
    wire.send([(1, template(CONTENT, "ios").body(token(1)))])

    (got,) = all_answers(wire).values()

    assert (got.kind, got.reason, got.counts_attempt) == (Kind.MISCONFIGURED, "credentials", False)
    assert "invalid_grant" in got.detail
    assert sandbox.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"do": "unregistered"}, "dead_token unregistered"),
        ({"do": "malformed_token"}, "dead_token invalid_argument"),
        ({"do": "sender_mismatch"}, "rejected sender_id_mismatch"),
        ({"do": "invalid_argument"}, "rejected invalid_argument"),
        ({"do": "too_big"}, "rejected invalid_argument"),
        ({"do": "unauthenticated"}, "misconfigured credentials"),
        ({"do": "permission_denied"}, "misconfigured iam"),
        ({"do": "api_disabled"}, "misconfigured api_disabled"),
        ({"do": "third_party_auth"}, "misconfigured apns_key"),
        ({"do": "project_not_found"}, "misconfigured wrong_project"),
        ({"do": "quota", "retry_after": 7}, "retry quota"),
        ({"do": "unavailable"}, "retry unavailable"),
        ({"do": "internal"}, "retry internal"),
        ({"do": "redirect"}, "retry redirected"),
        ({"do": "bad_gateway_html"}, "unknown gateway"),
        ({"do": "gateway_timeout"}, "unknown gateway"),
        ({"do": "empty_200"}, "unknown bad_body"),
        ({"do": "accept_then_garbage"}, "unknown bad_body"),
        ({"do": "accept_then_hang"}, "unknown timeout"),
        ({"do": "accept_then_reset"}, "unknown reset"),
        ({"do": "huge_body", "bytes": 10_000_000}, "unknown bad_body"),
        ({"do": "slow_body"}, "unknown timeout"),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
def test_one_faulty_answer_among_many_is_its_own_and_nothing_is_sent_twice(
    client, sandbox, fault, outcome
):
    sandbox.set_faults([{"match": {"token": token(37)}, **fault}])

    got = send(client, 100)

    assert got == {"accepted": 99, outcome: 1}
    assert sandbox.stats()["max_per_token"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "goaway", "match": {"every": 40}, "connection": True},
        {"do": "goaway", "match": {"every": 40}},
        {"do": "refused_stream", "match": {"every": 7}},
        {"do": "reset_before_accept", "match": {"every": 25}},
        {"do": "reset_before_accept", "match": {"every": 60}, "connection": True},
        {"do": "accept_then_reset", "match": {"every": 60}, "connection": True},
    ],
    ids=lambda fault: f"{fault['do']}-{'connection' if 'connection' in fault else 'stream'}",
)
def test_when_connections_break_the_log_of_the_far_side_bears_out_every_answer(
    client, sandbox, fault
):
    sandbox.set_faults([fault])
    shape = template(CONTENT, "ios")
    wire = client.start()
    wire.send((number, shape.body(token(number))) for number in range(400))
    answers = all_answers(wire)
    wire.close()

    assert len(answers) == 400
    assert sandbox.stats()["max_per_token"] <= 1
    there = {message["token"] for message in sandbox.messages(limit=1000)}
    for number, got in answers.items():
        if got.kind is Kind.ACCEPTED:
            assert token(number) in there
        if got.kind is Kind.RETRY:
            assert token(number) not in there
    if isinstance(client, MultiplexClient) and fault["do"] in ("goaway", "refused_stream"):
        assert not [got for got in answers.values() if got.kind is Kind.UNKNOWN]
