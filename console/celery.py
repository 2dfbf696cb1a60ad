"""The conveyor. Tasks carry one id; the broker is only a doorbell and may lose anything."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("beckon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def take_turns_sooner(**_: Any) -> None:
    """Threads that send spend their time in short calls of the database, and each call lets
    another thread run. At the default of 5 ms that one would keep running far longer than the call
    lasts, while the first holds the database's lock."""
    sys.setswitchinterval(0.0005)
