"""The meaning of FCM's answers, against replies recorded from production or its documentation."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.fcm.error_body import DETAIL_MAX
from notifications.fcm.outcomes import (
    Answer,
    Failure,
    Kind,
    decode,
    failed,
    says_token_expired,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
REPLIES = sorted((Path(__file__).parents[2] / "fcm_replies").glob("*.json"))


def body_of(reply: dict) -> bytes:
    return (json.dumps(reply["json"]) if "json" in reply else reply["text"]).encode()


@pytest.mark.parametrize("path", REPLIES, ids=lambda path: path.stem)
def test_each_recorded_reply_means_what_its_file_says(path):
    recorded = json.loads(path.read_text())
    reply, expected = recorded["reply"], recorded["expect"]

    answer = decode(reply["status"], reply["headers"], body_of(reply), now=NOON)

    assert answer == Answer(detail=answer.detail, **(expected | {"kind": Kind(expected["kind"])}))


def test_the_order_of_details_does_not_matter():
    for path in REPLIES:
        reply = json.loads(path.read_text())["reply"]
        details = reply.get("json", {}).get("error", {}).get("details", [])
        before = decode(reply["status"], {}, body_of(reply), now=NOON)
        details.reverse()

        assert decode(reply["status"], {}, body_of(reply), now=NOON) == before, path.stem


def test_only_an_expired_token_is_worth_another():
    worth_another = []
    for path in REPLIES:
        reply = json.loads(path.read_text())["reply"]
        if says_token_expired(reply["status"], body_of(reply)):
            worth_another.append(path.stem)

    assert worth_another == ["expired_bearer"]


def test_the_device_is_blamed_only_by_unregistered_or_a_bad_token():
    dead = {
        path.stem
        for path in REPLIES
        if json.loads(path.read_text())["expect"]["kind"] == Kind.DEAD_TOKEN
    }

    assert dead == {
        "unregistered",
        "malformed_token",
        "malformed_token_older",
        "malformed_token_other_order",
    }


def test_fcms_words_are_kept_short_and_storable():
    body = json.dumps({"error": {"message": "half \ud800 a \0 character" + "x" * 5000}}).encode()

    answer = decode(503, {}, body, now=NOON)

    assert answer.detail.startswith("half ? a  characterxxx")
    assert len(answer.detail) <= DETAIL_MAX


@pytest.mark.parametrize(
    ("failure", "kind", "counts"),
    [
        (Failure.CONNECT, Kind.RETRY, False),
        (Failure.DNS, Kind.RETRY, False),
        (Failure.TLS, Kind.RETRY, False),
        (Failure.CREDENTIALS_UNREACHABLE, Kind.RETRY, False),
        (Failure.REFUSED_STREAM, Kind.RETRY, True),
        (Failure.CREDENTIALS, Kind.MISCONFIGURED, False),
        (Failure.TIMEOUT, Kind.UNKNOWN, True),
        (Failure.RESET, Kind.UNKNOWN, True),
        (Failure.BAD_BODY, Kind.UNKNOWN, True),
    ],
)
def test_without_an_answer_what_may_have_arrived_is_unknown(failure, kind, counts):
    answer = failed(failure, "what libcurl said")

    assert answer == Answer(kind, failure.value, counts_attempt=counts, detail="what libcurl said")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
errors = st.fixed_dictionaries({"error": json_values}) | st.fixed_dictionaries(
    {"error": st.fixed_dictionaries({"message": json_values, "details": st.lists(json_values)})}
)


@settings(deadline=None)  # the first example pays for an import
@given(
    status=st.integers(200, 599), body=st.binary() | errors.map(lambda e: json.dumps(e).encode())
)
def test_no_reply_whatever_it_says_breaks_the_decoding_or_retires_a_device(status, body):
    answer = decode(status, {"retry-after": "x"}, body, now=NOON)

    assert answer.kind not in (Kind.ACCEPTED, Kind.DEAD_TOKEN)
    assert answer.reason
