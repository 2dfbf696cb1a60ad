"""Topics: both APIs that subscribe phones, and what subscribers receive (E29, E30)."""

import pytest

from tests.notifications.sandbox.calls import OTHER, TOKEN, Fcm, error_of, fcm_code

THIRD = "sbx-phone-3:APA91bGtWGjuhp4WRhHXgbabIYp1jxEKI08"


def path(fcm: Fcm, token: str = TOKEN, topic: str = "") -> str:
    base = f"/v1/projects/{fcm.project}/registrations/{token}/topicSubscriptions"
    return f"{base}/{topic}" if topic else base


def subscribe(fcm: Fcm, topic: str, token: str = TOKEN):
    return fcm.call("POST", f"{path(fcm, token)}?topic_name={topic}", {})


@pytest.mark.parametrize("name", ["topic_name", "topicName"])
def test_e29_a_phone_is_subscribed_by_either_spelling(fcm: Fcm, name: str):
    answer = fcm.call("POST", f"{path(fcm)}?{name}=news", {})

    assert answer.status_code == 200
    assert answer.json()["topicName"] == "news"
    assert answer.json()["name"] == path(fcm, topic="news").removeprefix("/v1/")
    assert answer.json()["createTime"].endswith("Z")


def test_e29_subscribing_twice_already_exists(fcm: Fcm):
    subscribe(fcm, "news")

    again = subscribe(fcm, "news")

    assert (again.status_code, error_of(again)["status"]) == (409, "ALREADY_EXISTS")


def test_e29_subscriptions_are_listed_in_pages(fcm: Fcm):
    for topic in ("c", "a", "b"):
        subscribe(fcm, topic)

    first = fcm.call("GET", f"{path(fcm)}?pageSize=2").json()
    second = fcm.call("GET", f"{path(fcm)}?pageSize=2&pageToken={first['nextPageToken']}").json()

    assert [each["topicName"] for each in first["topicSubscriptions"]] == ["a", "b"]
    assert [each["topicName"] for each in second["topicSubscriptions"]] == ["c"]
    assert "nextPageToken" not in second


def test_e29_a_missing_subscription_is_deleted_only_when_that_is_allowed(fcm: Fcm):
    subscribe(fcm, "news")

    assert fcm.call("DELETE", path(fcm, topic="news")).json() == {}
    assert fcm.call("DELETE", path(fcm, topic="news")).status_code == 404
    assert fcm.call("DELETE", f"{path(fcm, topic='news')}?allow_missing=true").json() == {}
    assert fcm.call("GET", path(fcm, topic="news")).status_code == 404


def test_e29_subscribers_receive_a_topic_once_and_others_nothing(fcm: Fcm):
    subscribe(fcm, "news")
    subscribe(fcm, "news")
    subscribe(fcm, "news", OTHER)
    subscribe(fcm, "sport", THIRD)

    name = fcm.send({"topic": "news", "data": {"k": "v"}}).json()["name"]

    assert {each["token"] for each in fcm.sandbox.messages()} == {None, TOKEN, OTHER}
    assert {each["name"] for each in fcm.sandbox.messages()} == {name}
    [entry] = fcm.sandbox.messages(TOKEN)
    assert entry["message"] == {"topic": "news", "data": {"k": "v"}}
    assert fcm.sandbox.stats()["accepted"] == 1
    assert fcm.sandbox.stats()["max_per_token"] == 1


def test_e29_a_condition_reaches_whom_it_describes(fcm: Fcm):
    subscribe(fcm, "news")
    subscribe(fcm, "sport")
    subscribe(fcm, "news", OTHER)

    fcm.send({"condition": "'news' in topics && !('sport' in topics)"})

    assert len(fcm.sandbox.messages(OTHER)) == 1
    assert fcm.sandbox.messages(TOKEN) == []


def test_e29_an_unregistered_phone_cannot_subscribe_and_receives_nothing(fcm: Fcm):
    subscribe(fcm, "news")
    fcm.sandbox.set_phone(TOKEN, "unregistered")

    assert fcm_code(subscribe(fcm, "sport")) == "UNREGISTERED"
    fcm.send({"topic": "news"})
    assert fcm.sandbox.messages(TOKEN) == []


@pytest.mark.parametrize("topic", ["", "a%2Fb", "x" * 901])
def test_e29_a_bad_topic_is_refused(fcm: Fcm, topic: str):
    assert subscribe(fcm, topic).status_code == 400


def legacy(fcm: Fcm, what: str, content):
    return fcm.call("POST", f"/iid/v1:{what}", content, access_token_auth="true")


def test_e30_a_batch_names_the_tokens_that_failed(fcm: Fcm):
    fcm.sandbox.set_phone(OTHER, "unregistered")
    tokens = [TOKEN, OTHER, "short"]

    answer = legacy(fcm, "batchAdd", {"to": "/topics/news", "registration_tokens": tokens})

    errors = [{}, {"error": "NOT_FOUND"}, {"error": "INVALID_ARGUMENT"}]
    assert answer.json() == {"results": errors}
    fcm.send({"topic": "news"})
    assert len(fcm.sandbox.messages(TOKEN)) == 1


def test_e30_a_batch_removes(fcm: Fcm):
    content = {"to": "/topics/news", "registration_tokens": [TOKEN]}
    legacy(fcm, "batchAdd", content)

    assert legacy(fcm, "batchRemove", content).json() == {"results": [{}]}
    fcm.send({"topic": "news"})
    assert fcm.sandbox.messages(TOKEN) == []


def test_e30_a_thousand_tokens_are_the_most(fcm: Fcm):
    def batch(count: int):
        tokens = [f"{TOKEN}{index}" for index in range(count)]
        return legacy(fcm, "batchAdd", {"to": "/topics/news", "registration_tokens": tokens})

    assert batch(1000).status_code == 200
    assert batch(1001).status_code == 400


@pytest.mark.parametrize("content", [None, [], {}, {"to": "/topics/news"}, {"to": 1}])
def test_e30_a_broken_batch_is_refused_with_a_bare_word(fcm: Fcm, content):
    answer = legacy(fcm, "batchAdd", content)

    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)
