"""Many callers at once: every 202 arrives once, and nothing else does."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from notifications import tasks
from tests.factories import make_key
from tests.sending import make_phones

CALLS, CLIENTS = 100, 8


@pytest.mark.timeout(240)
@pytest.mark.django_db(transaction=True)
def test_a_hundred_calls_of_eight_clients_arrive_once_each(worker: Any, sandbox: Any) -> None:
    make_phones(CALLS)
    key = make_key("server", ["trigger"])

    def walk(client: int) -> list[int]:
        caller, statuses = Client(), []
        for number in range(client, CALLS, CLIENTS):
            answer = caller.post(
                "/api/v1/notifications/trigger",
                {"user_id": f"phone-{number}", "title": "Jo commented", "text": f"No. {number}"},
                content_type="application/json",
                headers={"Authorization": f"Bearer {key}"},
            )
            statuses.append(answer.status_code)
        connection.close()
        return statuses

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [one for mine in pool.map(walk, range(CLIENTS)) for one in mine]
    deadline = time.monotonic() + 60
    while sandbox.stats()["accepted"] < CALLS and time.monotonic() < deadline:
        tasks.tick()  # a doorbell may have been lost; beat would ask too
        time.sleep(0.2)

    assert statuses == [202] * CALLS
    stats = sandbox.stats()
    assert (stats["accepted"], stats["max_per_token"]) == (CALLS, 1)
