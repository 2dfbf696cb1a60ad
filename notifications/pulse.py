"""Heartbeats: each worker and beat writes its own row every few seconds, from a thread, and takes
it away when it ends in good order: what is left to see is alive or was killed."""

import atexit
import logging
import os
import socket
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from celery.signals import beat_init, worker_ready, worker_shutdown
from django.db import DatabaseError, connection
from django.utils import timezone

from notifications import latest
from notifications.models import Heartbeat

logger = logging.getLogger(__name__)
EVERY_S = 10.0
SILENT_AFTER = timedelta(seconds=60)
GONE_AFTER = timedelta(days=1)
_ended = Event()
_threads: list[Thread] = []


def _beat(name: str, role: str) -> None:
    while True:
        try:
            now = timezone.now()
            Heartbeat.objects.update_or_create(name=name, defaults={"role": role, "at": now})
            Heartbeat.objects.filter(at__lt=now - GONE_AFTER).delete()
            latest.note(now)
        except DatabaseError as error:
            logger.warning("No heartbeat written: %s", error)
        finally:
            connection.close()
        if _ended.wait(EVERY_S):
            return


def start(role: str) -> None:
    _ended.clear()
    _threads.append(Thread(target=_beat, args=(_name(role), role), daemon=True, name="heartbeat"))
    _threads[-1].start()


def _name(role: str) -> str:
    return f"{role}@{socket.gethostname()}:{os.getpid()}"


def end() -> None:
    """This process takes its row away."""
    _ended.set()
    while _threads:  # else it might write once more
        _threads.pop().join(2)
    try:
        Heartbeat.objects.filter(name__endswith=_name("")).delete()
    except DatabaseError as error:
        logger.info("The heartbeat stays for a day: %s", error)
    finally:
        connection.close()


def workers(queue: str) -> int:
    """How many processes listen to that queue, as far as their heartbeats say; at least one."""
    alive = Heartbeat.objects.filter(at__gt=timezone.now() - SILENT_AFTER)
    return max(1, alive.filter(role__startswith="worker", role__contains=queue).count())


@worker_ready.connect
def _worker_began(sender: Any = None, **_: Any) -> None:
    queues = sorted(sender.app.amqp.queues.consume_from) if sender is not None else []
    start("-".join(["worker", *queues]))


@beat_init.connect
def _beat_began(**_: Any) -> None:
    start("beat")
    atexit.register(end)  # beat has no signal for its end


@worker_shutdown.connect
def _worker_ends(**_: Any) -> None:
    end()
