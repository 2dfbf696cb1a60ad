"""The client and its wires: what waits, what is under way, what is answered."""

import ssl
import time
from collections import deque
from collections.abc import Iterable
from math import inf
from urllib.parse import urlsplit

import certifi

from notifications.fcm.multiplexer.exchange import Exchange
from notifications.fcm.multiplexer.lines import Lines, Route
from notifications.fcm.outcomes import Answer, Failure, decode, failed
from notifications.fcm.pool import Pool

# Handing on what a leaving connection did not process: so often, then it is the engine's turn.
TRIES = 3

_NO_HEAD = Failure.BAD_BODY, "An answer without a head."


class MultiplexClient(Pool[Lines]):
    def _prepare(self, base_url: str, connect_s: float, request_s: float, ca_file: str) -> None:
        self._route = _route(base_url, self.project_id, connect_s, request_s, ca_file)

    def start(self) -> "MultiplexWire":
        lines = self._rested()
        if lines is None:
            lines = Lines(self._route, self._connections)
        else:
            lines.wake()
        return MultiplexWire(self, lines)

    def give_back(self, lines: Lines) -> None:
        lines.rest()
        super().give_back(lines)


class MultiplexWire:
    """See `client.Wire`."""

    def __init__(self, client: MultiplexClient, lines: Lines) -> None:
        self._client = client
        self._lines: Lines | None = lines
        self._waiting: deque[Exchange] = deque()
        self._ready: list[tuple[int, Answer]] = []
        self._not_after = inf
        self.unanswered = 0

    @property
    def _open_lines(self) -> Lines:
        if self._lines is None:
            raise ValueError("This wire is closed.")
        return self._lines

    def send(self, requests: Iterable[tuple[int, bytes]], not_after: float = inf) -> None:
        lines = self._open_lines
        self._not_after = not_after
        fresh = [Exchange(key, body) for key, body in requests]
        self._waiting.extend(fresh)
        self.unanswered += len(fresh)
        lines.forgive()
        self._hand_over()
        lines.turn(0)

    def answers(self, wait_s: float, min_count: int = 1) -> list[tuple[int, Answer]]:
        until = time.monotonic() + wait_s
        while True:
            self._collect()
            self._hand_over()
            now = time.monotonic()
            if len(self._ready) >= min_count or now >= until or not self._under_way(now):
                break
            wake = min(until, self._not_after) if self._not_after > now else until
            self._open_lines.turn(wake - now)
        ready, self._ready = self._ready, []
        self.unanswered -= len(ready)
        return ready

    def withdraw(self) -> list[int]:
        self._open_lines.stop_writing()
        self._collect()
        keys = [exchange.key for exchange in self._waiting]
        self._waiting.clear()
        self.unanswered -= len(keys)
        return keys

    def close(self) -> None:
        if self._lines is None:
            return
        self._waiting.clear()
        self._client.give_back(self._lines)
        self._lines = None
        self.unanswered = 0

    def _under_way(self, now: float) -> bool:
        """Whether waiting can bring anything."""
        begun = self.unanswered - len(self._waiting) - len(self._ready)
        return begun > 0 or (bool(self._waiting) and now < self._not_after)

    def _hand_over(self) -> None:
        lines = self._open_lines
        if time.monotonic() >= self._not_after:
            lines.stop_writing()
            return self._collect()
        if not self._waiting:
            return
        if lines.trouble:
            return self._answer_waiting(failed(*lines.trouble))
        token = self._client.tokens.bearer()
        if isinstance(token, Answer):
            return self._answer_waiting(token)
        lines.hand_over(self._waiting, token, self._not_after)

    def _answer_waiting(self, answer: Answer) -> None:
        self._ready += [(exchange.key, answer) for exchange in self._waiting]
        self._waiting.clear()

    def _collect(self) -> None:
        ended, again = self._open_lines.collect()
        now = time.time()
        ready = self._ready.append
        for exchange, failure in ended:
            head = exchange.head
            if failure is not None or head is None:
                ready((exchange.key, failed(*(failure or _NO_HEAD))))
            elif head.status != 401 or not self._goes_again(exchange):
                answer = decode(head.status, head.headers, exchange.reply, now=now)
                ready((exchange.key, answer))
        for exchange, why in reversed(again):
            exchange.tries += 1
            if exchange.tries < TRIES:
                self._waiting.appendleft(exchange.anew())
            else:
                ready((exchange.key, failed(*why)))

    def _goes_again(self, exchange: Exchange) -> bool:
        """Once, with a newer token, if it was about the token's age."""
        replaced = self._client.tokens.replaced
        if exchange.refused_token or not replaced(401, exchange.reply, exchange.token):
            return False
        exchange.refused_token = exchange.token
        self._waiting.appendleft(exchange.anew())
        return True


def _route(
    base_url: str, project_id: str, connect_s: float, request_s: float, ca_file: str
) -> Route:
    url = urlsplit(base_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{base_url}: must be http://host or https://host.")
    tls = None
    if url.scheme == "https":
        tls = ssl.create_default_context(cafile=ca_file or certifi.where())
        tls.set_alpn_protocols(["h2"])
    return Route(
        scheme=url.scheme,
        host=url.hostname,
        port=url.port or (443 if tls else 80),
        authority=url.netloc.rpartition("@")[2],
        path=f"{url.path.rstrip('/')}/v1/projects/{project_id}/messages:send",
        connect_s=connect_s,
        request_s=request_s,
        tls=tls,
    )
