"""Heartbeats: each worker and beat writes its own row every few seconds, from a thread."""

import logging
import os
import socket
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from celery.signals import beat_init, worker_ready, worker_shutdown
from django.db import DatabaseError, connection
from django.utils import timezone

from notifications.models import Heartbeat

logger = logging.getLogger(__name__)
EVERY_S = 10.0
SILENT_AFTER = timedelta(seconds=60)
GONE_AFTER = timedelta(days=1)
_ended = Event()


def _beat(name: str, role: str) -> None:
    while True:
        try:
            now = timezone.now()
            Heartbeat.objects.update_or_create(name=name, defaults={"role": role, "at": now})
            Heartbeat.objects.filter(at__lt=now - GONE_AFTER).delete()
        except DatabaseError as error:
            logger.warning("No heartbeat written: %s", error)
        finally:
            connection.close()
        if _ended.wait(EVERY_S):
            return


def start(role: str) -> None:
    _ended.clear()
    name = f"{role}@{socket.gethostname()}:{os.getpid()}"
    Thread(target=_beat, args=(name, role), daemon=True, name="heartbeat").start()


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


@worker_shutdown.connect
def _worker_ends(**_: Any) -> None:
    _ended.set()
