"""Named places where a test ends or stalls this very process: `FAILPOINT=place:action:argument`.

    FAILPOINT=after_answers_before_commit:exit:137@n=3   the third time it comes there, exit
    FAILPOINT=after_claim:sleep:5,before_finish:exit:1   several, parted by commas

Only with DEBUG_FAILPOINTS on; otherwise `reached` does nothing. The places are once a transaction,
never once a device.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import sleep

from django.conf import settings

logger = logging.getLogger(__name__)

PLACES = (
    "after_claim",  # the lease is committed, nothing is open
    "after_settle",  # what was in doubt is written, not yet committed
    "in_plan",  # a page of batches is written, not yet committed
    "after_plan_page",  # and committed
    "after_open_before_send",  # the manifest is committed, no byte has left
    "after_answers_before_commit",  # answers are in, their rows not yet committed
    "before_finish",  # the last record is committed, the notification is still `sending`
)
ACTIONS = ("exit", "sleep")


class BadFailpoint(ValueError):
    """The text of FAILPOINT says no place, or no action, that we know."""


@dataclass
class Failpoint:
    place: str
    action: str
    argument: float
    nth: int  # 0: each time

    def __post_init__(self) -> None:
        self._times, self._lock = 0, Lock()

    def strike(self) -> None:
        with self._lock:
            self._times += 1
            if self.nth and self._times != self.nth:
                return
        logger.warning("Failpoint %s: %s %g.", self.place, self.action, self.argument)
        if self.action == "exit":
            os._exit(int(self.argument))
        sleep(self.argument)


def parse(text: str) -> list[Failpoint]:
    """Raises BadFailpoint, whose text is the whole message."""
    return [_one(part.strip()) for part in text.split(",") if part.strip()]


def _one(text: str) -> Failpoint:
    try:
        what, _, nth = text.partition("@n=")
        place, action, argument = what.split(":")
        found = Failpoint(place, action, float(argument), int(nth or 0))
    except ValueError:
        raise BadFailpoint(f'FAILPOINT="{text}": write place:action:argument or …@n=3') from None
    if place not in PLACES or action not in ACTIONS:
        raise BadFailpoint(f'FAILPOINT="{text}": one of {PLACES}, then one of {ACTIONS}')
    return found


def _nothing(place: str) -> None:
    """No failpoint is set."""


def armed(text: str) -> Callable[[str], None]:
    by_place: dict[str, list[Failpoint]] = {}
    for one in parse(text):
        by_place.setdefault(one.place, []).append(one)

    def strike(place: str) -> None:
        for one in by_place.get(place, ()):
            one.strike()

    return strike if by_place else _nothing


reached = armed(settings.FAILPOINT) if settings.DEBUG_FAILPOINTS else _nothing
