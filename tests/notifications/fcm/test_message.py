"""The exact message, and the joining of tokens."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.fcm.message import (
    Content,
    MessageInvalid,
    example,
    size_bytes,
    template,
)

CONTENT = Content(
    title="New reply",
    body="Ana: “déjà vu” 👩‍👩‍👧",
    image="https://example.com/a.png",
    data={
        "initialPageName": "PostView",
        "parameterData": '{"post":"posts/abc"}',
        "notificationId": "3f0c",
    },
    sound=True,
    channel_id="news",
    thread="5f4d",
    ttl_s=259200,
    expires_at=1800000000,
)


def sent(content: Content = CONTENT, **how) -> dict:
    return json.loads(template(content, "android", **how).body("a:b"))


@pytest.mark.parametrize("platform", ["ios", "android"])
def test_the_message_is_exactly_this(platform):
    assert json.loads(template(CONTENT, platform).body("a:b")) == {
        "message": {
            "token": "a:b",
            "notification": {
                "title": "New reply",
                "body": "Ana: “déjà vu” 👩‍👩‍👧",
                "image": "https://example.com/a.png",
            },
            "data": {
                "initialPageName": "PostView",
                "parameterData": '{"post":"posts/abc"}',
                "notificationId": "3f0c",
            },
            "android": {
                "ttl": "259200s",
                "priority": "high",
                "notification": {"channel_id": "news", "sound": "default", "tag": "5f4d"},
            },
            "apns": {
                "headers": {
                    "apns-expiration": "1800000000",
                    "apns-priority": "10",
                    "apns-collapse-id": "5f4d",
                },
                "payload": {"aps": {"sound": "default", "mutable-content": 1}},
                "fcm_options": {"image": "https://example.com/a.png"},
            },
        }
    }


def test_without_sound_image_and_channel_their_keys_are_absent():
    message = sent(replace(CONTENT, sound=False, image=None, channel_id=None))["message"]

    assert message["notification"] == {"title": CONTENT.title, "body": CONTENT.body}
    assert message["android"]["notification"] == {"tag": "5f4d"}
    assert message["apns"]["payload"] == {"aps": {"mutable-content": 1}}
    assert "fcm_options" not in message["apns"]


def test_home_is_an_empty_page_name_and_still_there():
    data = {"initialPageName": "", "parameterData": "{}", "notificationId": "1"}

    assert sent(replace(CONTENT, data=data))["message"]["data"] == data


def test_validate_only_is_said_beside_the_message():
    request = sent(validate_only=True)

    assert request == {"validate_only": True} | sent()


@settings(deadline=None)  # the first example pays for an import
@given(token=st.text(min_size=1), title=st.text(), text=st.text())
def test_token_and_personal_words_are_joined_as_json_whatever_they_are(token, title, text):
    message = json.loads(template(CONTENT, "ios").body(token, title, text))["message"]

    assert message == {
        **example(CONTENT, "ios", token),
        "notification": {"title": title, "body": text, "image": CONTENT.image},
    }


def test_words_that_look_like_slots_stay_where_they_are():
    content = replace(CONTENT, title='"token":"x"', body="%s {token} \\", data={"k": "<token>"})

    message = sent(content)["message"]

    assert message["notification"]["title"] == '"token":"x"'
    assert message["notification"]["body"] == "%s {token} \\"
    assert message["token"] == "a:b"


def test_half_a_character_is_sent_as_a_question_mark_when_personal():
    body = template(CONTENT, "ios").body("t", "\ud800!", "x")

    assert json.loads(body)["message"]["notification"]["title"] == "?!"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": {"count": 3}}, "Message.data"),
        ({"ttl_s": -1}, "AndroidConfig.ttl"),
        ({"title": 3}, "Notification.title"),
        ({"title": "half \ud800"}, ""),
    ],
)
def test_what_firebase_admin_refuses_is_said_with_its_field(change, field):
    with pytest.raises(MessageInvalid) as refused:
        template(replace(CONTENT, **change), "android")

    assert refused.value.field == field
    assert field in refused.value.message


def test_size_is_counted_in_bytes_of_keys_and_values():
    content = replace(CONTENT, title="é", body="ü", image=None, data={"k": "v€" * 20})

    for platform in ("ios", "android"):
        counted = 2 + 2 + 1 + 80 + len("news" + "default" + "5f4d")
        assert size_bytes(content, platform) == counted


def test_size_is_at_least_that_of_the_apns_payload():
    content = replace(CONTENT, title="", body="", image=None, data={"k": ""}, channel_id=None)

    payload = '{"aps":{"sound":"default","mutable-content":1}}'
    assert size_bytes(content, "ios") == len(payload)
