"""From an event in the app to FCM's receipt, while a broadcast of 100,000 goes out.

`python -m notifications.bench.latency COUNT CLEAR_URL`: two real workers, one for each queue, the
order made as the API makes it, the time of receipt as the far side kept it.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.request import urlopen

import django

from notifications.bench.engine import begun

EVERY_S = 0.1
WORKERS_S = 90.0


@contextmanager
def workers() -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "console", "worker", "--pool=threads"]
    command += ["--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    started = [
        subprocess.Popen(  # noqa: S603
            [*first, *command, "-Q", queue, f"--concurrency={threads}", "-n", f"{queue}@bench"],
            env=os.environ | {"CELERY_SKIP_CHECKS": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for first, queue, threads in ((["nice", "-n", "5"], "bulk", 1), ([], "trigger", 16))
    ]  # fmt: skip
    try:
        _wait_for_heartbeats()
        yield
    finally:
        for one in started:
            one.terminate()
        for one in started:
            with suppress(subprocess.TimeoutExpired):
                one.wait(20)
            one.kill()


def _wait_for_heartbeats() -> None:
    from notifications.models import Heartbeat

    deadline = time.monotonic() + WORKERS_S
    while Heartbeat.objects.filter(role__startswith="worker").count() < 2:
        if time.monotonic() > deadline:
            raise SystemExit("the workers did not start")
        time.sleep(0.2)


def measure(count: int, url: str) -> dict[str, float]:
    """Milliseconds; the first orders warm the workers and do not count."""
    from notifications import tasks
    from notifications.models import Notification

    warm = 3
    sent = {}
    with workers():
        for number in range(warm):
            _order(number)
            time.sleep(1)
        broadcast = begun()
        tasks.tick.delay()
        time.sleep(1.5)
        for number in range(warm, warm + count):
            sent[f"moment-{number}"] = _order(number)
            time.sleep(EVERY_S)
        broadcast.refresh_from_db()
        during = broadcast.status == "sending"
        time.sleep(2)
        with urlopen(f"{url}/moments", timeout=10) as answer:  # noqa: S310  our own server
            came = json.load(answer)
        Notification.objects.filter(status="sending").update(status="stopped")
    took = sorted((came[name] - at) * 1_000 for name, at in sent.items() if name in came)
    if not took:
        raise SystemExit("no order arrived")
    return {
        "orders": count, "arrived": len(took), "median_ms": statistics.median(took),
        "p95_ms": took[int(len(took) * 0.95) - 1], "during_a_broadcast": during,
    }  # fmt: skip


def _order(number: int) -> float:
    """A phone of its own for each, so that the far side can tell them apart."""
    from django.db import transaction
    from django.utils import timezone

    from devices.models import ApiKey, AppUser, Device
    from notifications import tasks, triggers

    key = ApiKey.objects.first()
    user = AppUser.objects.create(user_id=f"moment-{number}")
    Device.objects.create(
        device_id=f"moment-{number}", token=f"moment-{number}" + "x" * 140, platform="android",
        owner=user, bucket=0, perm_known=True, perm_status="granted",
    )  # fmt: skip
    began = time.time()
    order = triggers.Order("Your order", "It is on its way.", [user.user_id])
    with transaction.atomic():
        started = triggers.start(order, key=key, now=timezone.now())  # type: ignore[arg-type]
        if started.batch is not None:
            tasks.ring(tasks.deliver, started.batch.pk, queue="trigger")
    return began


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), sys.argv[2])) + "\n")
