"""What is and is not well with this installation, in plain words, each with its remedy.

Read by `manage.py doctor`, the Health page and /metrics; nothing here changes anything.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min
from django.utils.dateparse import parse_datetime

from notifications import kill_switch, mails, reasons
from notifications.fcm.credentials import BadCredentials
from notifications.models import (
    Batch,
    CallState,
    Heartbeat,
    Notification,
    ProjectPause,
    WebhookCall,
    WebhookEndpoint,
)
from notifications.pulse import SILENT_AFTER
from notifications.sending import channel
from notifications.states import NotificationStatus as S
from notifications.webhooks.keeping import deaf

QUEUES = ("trigger", "bulk")
DISK_LEAST = 500 * 1024 * 1024
SLOW_MS = 50.0
OVERDUE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None where nothing can be said. `remedy` says what to do while it is not well."""

    name: str
    ok: bool | None
    sentence: str
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def examine(now: datetime) -> list[Check]:
    """All of it. A check that itself breaks is a check that is not well."""
    return [_safely(check, now) for check in CHECKS]


def _safely(check: Callable[[datetime], Check], now: datetime) -> Check:
    try:
        return check(now)
    except (DatabaseError, OSError) as error:
        name = check.__name__.capitalize()
        return Check(name, False, f"{name} could not be looked at: {error}", "See the log.")


def database(now: datetime) -> Check:
    began = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    ms = (perf_counter() - began) * 1000
    kind = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    return Check(
        "Database",
        ms < SLOW_MS,
        f"{kind} answers in {ms:.1f} ms.",
        "" if ms < SLOW_MS else "It is slow: look at its load and its disk.",
        {"vendor": connection.vendor, "ms": round(ms, 2)},
    )


def broker(now: datetime) -> Check:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.3)
    began = perf_counter()
    try:
        client.ping()
        depth = {queue: int(client.llen(queue)) for queue in QUEUES}
    except (redis.RedisError, OSError) as error:
        return Check(
            "Redis",
            False,
            f"Redis does not answer: {str(error).rstrip('.')}.",
            "Start Redis, or correct REDIS_URL. Until then nothing starts, and nothing is lost; "
            "batches under way go on, each process at an eighth of the rate.",
        )
    finally:
        client.close()
    ms = (perf_counter() - began) * 1000
    rung = ", ".join(f"{n} in {queue}" for queue, n in depth.items())
    return Check("Redis", True, f"Redis answers in {ms:.1f} ms; doorbells: {rung}.", "", depth)


def workers(now: datetime) -> Check:
    beats = list(Heartbeat.objects.filter(role__startswith="worker").order_by("-at"))
    alive = [one for one in beats if now - one.at < SILENT_AFTER]
    missing = [queue for queue in QUEUES if not any(queue in one.role for one in alive)]
    facts = {"alive": len(alive)}
    if not missing:
        return Check("Workers", True, f"{len(alive)} workers are alive.", "", facts)
    commands = " and ".join(f"manage.py up --only worker-{queue}" for queue in missing)
    return Check(
        "Workers",
        False,
        f"No worker listens to {' or '.join(missing)}: {_silence(beats, missing, now)}",
        f"Start one: {commands}. What waits is sent then.",
        facts,
    )


