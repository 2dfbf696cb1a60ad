"""FCM over libcurl: HTTP/2 with ≤ 100 streams on each of several connections, or HTTP/1.1.

**No request is ever sent twice by libcurl.** Left alone, it silently sends a request again on a
new connection when a reused one ends without a byte of response (`Curl_retry_request`), though
FCM may have accepted it. To send again, libcurl must rewind the body. The body is therefore read
through READFUNCTION and there is no SEEKFUNCTION: once it was read, the rewind fails, and so does
the transfer (CURLE_SEND_FAIL_REWIND). Where it was not read, the announced body never left, FCM
has at most headers, and libcurl may well try again. Redirects, which send again too, are off.

The same fact parts the failures: body not read → cannot have been accepted, safe to send later;
body read → ambiguous. libcurl does not show the last stream id of a GOAWAY, nor, once the body
was read, that a stream was refused: both end as ambiguous here.
"""

import time
from collections import deque
from collections.abc import Iterable
from math import inf

import pycurl

from notifications.fcm.outcomes import Answer, decode, failed
from notifications.fcm.pool import Pool
from notifications.fcm.pycurl_lines import Lines, Slot, transfer_options


class PycurlClient(Pool[Lines]):
    def _prepare(self, base_url: str, connect_s: float, request_s: float, ca_file: str) -> None:
        self._options = transfer_options(base_url, self.project_id, ca_file) | {
            pycurl.CONNECTTIMEOUT_MS: int(connect_s * 1000),
            pycurl.TIMEOUT_MS: int(request_s * 1000),
        }

    def start(self) -> "PycurlWire":
        while (lines := self._rested()) and not lines.alive():
            lines.close()
        return PycurlWire(self, lines or Lines(self._options, self._connections))


class PycurlWire:
    """See `client.Wire`."""

    def __init__(self, client: PycurlClient, lines: "Lines") -> None:
        self._client = client
        self._lines: Lines | None = lines
        self._waiting: deque[tuple[int, bytes, str]] = deque()  # key, body, the token refused
        self._on_the_way: set[Slot] = set()
        self._ready: list[tuple[int, Answer]] = []
        self._not_after = inf

    @property
    def unanswered(self) -> int:
        return len(self._waiting) + len(self._on_the_way) + len(self._ready)

    def send(self, requests: Iterable[tuple[int, bytes]], not_after: float = inf) -> None:
        self._not_after = not_after
        self._waiting.extend((key, body, "") for key, body in requests)
        self._hand_over()
        self._open_lines.turn(0)

    def answers(self, wait_s: float, min_count: int = 1) -> list[tuple[int, Answer]]:
        until = time.monotonic() + wait_s
        while True:
            self._collect()
            self._hand_over()
            now = time.monotonic()
            if len(self._ready) >= min_count or not self._on_the_way or now >= until:
                break
            wake = min(until, self._not_after) if self._not_after > now else until
            self._open_lines.turn(wake - now)
        ready, self._ready = self._ready, []
        return ready

    def withdraw(self) -> list[int]:
        self._hold_back()
        keys = [key for key, _, _ in self._waiting]
        self._waiting.clear()
        return keys

    def close(self) -> None:
        if self._lines is None:
            return
        self._waiting.clear()
        for slot in list(self._on_the_way):
            self._take_off(slot)
        self._client.give_back(self._lines)
        self._lines = None

    @property
    def _open_lines(self) -> "Lines":
        if self._lines is None:
            raise ValueError("This wire is closed.")
        return self._lines

    def _hand_over(self) -> None:
        """Fill the free streams; past the deadline, take back what libcurl has not begun."""
        if time.monotonic() >= self._not_after:
            return self._hold_back()
        free = self._open_lines.capacity - len(self._on_the_way)
        if not self._waiting or free <= 0:
            return
        token = self._client.tokens.bearer()
        if isinstance(token, Answer):
            return self._give_up(token)
        while self._waiting and free > 0 and time.monotonic() < self._not_after:
            key, body, refused = self._waiting.popleft()
            self._on_the_way.add(self._open_lines.begin(key, body, token, refused))
            free -= 1

    def _give_up(self, answer: Answer) -> None:
        self._ready += [(key, answer) for key, _, _ in self._waiting]
        self._waiting.clear()

    def _hold_back(self) -> None:
        for slot in [slot for slot in self._on_the_way if not slot.body_was_read]:
            self._take_off(slot)
            self._waiting.appendleft((slot.key, slot.body, slot.refused_token))

    def _take_off(self, slot: "Slot") -> None:
        self._on_the_way.discard(slot)
        self._open_lines.free(slot)

    def _collect(self) -> None:
        for slot, failure in self._open_lines.finished():
            self._on_the_way.discard(slot)
            answer = failed(*failure) if failure else self._decode(slot)
            if answer:
                self._ready.append((slot.key, answer))
            self._open_lines.free(slot)

    def _decode(self, slot: "Slot") -> Answer | None:
        """None when the request goes out once more: a 401 was not accepted, so that is safe."""
        status, body = slot.status, slot.reply
        again = not slot.refused_token and self._client.tokens.replaced(status, body, slot.token)
        if again:
            self._waiting.appendleft((slot.key, slot.body, slot.token))
            return None
        return decode(status, slot.headers, body, now=time.time())
