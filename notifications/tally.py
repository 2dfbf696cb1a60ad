"""What called the trigger door in the last day: counts, latencies, the newest rejects.

Kept in Redis by the hour, since a row a call would cost more than the call; where Redis is away
nothing is counted and nobody waits. Holds no texts and no people: keys, cards, codes.
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import redis

from devices.api.limits import counts

HOURS = 24
KEPT_S = 26 * 3600
REJECTS_MAX = 200
ACCEPTED, REPLAYED = "accepted", "replayed"
INLINE, UNREADABLE = "", "?"
EDGES_MS = (5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000)
CARD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_REJECTS = "trigger:rejects"


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the door saw it. `key` is a key's public id, empty where none was valid."""

    key: str
    card: str
    code: str
    status: int
    ms: float
    at: datetime
    field: str = ""
    request_id: str = ""

    @property
    def is_rejected(self) -> bool:
        return self.status >= 400


@dataclass(slots=True)
class Line:
    """The calls of one key for one card."""

    key: str
    card: str
    codes: Counter[str] = field(default_factory=Counter)
    slowness: Counter[int] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return sum(self.codes.values())

    @property
    def accepted(self) -> int:
        return self.codes[ACCEPTED]

    @property
    def replayed(self) -> int:
        return self.codes[REPLAYED]

    @property
    def rejected(self) -> int:
        return self.calls - self.accepted - self.replayed

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Codes of what was rejected, the most frequent first."""
        return [(c, n) for c, n in self.codes.most_common() if c not in (ACCEPTED, REPLAYED)]

    def within_ms(self, share: float) -> int | None:
        """So many milliseconds at most took that share of the calls."""
        wanted, seen = share * sum(self.slowness.values()), 0
        for edge in sorted(self.slowness):
            seen += self.slowness[edge]
            if seen >= wanted:
                return EDGES_MS[min(edge, len(EDGES_MS) - 1)]
        return None


def card_of(body: Any) -> str:
    named = body.get("template") if isinstance(body, dict) else ""
    if not named:
        return INLINE
    return named if isinstance(named, str) and CARD.fullmatch(named) else UNREADABLE


def add(call: Call) -> None:
    """Never raises, and costs one round trip."""
    hour = int(call.at.timestamp() // 3600)
    who = f"{call.key}|{call.card}"
    try:
        with counts.connect().pipeline(transaction=False) as pipe:
            for name, value in (
                (f"trigger:codes:{hour}", f"{who}|{call.code}"),
                (f"trigger:ms:{hour}", f"{who}|{bisect_left(EDGES_MS, call.ms)}"),
            ):
                pipe.hincrby(name, value, 1)
                pipe.expire(name, KEPT_S)
            if call.is_rejected:
                pipe.lpush(_REJECTS, _written(call))
                pipe.ltrim(_REJECTS, 0, REJECTS_MAX - 1)
                pipe.expire(_REJECTS, KEPT_S)
            pipe.execute()
    except (redis.RedisError, OSError):
        return


def _written(call: Call) -> str:
    return json.dumps(
        [
            call.key, call.card, call.code, call.status, round(call.ms), call.at.isoformat(),
            call.field[:80], call.request_id,
        ]
    )  # fmt: skip


def lines(now: datetime) -> list[Line]:
    """By key and card, the busiest first; none where Redis is away."""
    last = int(now.timestamp() // 3600)
    found: dict[tuple[str, str], Line] = {}
    try:
        with counts.connect().pipeline(transaction=False) as pipe:
            for hour in range(last - HOURS + 1, last + 1):
                pipe.hgetall(f"trigger:codes:{hour}")
                pipe.hgetall(f"trigger:ms:{hour}")
            answers = pipe.execute()
    except (redis.RedisError, OSError):
        return []
    for codes, slowness in zip(answers[::2], answers[1::2], strict=True):
        for named, count in codes.items():
            key, card, code = named.decode().split("|")
            _line(found, key, card).codes[code] += int(count)
        for named, count in slowness.items():
            key, card, edge = named.decode().split("|")
            _line(found, key, card).slowness[int(edge)] += int(count)
    return sorted(found.values(), key=lambda line: (-line.calls, line.key, line.card))


def _line(found: dict[tuple[str, str], Line], key: str, card: str) -> Line:
    return found.setdefault((key, card), Line(key, card))


def rejects(now: datetime, limit: int = 50) -> list[Call]:
    """The newest first, of the last day."""
    try:
        written = counts.connect().lrange(_REJECTS, 0, limit - 1)
    except (redis.RedisError, OSError):
        return []
    calls = [_read(one) for one in written]
    return [call for call in calls if now - call.at < timedelta(hours=HOURS)]


def _read(written: bytes) -> Call:
    key, card, code, status, ms, at, named, request_id = json.loads(written)
    return Call(key, card, code, status, ms, datetime.fromisoformat(at), named, request_id)
