"""messages:send: what is accepted, and Google's words for what isn't (E10 to E31)."""

import gzip
import json
import re
import time

import pytest

from tests.notifications.sandbox.calls import (
    BAD_REQUEST,
    FCM_ERROR,
    OTHER,
    TOKEN,
    Fcm,
    error_of,
    fcm_code,
    fields,
)

SNAKE = {
    "token": TOKEN,
    "notification": {"title": "Hello", "body": "Wörld", "image": "https://example.com/a.png"},
    "data": {"initialPageName": "PostView", "parameterData": "{}"},
    "fcm_options": {"analytics_label": "spring"},
    "android": {
        "collapse_key": "k",
        "priority": "HIGH",
        "ttl": "3.5s",
        "restricted_package_name": "com.example",
        "direct_boot_ok": True,
        "notification": {
            "channel_id": "c",
            "body_loc_key": "b",
            "body_loc_args": ["1", "2"],
            "click_action": "open",
            "color": "#A1b2C3",
            "event_time": "2026-10-02T15:01:23.045123Z",
            "notification_priority": "PRIORITY_HIGH",
            "vibrate_timings": ["0.1s", "1s"],
            "visibility": "PUBLIC",
            "notification_count": 3,
            "default_sound": False,
            "light_settings": {
                "color": {"red": 0.5, "green": 1.0, "blue": 0.0, "alpha": 1.0},
                "light_on_duration": "1s",
                "light_off_duration": "2s",
            },
        },
    },
    "apns": {
        "headers": {"apns-priority": "10", "apns-collapse-id": "t"},
        "payload": {"aps": {"mutable-content": 1, "snake_key": {"camelKey": [1, None]}}},
        "fcm_options": {"image": "https://example.com/a.png"},
    },
    "webpush": {
        "headers": {"TTL": "60"},
        "notification": {"requireInteraction": True},
        "fcm_options": {"link": "https://example.com"},
    },
}


def camel(content, keep=("data", "headers", "payload")):
    """The same message in lowerCamelCase; maps and structs keep their own keys."""
    if not isinstance(content, dict):
        return content
    return {
        re.sub(r"_(\w)", lambda found: found[1].upper(), name): (
            value if name in keep or "requireInteraction" in str(value) else camel(value)
        )
        for name, value in content.items()
    }


def test_e10_an_accepted_message_has_a_name_and_is_in_the_inbox(fcm: Fcm):
    answer = fcm.send(SNAKE)

    assert answer.status_code == 200
    assert re.fullmatch(r"projects/[^/]+/messages/.+", answer.json()["name"])
    [entry] = fcm.sandbox.messages()
    assert entry["name"] == answer.json()["name"]
    assert entry["token"] == TOKEN
    assert entry["message"] == SNAKE


def test_e11_snake_case_and_camel_case_leave_the_same_entry(fcm: Fcm):
    assert fcm.send(SNAKE).ok
    assert fcm.send(camel(SNAKE)).ok

    second, first = fcm.sandbox.messages()
    assert first["message"] == second["message"] == SNAKE


def test_e12_null_means_absent(fcm: Fcm):
    assert fcm.send({"token": TOKEN, "notification": None, "topic": None}).ok

    assert fcm.sandbox.messages()[0]["message"] == {"token": TOKEN}


@pytest.mark.parametrize("message", [{}, {"notification": {"title": "x"}}, {"token": ""}])
def test_e13_no_target_is_the_captured_envelope(fcm: Fcm, message):
    answer = fcm.send(message)

    why = "Recipient of the message is not set."
    violation = {"field": "message", "description": why}
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "code": 400,
            "message": why,
            "status": "INVALID_ARGUMENT",
            "details": [
                {"@type": BAD_REQUEST, "fieldViolations": [violation]},
                {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"},
            ],
        }
    }


def test_e13_two_targets_are_refused(fcm: Fcm):
    answer = fcm.send({"token": TOKEN, "topic": "news"})

    assert answer.status_code == 400
    assert "oneof field 'target' is already set" in error_of(answer)["message"]


