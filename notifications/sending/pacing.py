"""One token bucket for all workers, in Redis: FCM_MESSAGES_PER_MINUTE, ramping up from 500/s.

Bulk draws from nine tenths of the rate, so a trigger never waits behind a broadcast. Without
Redis each process paces itself at an eighth of the rate; Health says so.
"""

import logging
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

RAMP_FROM = 500.0  # messages a second
IDLE_S = 600.0  # after so long without sending the ramp starts over
WITHOUT_REDIS = 1 / 8
TRIGGER_SHARE = 0.10
RETRY_REDIS_S = 5.0

# KEYS: bucket. ARGV: rate/s, wanted, ramp_s, ramp_from, idle_s. Redis' own clock.
# Tokens accrue at the ramped rate and never more than one second of it is kept.
SCRIPT = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local rate, want = tonumber(ARGV[1]), tonumber(ARGV[2])
local ramp, from, idle = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local row = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'began')
local at, began = tonumber(row[2]), tonumber(row[3])
if not at or now - at > idle then began = now; at = now - 0.1; row[1] = 0 end
local speed = rate
if ramp > 0 and now - began < ramp then
  speed = math.min(rate, from + (rate - from) * (now - began) / ramp)
end
local tokens = math.min(speed, tonumber(row[1]) + (now - at) * speed)
local grant = math.floor(math.min(want, tokens))
if grant < 0 then grant = 0 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - grant), 'at', tostring(now),
           'began', tostring(began))
redis.call('EXPIRE', KEYS[1], 3600)
return grant
"""


@dataclass(slots=True)
class Alone:
    """The bucket of one process while Redis is away."""

    tokens: float = 0.0
    at: float = field(default_factory=monotonic)

    def grant(self, rate: float, want: int) -> int:
        now = monotonic()
        self.tokens = min(rate, self.tokens + (now - self.at) * rate)
        self.at = now
        given = int(min(want, self.tokens))
        self.tokens -= given
        return given


class Pacer:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=1, socket_connect_timeout=0.3, retry=None
        )
        self._script = self._redis.register_script(SCRIPT)
        self._alone = Alone()
        self._away_until = 0.0

    @property
    def without_redis(self) -> bool:
        return monotonic() < self._away_until

    def grant(self, want: int, queue: str) -> int:
        """How many of `want` messages may be opened now; 0 to wait a little."""
        rate = settings.FCM_MESSAGES_PER_MINUTE / 60
        share = TRIGGER_SHARE if queue == "trigger" else 1 - TRIGGER_SHARE
        if not self.without_redis:
            try:
                return self._from_redis(rate * share, want, queue)
            except (redis.RedisError, OSError) as error:
                self._away_until = monotonic() + RETRY_REDIS_S
                logger.warning("Redis is away (%s): pacing alone at an eighth.", error)
        return self._alone.grant(rate * WITHOUT_REDIS, want)

    def _from_redis(self, rate: float, want: int, queue: str) -> int:
        arguments: list[Any] = [rate, want, settings.RAMP_SECONDS, RAMP_FROM, IDLE_S]
        if queue == "trigger":
            # A trigger is one message to someone who waits: no ramp holds it.
            arguments[2] = 0
        return int(self._script(keys=[f"beckon:pace:{queue}"], args=arguments))


@cache
def pacer() -> Pacer:
    return Pacer(settings.REDIS_URL)
