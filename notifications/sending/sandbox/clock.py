"""The sandbox's own time, which tests can move."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, moved by `offset`. A restart puts it back to real time."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset


def timestamp(seconds: float) -> str:
    """RFC 3339 with microseconds, as Google writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