@pytest.mark.parametrize("token", ["short", "x" * 19, "x" * 4097, "with space" * 5, "ü" * 30])
def test_e14_a_malformed_token_is_blamed_by_name(fcm: Fcm, token: str):
    answer = fcm.send({"token": token})

    assert (answer.status_code, fcm_code(answer)) == (400, "INVALID_ARGUMENT")
    assert fields(answer) == ["message.token"]
    why = "The registration token is not a valid FCM registration token"
    assert error_of(answer)["message"] == why


def test_e14_a_phone_that_unregistered_is_not_found(fcm: Fcm):
    assert fcm.send().ok
    fcm.sandbox.set_phone(TOKEN, "unregistered")

    answer = fcm.send()

    assert (answer.status_code, fcm_code(answer)) == (404, "UNREGISTERED")
    assert error_of(answer)["message"] == "Requested entity was not found."
    fcm.sandbox.set_phone(TOKEN, "registered")
    assert fcm.send().ok


def test_e14_a_fid_works_and_a_nonsense_fid_is_unregistered(fcm: Fcm):
    fid = "d" * 22

    assert fcm.send({"fid": fid}).ok
    assert fcm.sandbox.messages(fid)[0]["message"] == {"fid": fid}
    assert fcm_code(fcm.send({"fid": "not-a-fid"})) == "UNREGISTERED"


def test_e15_a_number_in_data_is_refused_by_the_json_front(fcm: Fcm):
    answer = fcm.send({"token": TOKEN, "data": {"count": 12}})

    why = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    assert (answer.status_code, error_of(answer)["message"]) == (400, why)
    assert fields(answer) == ["message.data[0].value"]
    assert fcm_code(answer) is None


def test_e16_an_unknown_field_is_named(fcm: Fcm):
    answer = fcm.send({"toen": TOKEN})

    why = "Invalid JSON payload received. Unknown name \"toen\" at 'message': Cannot find field."
    assert (answer.status_code, error_of(answer)["message"]) == (400, why)
    assert fields(answer) == ["message"]


def test_e16_all_unknown_fields_are_named_at_once(fcm: Fcm):
    answer = fcm.send({"token": TOKEN, "a": 1, "android": {"b": 2}}, c=3)

    assert fields(answer) == ["message", "message.android", ""]


@pytest.mark.parametrize(
    "key", ["from", "message_type", "gcm", "google.x", "google.c.a", "gcm.notification.y"]
)
@pytest.mark.parametrize("part", [None, "android", "webpush"])
def test_e17_reserved_data_keys_are_refused(fcm: Fcm, key: str, part: str | None):
    data = {"data": {"fine": "1", key: "2"}}

    answer = fcm.send({"token": TOKEN, **({part: data} if part else data)})

    assert answer.status_code == 400
    assert error_of(answer)["message"] == f"Invalid data payload key: {key}"


@pytest.mark.parametrize("key", ["collapse_key", "fromUser", "googly", "google", "From"])
def test_e17_keys_that_only_look_reserved_are_fine(fcm: Fcm, key: str):
    assert fcm.send({"token": TOKEN, "data": {key: "1"}}).ok


def test_e18_4096_bytes_fit_and_one_more_does_not(fcm: Fcm):
    fits = "ü" * 2047 + "x"  # 4,095 bytes, and the key's one

    assert fcm.send({"token": TOKEN, "data": {"k": fits}}).ok
    answer = fcm.send({"token": TOKEN, "data": {"k": fits + "x"}})

    assert (answer.status_code, fcm_code(answer)) == (400, "INVALID_ARGUMENT")
    why = "Message is too large. The maximum is 4K (4096 bytes)."
    assert error_of(answer)["message"] == why
    assert error_of(answer)["details"][0] == {"@type": BAD_REQUEST}


def test_e18_a_big_apns_payload_is_too_big(fcm: Fcm):
    payload = {"aps": {"alert": "x" * 4096}}

    assert error_of(fcm.send({"token": TOKEN, "apns": {"payload": payload}}))["code"] == 400


@pytest.mark.parametrize("ttl", ["0s", "3.5s", "2419200s", "0.000000001s"])
def test_e19_spans_within_four_weeks_are_fine(fcm: Fcm, ttl: str):
    assert fcm.send({"token": TOKEN, "android": {"ttl": ttl}}).ok


