"""When a message that FCM did not take is tried again, and when we give up.

Google's guidance: honour Retry-After; else at least 60 s after a 429 and 10 s after a 500 or 503,
doubling, with jitter; stop after 60 minutes. All of it lives in rows, nothing sleeps.
"""

from datetime import datetime, timedelta
from random import random

from django.conf import settings

from notifications.fcm.outcomes import Answer

ATTEMPTS_MAX = 6
WAIT_MAX_S = 600.0
JITTER_SHARES = (0.25, 0.50)


def floor_s(answer: Answer, attempts: int) -> float:
    """The shortest wait before the next try of a message that was tried `attempts` times."""
    floor = settings.QUOTA_SECONDS if answer.reason == "quota" else settings.RETRY_SECONDS
    if answer.retry_after_s is not None:
        return max(0.0, answer.retry_after_s)
    return float(min(floor * 2 ** max(0, attempts - 1), max(WAIT_MAX_S, floor)))


def jitter_s(floor: float) -> float:
    """What is added to a floor, never taken away: it parts the retries of many workers, and while
    it lasts a worker's later retries join its earlier ones (see `retries`)."""
    least, most = JITTER_SHARES
    share = least + (most - least) * random()  # noqa: S311  jitter, no secret
    return max(0.1, floor * share)


def gives_up(attempts: int, started_at: datetime, due_at: datetime, expires_at: datetime) -> bool:
    """No further try: attempts used up, an hour over, or the message would be too late."""
    too_long = due_at - started_at > timedelta(minutes=settings.RETRY_MINUTES)
    return attempts >= ATTEMPTS_MAX or too_long or due_at >= expires_at
