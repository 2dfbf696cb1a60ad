"""The courier's thread, in the process of the clock: it takes nothing from those who send."""

import logging
from threading import Event, Thread
from typing import Any

from celery.signals import beat_init
from django.conf import settings
from django.db import DatabaseError, connection

from notifications import mails
from notifications.sending import clock
from notifications.webhooks import courier

logger = logging.getLogger(__name__)
_ended = Event()


def work(ended: Event = _ended) -> None:
    """Turn after turn while there is something to do, else once a tick. Ends with its process."""
    recalled = False
    while not ended.is_set():
        busy = 0
        try:
            if not recalled:
                mails.recall(clock.now())
                recalled = True
            busy = courier.turn(clock.now())
        except DatabaseError as error:
            logger.warning("The webhooks wait for the database: %s", error)
        except Exception:
            logger.exception("A turn of the webhooks broke off.")
        finally:
            connection.close()
        ended.wait(0.05 if busy else settings.TICK_SECONDS)


@beat_init.connect
def _beat_began(**_: Any) -> None:
    Thread(target=work, daemon=True, name="webhooks").start()