@pytest.mark.parametrize(
    "ttl", ["-1s", "2419201s", "2419200.1s", "3", 3000, "1e3s", "", "s", " 3s", "3.s", [], "٣s"]
)
def test_e19_other_spans_are_refused(fcm: Fcm, ttl):
    answer = fcm.send({"token": TOKEN, "android": {"ttl": ttl}})

    assert answer.status_code == 400
    assert fcm.sandbox.messages() == []


@pytest.mark.parametrize("topic", ["a/b", "", "x" * 901, "/topics/news", "ümlaut", "a b"])
def test_e20_bad_topics_are_refused(fcm: Fcm, topic: str):
    answer = fcm.send({"topic": topic})

    assert answer.status_code == 400
    assert error_of(answer)["message"] == "Topic name contains invalid characters."


@pytest.mark.parametrize("topic", ["news-%~._", "x" * 900])
def test_e20_odd_topics_are_fine(fcm: Fcm, topic: str):
    assert fcm.send({"topic": topic}).ok


@pytest.mark.parametrize(
    "condition",
    [
        "'a' in topics",
        "'a' in topics && ('b' in topics || 'c' in topics)",
        "!('a' in topics)",
        " || ".join(f"'t{n}' in topics" for n in range(5)),
    ],
)
def test_e21_conditions_are_read(fcm: Fcm, condition: str):
    assert fcm.send({"condition": condition}).ok


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "'a'",
        "'a' in topics &&",
        "('a' in topics",
        "'a' in topics 'b' in topics",
        "'a' on topics",
        " || ".join(f"'t{n}' in topics" for n in range(6)),
        "(" * 5000,
    ],
    ids=str,
)
def test_e21_bad_conditions_are_refused_without_details(fcm: Fcm, condition: str):
    answer = fcm.send({"condition": condition})

    assert answer.status_code == 400
    assert "details" not in error_of(answer) or condition == ""


def test_e22_a_dry_run_leaves_the_inbox_alone(fcm: Fcm):
    answer = fcm.send(validate_only=True)

    assert answer.json()["name"].endswith("/messages/fake_message_id")
    assert fcm.send({"topic": "news"}, validateOnly=True).ok
    assert fcm.sandbox.messages() == []
    assert fcm.sandbox.stats()["accepted"] == 0


def test_e22_a_dry_run_looks_at_the_phone_too(fcm: Fcm):
    fcm.sandbox.set_phone(TOKEN, "unregistered")

    assert fcm.send(validate_only=True).status_code == 404


def test_e23_a_topic_alone_is_a_message(fcm: Fcm):
    answer = fcm.send({"topic": "news"})

    assert answer.json()["name"].rsplit("/", 1)[1].isdigit()
    assert fcm.sandbox.messages()[0]["message"] == {"topic": "news"}


def test_e25_webpush_headers_and_links_are_checked(fcm: Fcm):
    ttl = fcm.send({"token": TOKEN, "webpush": {"headers": {"TTL": "abc"}}})
    link = fcm.send({"token": TOKEN, "webpush": {"fcm_options": {"link": "http://a.example"}}})

    assert fields(ttl) == ["message.webpush.headers.TTL"]
    assert error_of(ttl)["message"] == "TTL must be a non-negative integer."
    assert link.status_code == 400


@pytest.mark.parametrize(
    "part",
    [
        {"android": {"notification": {"color": "red"}}},
        {"android": {"priority": "URGENT"}},
        {"android": {"notification": {"visibility": "SHOUTED"}}},
        {"android": {"notification": {"notification_count": 1.5}}},
        {"android": {"notification": {"title_loc_args": ["x"]}}},
        {"android": {"notification": {"event_time": "yesterday"}}},
        {"android": {"notification": {"image": "ftp://example.com/a.png"}}},
        {"android": {"notification": {"light_settings": {"color": {"red": 2}}}}},
        {"fcm_options": {"analytics_label": "x" * 51}},
        {"apns": {"headers": {"apns-priority": "7"}}},
        {"apns": {"headers": {"apns-collapse-id": "x" * 65}}},
        {"apns": {"payload": []}},
        {"notification": "text"},
        {"notification": ["text"]},
        {"notification": {"title": {"a": "b"}}},
        {"data": ["a"]},
        {"android_v2": {}},
    ],
    ids=json.dumps,
)
def test_e26_values_out_of_bounds_are_refused(fcm: Fcm, part):
    assert fcm.send({"token": TOKEN, **part}).status_code == 400


