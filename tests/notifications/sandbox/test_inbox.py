"""The oracle itself: exact whatever happens around it."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pycurl

from notifications.sending.sandbox.inbox import Inbox, Template
from tests.notifications.sandbox.calls import Fcm


def test_counts_stay_exact_when_messages_are_no_longer_kept(tmp_path: Path):
    def reopened() -> Inbox:
        return Inbox(tmp_path, "messages/", kept=20, segment=10)

    inbox = reopened()
    expected: Counter[str] = Counter()
    for index in range(500):
        token = f"sbx-one-of-seven-phones-{index % 7}"
        expected[token] += 1
        inbox.accepted += 1
        inbox.count(200)
        inbox.record(inbox.next_id(), token, float(index), Template(json.dumps({"data": {}})))
        inbox.flush()
        if index % 97 == 0:
            inbox = reopened()

    inbox = reopened()
    assert inbox.stats() == {
        "requests": 500,
        "accepted": 500,
        "rejected": 0,
        "by_status": {"200": 500},
        "max_per_token": max(expected.values()),
    }
    newest = inbox.newest(None, 1000)
    assert len(newest) == 20
    assert newest[0]["token"] == "sbx-one-of-seven-phones-2"
    assert len(inbox.newest("sbx-one-of-seven-phones-3", 1000)) == 2
    assert len(list(tmp_path.glob("messages-*.log"))) <= 10


def test_many_restarts_with_few_messages_lose_none(tmp_path: Path):
    for index in range(30):
        inbox = Inbox(tmp_path, "messages/", kept=40, segment=10)
        inbox.record(inbox.next_id(), f"sbx-a-phone-with-number-{index}", 0.0, Template("{}"))
        inbox.flush()

    inbox = Inbox(tmp_path, "messages/", kept=40, segment=10)
    assert len(inbox.newest(None, 100)) == 30
    assert inbox.newest("sbx-a-phone-with-number-0", 1)


def test_a_token_that_was_asked_for_stays_up_to_date(tmp_path: Path):
    inbox = Inbox(tmp_path, "messages/", kept=20, segment=10)
    for token in ("a" * 20, "b" * 20, "a" * 20):
        inbox.record(token[:3], token, 0.0, Template("{}"))
        assert all(each["token"] == "a" * 20 for each in inbox.newest("a" * 20, 10))

    assert len(inbox.newest("a" * 20, 10)) == 2
    assert len(inbox.newest("a" * 20, 1)) == 1
    assert inbox.newest("c" * 20, 10) == []
    inbox.forget()
    assert inbox.newest("a" * 20, 10) == []


def test_forgetting_leaves_nothing_on_disk_to_come_back(tmp_path: Path):
    inbox = Inbox(tmp_path, "messages/", kept=20, segment=10)
    for _ in range(100):
        inbox.record(inbox.next_id(), "x" * 20, 0.0, Template("{}"))
        inbox.flush()

    inbox.forget()

    again = Inbox(tmp_path, "messages/", kept=20, segment=10)
    assert again.stats()["max_per_token"] == 0
    assert again.newest(None, 100) == []


def test_counts_are_exact_with_many_clients_at_once(fcm: Fcm):
    bearer, url = fcm.bearer, fcm.url()
    tokens = [f"sbx-one-of-many-phones-{index % 400}" for index in range(2000)] + ["y" * 40] * 13

    with ThreadPoolExecutor(4) as pool:
        results = list(
            pool.map(post_all, [bearer] * 4, [url] * 4, [tokens[n::4] for n in range(4)])
        )

    names = [name for part in results for name in part]
    stats = fcm.sandbox.stats()
    assert len(set(names)) == len(tokens) == stats["accepted"] == stats["requests"]
    assert stats["by_status"] == {"200": len(tokens)}
    assert stats["max_per_token"] == 13
    assert {each["name"] for each in fcm.sandbox.messages(limit=1000)} <= set(names)


def post_all(bearer: str, url: str, tokens: list[str]) -> list[str]:
    """64 in flight over two HTTP/2 connections; the names that came back."""
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, 2)
    names: list[str] = []
    waiting = list(tokens)
    idle = [pycurl.Curl() for _ in range(64)]
    running = 0
    while waiting or running:
        while idle and waiting:
            handle = idle.pop()
            handle.reset()
            handle.setopt(handle.URL, url)
            handle.setopt(handle.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
            handle.setopt(handle.HTTPHEADER, [f"Authorization: Bearer {bearer}"])
            handle.setopt(handle.POSTFIELDS, json.dumps({"message": {"token": waiting.pop()}}))
            handle.setopt(handle.WRITEFUNCTION, lambda body: names.append(json.loads(body)["name"]))
            handle.setopt(handle.NOPROXY, "*")
            multi.add_handle(handle)
            running += 1
        multi.perform()
        _, done, failed = multi.info_read()
        assert not failed
        for handle in done:
            multi.remove_handle(handle)
            idle.append(handle)
            running -= 1
        if not done:
            multi.select(0.1)
    return names
