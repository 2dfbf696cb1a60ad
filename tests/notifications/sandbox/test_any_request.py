"""Whatever is sent, the sandbox has an answer, and goes on."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.sending.sandbox.schema import MESSAGE
from tests.examples import examples
from tests.notifications.sandbox.calls import TOKEN, Fcm

NAMES = [
    *MESSAGE,
    *("ttl", "priority", "collapse_key", "title", "body", "image", "headers", "payload", "aps"),
    *("fcm_options", "analytics_label", "light_settings", "color", "red", "remote_notification"),
    *("background_sync", "notification_count", "event_time", "visibility", "body_loc_args", "link"),
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([TOKEN, "3s", "high", "#aabbcc", "\ud800", "'a' in topics", "9" * 400]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)
messages = st.fixed_dictionaries(
    {"token": st.just(TOKEN)}, optional={name: values for name in MESSAGE if name != "token"}
)


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=st.fixed_dictionaries({"message": messages | values}) | values)
def test_any_json_is_answered_and_what_is_accepted_can_be_read(fcm: Fcm, content: Any):
    answer = fcm.post(data=json.dumps(content).encode())

    assert answer.status_code in (200, 400, 404)
    if answer.ok:
        assert fcm.sandbox.messages(limit=1)[0]["name"] == answer.json()["name"]


def test_a_deep_payload_is_refused(fcm: Fcm):
    payload: dict[str, Any] = {}
    for _ in range(400):
        payload = {"a": payload}

    answer = fcm.send({"token": TOKEN, "apns": {"payload": payload}})

    assert answer.status_code == 400


def test_half_a_surrogate_in_a_payload_or_a_name_is_refused(fcm: Fcm):
    for part in ('"apns":{"payload":{"aps":"\\ud800"}}', '"\\ud800":1', '"data":{"\\ud800":"x"}'):
        body = f'{{"message":{{"token":"{TOKEN}",{part}}}}}'

        assert fcm.post(data=body.encode()).status_code == 400

    assert fcm.send().ok