@pytest.mark.parametrize(
    "part",
    [
        {"android": {"priority": "high"}},
        {"android": {"priority": "normal"}},
        {"android": {"notification": {"notification_count": "3"}}},
        {"android_v2": {"background_sync": {}}},
        {"android_v2": {"remote_notification": {"notification": {"title": "x", "id": 4}}}},
    ],
    ids=json.dumps,
)
def test_e26_what_the_sdks_send_is_fine(fcm: Fcm, part):
    assert fcm.send({"token": TOKEN, **part}).ok


def test_e27_android_and_android_v2_exclude_each_other(fcm: Fcm):
    both = {"android": {}, "android_v2": {"background_sync": {}}}

    assert fcm.send({"token": TOKEN, **both}).status_code == 400


def test_e28_the_project_goes_by_id_or_number_and_others_are_unknown(fcm: Fcm):
    by_number = fcm.post({"message": {"token": TOKEN}}, project="123456789012")
    unknown = fcm.post({"message": {"token": TOKEN}}, project="another")

    assert by_number.ok
    assert (unknown.status_code, error_of(unknown)["status"]) == (404, "NOT_FOUND")
    assert fcm_code(unknown) is None


def test_e28_get_finds_nothing(fcm: Fcm):
    answer = fcm.session.get(fcm.url(), timeout=10)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"message":1e999}']
)
def test_e31_what_is_no_request_is_refused(fcm: Fcm, body: bytes):
    assert fcm.post(data=body).status_code == 400


def test_e31_half_a_surrogate_is_refused(fcm: Fcm):
    body = b'{"message":{"token":"%s","data":{"k":"\\ud800"}}}' % TOKEN.encode()

    assert fcm.post(data=body).status_code == 400


def test_e31_eleven_megabytes_are_refused_quickly(fcm: Fcm):
    begun = time.monotonic()

    answer = fcm.post(data=iter([b"x" * (1 << 20)] * 11))

    assert answer.status_code == 413
    assert time.monotonic() - begun < 5


def test_e31_a_gzip_body_is_read_and_a_bomb_is_not(fcm: Fcm):
    packed = gzip.compress(json.dumps({"message": {"token": TOKEN}}).encode())
    bomb = gzip.compress(b" " * (64 << 20))
    headers = {"Content-Encoding": "gzip"}

    assert fcm.post(data=packed, headers=headers).ok
    assert fcm.post(data=bomb, headers=headers).status_code == 413
    assert fcm.post(data=b"no gzip", headers=headers).status_code == 400


# ------------------------------------------------------------------ the quick way


def test_a_known_body_with_another_token_is_checked_like_the_first(fcm: Fcm):
    message = {"token": TOKEN, "notification": {"title": "x"}}
    assert fcm.send(message).ok

    assert fcm.send({**message, "token": OTHER}).ok
    assert fields(fcm.send({**message, "token": "short"})) == ["message.token"]
    fcm.sandbox.set_phone(OTHER, "unregistered")
    assert fcm.send({**message, "token": OTHER}).status_code == 404

    newest, first = fcm.sandbox.messages()
    assert first["message"] == message
    assert newest["message"] == {**message, "token": OTHER}


def test_a_token_inside_data_is_not_taken_for_the_target(fcm: Fcm):
    for token in (TOKEN, OTHER):
        assert fcm.send({"data": {"token": "x" * 30}, "token": token}).ok
        assert fcm.send({"topic": "news", "data": {"token": token}}).ok

    assert [each["token"] for each in fcm.sandbox.messages()] == [None, OTHER, None, TOKEN]
    assert fcm.sandbox.stats()["max_per_token"] == 1


def test_a_token_inside_a_text_is_not_taken_for_the_target(fcm: Fcm):
    for inner in ("a" * 30, "b" * 30):
        title = f'"token": "{inner}"'
        assert fcm.send({"notification": {"title": title}, "token": TOKEN}).ok

    titles = [each["message"]["notification"]["title"] for each in fcm.sandbox.messages()]
    assert titles == [f'"token": "{inner}"' for inner in ("b" * 30, "a" * 30)]
