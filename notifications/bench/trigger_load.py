"""Triggers under load, against a running installation on the sandbox:

    DATA_DIR=… PORT=… SANDBOX_PORT=… python -m notifications.bench.trigger_load --calls 5000

Makes phones of its own in that installation's database, calls from several clients at a steady
pace, and asks the sandbox what arrived: every 202 once, nothing else. With `--broadcast N` one to N
phones goes out meanwhile; somebody looks at pages all the time.
"""

import argparse
import http.client
import json
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

PATH = "/api/v1/notifications/trigger"
RUN = token_hex(4)  # so that a second run repeats no call of the first


@dataclass(frozen=True, slots=True)
class Told:
    """One call: which phone it was for, when it began, how long the answer took."""

    number: int
    status: int
    began: float
    took_s: float


class Caller:
    """One client with a connection of its own; calls are spread evenly over the time."""

    def __init__(self, url: str, key: str, begin: float, seconds_a_call: float) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=30
        )
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.begin, self.seconds_a_call = begin, seconds_a_call

    def call(self, number: int, idempotency_key: str = "") -> Told:
        wait = self.begin + number * self.seconds_a_call - time.time()
        if wait > 0:
            time.sleep(wait)
        body = json.dumps(
            {"user_id": user_of(number), "title": "Jo commented", "text": f"Comment {number}"}
        )
        began = time.time()
        headers = self.headers | {"Idempotency-Key": idempotency_key or f"{RUN}-{number}"}
        self.connection.request("POST", PATH, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        return Told(number, answer.status, began, time.time() - began)


def user_of(number: int) -> str:
    return f"load-user-{number}"


def token_of(number: int) -> str:
    return f"load-{number:08d}:APA91b-pretend-token"


def make_phones(count: int) -> None:
    from devices.models import AppUser, Device
    from devices.registry import bucket_of

    there = Device.objects.filter(device_id__startswith="load-phone-").count()
    users = AppUser.objects.bulk_create(
        [AppUser(user_id=user_of(n)) for n in range(there, count)], batch_size=1_000
    )
    Device.objects.bulk_create(
        [
            Device(
                device_id=f"load-phone-{n}",
                token=token_of(n),
                owner=user,
                platform="android",
                bucket=bucket_of(f"load-phone-{n}"),
                perm_system="authorized",
                perm_known=True,
                perm_status="granted",
                deliverable=True,
            )
            for n, user in enumerate(users, start=there)
        ],
        batch_size=500,
    )


def run(url: str, key: str, calls: int, clients: int, seconds: float) -> list[Told]:
    begin = time.time() + 0.5

    def walk(client: int) -> list[Told]:
        caller = Caller(url, key, begin, seconds / calls)
        return [caller.call(number) for number in range(client, calls, clients)]

    with ThreadPoolExecutor(clients) as pool:
        return [told for mine in pool.map(walk, range(clients)) for told in mine]


def one_key(url: str, key: str, parallel: int, number: int) -> list[int]:
    """Many calls at once with one Idempotency-Key; their statuses."""

    def press(_: int) -> int:
        return Caller(url, key, 0, 0).call(number, f"{RUN}-one-key").status

    with ThreadPoolExecutor(parallel) as pool:
        return list(pool.map(press, range(parallel)))


# ---------------------------------------------------------------- what arrived


def sandbox(url: str, path: str) -> Any:
    request = urllib.request.Request(url + path, headers={"X-Sandbox": "1"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own sandbox
        return json.load(answer)


def wait_for(sandbox_url: str, wanted: int, seconds: float = 120) -> dict[str, Any]:
    """The sandbox's numbers once nothing more arrives."""
    deadline, last = time.time() + seconds, -1
    while True:
        stats: dict[str, Any] = sandbox(sandbox_url, "/_sandbox/stats")
        if stats["accepted"] == last >= wanted or time.time() > deadline:
            return stats
        last = stats["accepted"]
        time.sleep(2)


def to_fcm_s(sandbox_url: str, told: list[Told], every: int) -> list[float]:
    """From the beginning of a call until the sandbox had its message, for every so manieth."""
    found = []
    for one in told[::every]:
        [message] = sandbox(sandbox_url, f"/_sandbox/messages?token={token_of(one.number)}")[
            "messages"
        ][:1]
        at = message["at"]
        moment = datetime.fromisoformat(at).timestamp() if isinstance(at, str) else float(at)
        found.append(moment - one.began)
    return found


def within(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def status_of(broadcast: Any) -> str:
    if broadcast is None:
        return "none"
    broadcast.refresh_from_db()
    return f"{broadcast.planned} phones, {broadcast.status}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calls", type=int, default=5_000)
    asked.add_argument("--clients", type=int, default=8)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--broadcast", type=int, default=0)
    given = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    import django

    django.setup()
    from django.conf import settings

    from devices import keys
    from devices.states import KeyKind
    from notifications.bench import meanwhile

    make_phones(given.calls + 1)
    key = keys.make(KeyKind.SERVER, "load", ["trigger"]).text
    before = sandbox(settings.SANDBOX_URL, "/_sandbox/stats")["accepted"]
    url = f"http://127.0.0.1:{settings.PORT}"
    visitor = meanwhile.Visitor(url, meanwhile.session_of(settings.ADMIN_USERNAME))
    broadcast = meanwhile.begin_broadcast(given.broadcast) if given.broadcast else None
    with visitor:
        told = run(url, key, given.calls, given.clients, given.seconds)
    began = min(one.began for one in told)
    spent = max(one.began + one.took_s for one in told) - began
    pressed = one_key(url, key, 50, given.calls)
    taken = [one for one in told if one.status == 202]
    stats = wait_for(settings.SANDBOX_URL, before + len(taken) + 1 + given.broadcast)
    answers = [one.took_s for one in told]
    arrivals = to_fcm_s(settings.SANDBOX_URL, taken, max(1, len(taken) // 200))
    print(json.dumps({
        "calls": len(told), "seconds": round(spent, 1), "accepted_202": len(taken),
        "arrived": stats["accepted"] - before - 1 - given.broadcast, "max_per_token": stats["max_per_token"],
        "answer_ms": {"p50": round(1000 * within(answers, .5)), "p95": round(1000 * within(answers, .95))},
        "to_fcm_ms": {"p50": round(1000 * within(arrivals, .5)), "p95": round(1000 * within(arrivals, .95))},
        "broadcast": status_of(broadcast),
        "pages_ms": {"p50": round(1000 * within(visitor.took, .5)), "p95": round(1000 * within(visitor.took, .95))},
        "pages_refused": visitor.refused[:5],
        "one_key_of_50": sorted(set(pressed)), "load_average": os.getloadavg()[0],
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
