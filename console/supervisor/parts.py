"""What there is to run: each part's command line, and how to tell that it answers."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from celery.utils.nodenames import gethostname
from django.conf import settings

from console import embedded_redis
from console.supervisor import answers

AS_ROOT = "ignore:You're running the worker with superuser privileges"  # usual in a container
CELERY = [sys.executable, "-W", AS_ROOT, "-m", "celery", "-A", "console", "--quiet"]
WEB_WORKERS = 2
WEB_THREADS = 8
WEB_GRACE_S = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One process of an installation.

    `answers` is asked until it says yes; one question may take 2 s. Lines that contain `hush` are
    not passed on.
    """

    name: str
    command: list[str]
    answers: Callable[[], bool]
    hush: str = ""


def uses_embedded_redis() -> bool:
    return embedded_redis.url(settings.DATA_DIR) == settings.REDIS_URL


def uses_sandbox() -> bool:
    return bool(settings.FCM_BASE_URL == settings.SANDBOX_URL)


def redis() -> Part:
    question = partial(answers.redis_answers, embedded_redis.socket_path(settings.DATA_DIR))
    return Part(
        "redis",
        embedded_redis.command(settings.DATA_DIR),
        question,
        hush="Memory overcommit must be enabled",  # advice for gigabytes; ours holds doorbells
    )


def sandbox() -> Part:
    command = [sys.executable, "-m", "notifications.sending.sandbox"]
    command += ["--port", str(settings.SANDBOX_PORT), "--data-dir", str(settings.DATA_DIR)]
    if settings.SANDBOX_TLS_PORT:
        command += ["--tls-port", str(settings.SANDBOX_TLS_PORT)]
    question = partial(
        answers.http_answers,
        "127.0.0.1", settings.SANDBOX_PORT, "/_sandbox/stats", {"X-Sandbox": "1"},
    )  # fmt: skip
    return Part("sandbox", command, question)


def web() -> Part:
    host = settings.BIND
    command = [sys.executable, "-m", "gunicorn", "console.wsgi:application"]
    command += ["--bind", f"[{host}]:{settings.PORT}" if ":" in host else f"{host}:{settings.PORT}"]
    command += ["--worker-class", "gthread", "--threads", str(WEB_THREADS), "--preload"]
    command += ["--workers", os.environ.get("WEB_CONCURRENCY") or str(WEB_WORKERS)]
    command += ["--timeout", "60", "--graceful-timeout", str(WEB_GRACE_S)]
    command += ["--forwarded-allow-ips", ",".join(map(str, settings.TRUSTED_PROXIES))]
    command += ["--log-level", "warning", "--no-control-socket"]
    if Path("/dev/shm").is_dir():  # noqa: S108  heartbeats must not wait for a slow disk
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    question = partial(
        answers.http_answers, reachable(host), settings.PORT, "/healthz", {"Host": known_host()}
    )
    return Part("web", command, question)


def reachable(bind: str) -> str:
    """Where to knock when something listens on `bind`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(bind, bind)  # noqa: S104


def known_host() -> str:
    """A Host header that Django will not refuse."""
    first = str(settings.ALLOWED_HOSTS[0]) if settings.ALLOWED_HOSTS else "127.0.0.1"
    return "127.0.0.1" if first == "*" else first.lstrip(".")


POLITELY = ["nice", "-n", "5"]


def worker(queue: str, concurrency: int) -> Part:
    """Several may run on one machine: each has the number of its process in its name."""
    name = f"worker-{queue}"
    node = f"{name}-{os.getpid()}@{gethostname()}"
    command = [*CELERY, "worker", "-Q", queue, "-n", node, "--pool=threads"]
    command += [f"--concurrency={concurrency}", "--without-gossip", "--without-mingle"]
    command += ["--loglevel=INFO"]
    return Part(name, command, partial(answers.worker_answers, node))


def worker_trigger() -> Part:
    """On SQLite few threads: there one writes at a time, and the others would only queue."""
    few = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return worker("trigger", 4 if few else 16)


def worker_bulk() -> Part:
    """One thread: on SQLite one writer, on PostgreSQL start as many of these as cores want. A
    broadcast takes what pages and triggers leave of the processor, never the other way round."""
    part = worker("bulk", 1)
    return replace(part, command=[*POLITELY, *part.command])


def beat() -> Part:
    schedule = Path(settings.CELERY_BEAT_SCHEDULE_FILENAME)
    command = [*CELERY, "beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="]
    question = partial(answers.written_since, schedule.parent, f"{schedule.name}*", answers.now())
    return Part("beat", command, question)


ALONE: dict[str, Callable[[], Part]] = {
    "web": web,
    "worker-trigger": worker_trigger,
    "worker-bulk": worker_bulk,
    "beat": beat,
    "sandbox": sandbox,
}
"""What `up --only NAME` may start."""


def environment() -> dict[str, str]:
    """The environment of every part: what `up` was given, with paths that hold anywhere."""
    env = dict(os.environ)
    env |= {
        "DATA_DIR": str(settings.DATA_DIR),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "PYTHONUNBUFFERED": "1",
        "CELERY_SKIP_CHECKS": "1",  # `up` ran ours; Django's cost each worker 2 s
    }
    if settings.FIREBASE_CREDENTIALS:
        env["FIREBASE_CREDENTIALS"] = str(Path(settings.FIREBASE_CREDENTIALS).resolve())
    return env