def _silence(beats: list[Heartbeat], missing: list[str], now: datetime) -> str:
    beats = [beat for beat in beats if any(queue in beat.role for queue in missing)]
    if not beats:
        return "none was seen for a day."
    minutes = int((now - beats[0].at).total_seconds() // 60)
    return f"the last heartbeat is {minutes} min old."


def clock(now: datetime) -> Check:
    beats = Heartbeat.objects.filter(role="beat", at__gt=now - SILENT_AFTER).count()
    if beats:
        return Check("Clock", True, "Beat ticks.", "", {"beats": beats})
    return Check(
        "Clock",
        False,
        "Beat is silent: nothing scheduled starts, and nothing is tried again.",
        "Start it: manage.py up --only beat.",
        {"beats": 0},
    )


def sending(now: datetime) -> Check:
    """Whether a person let everything wait."""
    since = parse_datetime(kill_switch.since())
    if since is None:
        return Check("Sending", True, "Nobody has paused it.")
    return Check(
        "Sending",
        False,
        f"All sending is paused since {_moment(since)}.",
        "Resume it on the page Health when its cause is gone.",
    )


def queue(now: datetime) -> Check:
    """The oldest thing that should be under way and is not."""
    due = Batch.objects.claimable(now)
    oldest = due.aggregate(at=Min("due_at"))["at"]
    waiting = due.count()
    facts = {"due": waiting, "oldest_s": (now - oldest).total_seconds() if oldest else 0}
    if waiting and kill_switch.since():
        words = "1 batch waits" if waiting == 1 else f"{waiting} batches wait"
        told = f"{words} until the pause of all sending ends."
        return Check("Queue", True, told, "", facts)
    words = "1 batch is due" if waiting == 1 else f"{waiting} batches are due"
    if not oldest or now - oldest < OVERDUE:
        return Check("Queue", True, f"{words}.", "", facts)
    return Check(
        "Queue",
        False,
        f"{words}; the oldest waits for {int(facts['oldest_s'])} s.",
        "Run more workers (manage.py up --only worker-bulk), or look why they do not send.",
        facts,
    )


def firebase(now: datetime) -> Check:
    try:
        known = channel.credentials()
    except channel.SandboxAway as error:
        return Check("Firebase", False, str(error), "Start it: manage.py up --only sandbox.")
    except BadCredentials as error:
        return Check(
            "Firebase", False, str(error), "Correct FIREBASE_CREDENTIALS and restart the workers."
        )
    facts = {"project": known.project_id, "sandbox": channel.in_sandbox()}
    if channel.in_sandbox():
        return Check("Firebase", True, "The sandbox is in use: no real phones.", "", facts)
    return Check(
        "Firebase", True, f"Project {known.project_id} as {known.client_email}.", "", facts
    )


def answers(now: datetime) -> Check:
    """What FCM's answers paused or are holding up."""
    pause = ProjectPause.objects.filter(until__gt=now).first()
    if pause and pause.until:
        return Check(
            "FCM",
            False,
            f"Google asked the whole project to be quiet until {pause.until:%H:%M:%S} UTC.",
            "Nothing to do: sending goes on by itself.",
        )
    held = Notification.objects.filter(status=S.PAUSED).exclude(paused_reason__in=("by_person", ""))
    codes = list(held.order_by("pk").values_list("paused_reason", flat=True).distinct()[:1])
    if codes:
        count = held.count()
        words = "1 notification is" if count == 1 else f"{count} notifications are"
        return Check(
            "FCM",
            False,
            f"{words} paused: {reasons.sentence(codes[0])}",
            reasons.next_step(codes[0]),
        )
    return Check("FCM", True, "Nothing is paused by what FCM answered.")


def held(now: datetime) -> Check:
    """What waits for a person: late, or no longer what was reviewed."""
    waiting = Notification.objects.filter(status=S.HELD)
    count = waiting.count()
    if not count:
        return Check("Held", True, "Nothing waits for a person.", "", {"held": 0})
    oldest = waiting.aggregate(at=Min("due_at"))["at"]
    words = "1 notification is" if count == 1 else f"{count} notifications are"
    return Check(
        "Held",
        False,
        f"{words} held, the oldest since {_moment(oldest)}.",
        "Schedule → Send now, Reschedule or Cancel.",
        {"held": count},
    )


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}, {at:%H:%M} UTC"


def disk(now: datetime) -> Check:
    free = shutil.disk_usage(settings.DATA_DIR).free
    facts = {"free_bytes": free}
    enough = free > DISK_LEAST
    return Check(
        "Disk",
        enough,
        f"{free / 1024**3:.1f} GiB free in {settings.DATA_DIR}.",
        "" if enough else "Make room: without it nothing can be written, so nothing is sent.",
        facts,
    )


def webhooks(now: datetime) -> Check:
    count = WebhookEndpoint.objects.filter(paused_at=None).count()
    waiting = WebhookCall.objects.filter(state=CallState.WAITING).count()
    facts = {"endpoints": count, "waiting": waiting}
    names = [f"“{name}”" for name in deaf(now).values_list("name", flat=True)[:3]]
    if names:
        told = f"{', '.join(names)} {'take' if names[1:] else 'takes'} no calls; {waiting} wait."
        remedy = "Look at the last calls under Settings → Webhooks, put it right, then resume."
        return Check("Webhooks", False, told, remedy, facts)
    said = f"{count} listen; {waiting} calls wait." if count else "Nobody listens."
    return Check("Webhooks", True, said, "", facts)


def mail(now: datetime) -> Check:
    """Who hears of what is held or halted without looking."""
    if not settings.MAILED_EVENTS:
        return Check("Mail", True, "No EMAIL_URL: nobody is mailed.")
    if said := mails.trouble():
        return Check(
            "Mail",
            False,
            f"The mail server does not take our mail: {said.rstrip('.')}.",
            "Correct EMAIL_URL or EMAIL_FROM and restart beat; manage.py sendtestemail tries it.",
        )
    to = ", ".join(settings.EMAIL_TO) or "its author alone (EMAIL_TO is empty)"
    return Check("Mail", True, f"What is held or halted is mailed to {to}.")


CHECKS = [
    database, broker, workers, clock, sending, queue, firebase, answers, held, disk, webhooks, mail,
]  # fmt: skip
