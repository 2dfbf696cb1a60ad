"""Real Celery workers for the tests: one in a thread, or as many processes as a test likes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from console.supervisor.mortal import die_with_parent
from tests.services import ROOT

_numbers = count(1)


@contextmanager
def worker_in_a_thread(concurrency: int = 4) -> Iterator[Any]:
    """Both queues, threads as in production; shares this process's settings and clock."""
    from celery.contrib.testing.worker import start_worker

    from console.celery import app

    with start_worker(
        app, pool="threads", concurrency=concurrency, perform_ping_check=False,
        queues=["trigger", "bulk"], loglevel="WARNING", shutdown_timeout=20,
    ) as running:  # fmt: skip
        yield running


class Worker:
    """`celery worker` as a process on the test database; `kill()` is SIGKILL."""

    def __init__(self, queues: tuple[str, ...], concurrency: int, env: dict[str, str]) -> None:
        self.name = f"test-{os.getpid()}-{next(_numbers)}@localhost"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-m", "celery", "-A", "console", "worker", "-n", self.name]
        command += ["-Q", ",".join(queues), "--pool=threads", f"--concurrency={concurrency}"]
        command += ["--without-gossip", "--without-mingle", "--loglevel=INFO"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DATABASE_URL": test_database_url(), "CELERY_SKIP_CHECKS": "1"} | env,
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )  # fmt: skip
        self._wait_until_it_answers()

    def log(self) -> str:
        return os.pread(self._log.fileno(), 50_000_000, 0).decode(errors="replace")

    def _wait_until_it_answers(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while f"{self.name} ready." not in self.log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The worker did not start:\n{self.log()}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self, seconds: float = 20) -> None:
        """SIGTERM: a warm shutdown, as in a deploy."""
        self.signal(signal.SIGTERM)
        self.process.wait(seconds)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def test_database_url() -> str:
    """The URL of the database that the tests write to, for another process."""
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


test_database_url.__test__ = False  # type: ignore[attr-defined]  # a name, not a test
