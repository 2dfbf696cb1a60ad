"""How many requests a key, and an address without a server key, may make in a minute.

Counted in Redis so that all web processes count together; where Redis is away each process
counts alone, and the limit holds all the same.
"""

import time
from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import Any

import redis
from django.conf import settings

PER_KEY = settings.API_LIMIT_PER_KEY
PER_ADDRESS = settings.API_LIMIT_PER_ADDRESS  # many phones share one of a mobile network
WINDOW_S = 60
REDIS_REST_S = 5  # how long a silent Redis is left alone


@dataclass(frozen=True, slots=True)
class Count:
    limit: int
    used: int
    reset_s: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_s),
        }


class Counts:
    """Fixed windows of a minute."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.client: Any = None
        self.rest_until = 0.0
        self.window = 0
        self.local: Counter[str] = Counter()

    def count(self, limits: dict[str, int]) -> Count:
        """One more request for each name; the count that is nearest to its limit."""
        now = time.time()
        window = int(now // WINDOW_S)
        reset_s = WINDOW_S - int(now % WINDOW_S)
        used = self.in_redis(list(limits), window) or self.alone(list(limits), window)
        counts = [
            Count(limit, count, reset_s) for limit, count in zip(limits.values(), used, strict=True)
        ]
        return min(counts, key=lambda count: (count.limit - count.used) / count.limit)

    def in_redis(self, names: list[str], window: int) -> list[int]:
        if time.monotonic() < self.rest_until:
            return []
        try:
            with self.connect().pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.incr(key := f"rate:{name}:{window}")
                    pipe.expire(key, 2 * WINDOW_S)
                return [int(used) for used in pipe.execute()[::2]]
        except (redis.RedisError, OSError):
            self.rest_until = time.monotonic() + REDIS_REST_S
            return []

    def connect(self) -> Any:
        """One client for all threads; one that is dropped would close what others speak on."""
        with self.lock:
            if self.client is None:
                self.client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2
                )
        return self.client

    def alone(self, names: list[str], window: int) -> list[int]:
        with self.lock:
            if window != self.window:
                self.window, self.local = window, Counter()
            self.local.update(names)
            return [self.local[name] for name in names]


counts = Counts()
