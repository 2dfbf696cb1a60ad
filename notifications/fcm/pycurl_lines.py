"""libcurl's side of `pycurl_client`: easy handles in turn on the connections of a multi handle."""

import select
import time
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from math import inf
from typing import Any
from urllib.parse import urlsplit

import certifi
import pycurl

from notifications.fcm.outcomes import Failure

BODY_MAX_BYTES = 64 * 1024
# Google's Node SDK keeps to 100 "to respect backend limit".
STREAMS = 100
HTTP1_CONNECTIONS = 32
# FCM's front ends close quiet connections after some minutes; ours are gone before.
IDLE_S = 60

_H2C = pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
_DNS = {pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY}
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_ISSUER_ERROR,
}


class Slot:
    """One request in a reused easy handle."""

    __slots__ = ("_chunks", "_upload", "body", "curl", "key", "refused_token", "token")

    def __init__(self, options: Mapping[int, Any]) -> None:
        self.key = 0
        self.body = b""
        self.token = self.refused_token = ""
        self._upload = BytesIO()
        self._chunks: list[bytes] = []
        self.curl = curl = pycurl.Curl()
        for option, value in options.items():
            curl.setopt(option, value)
        curl.setopt(pycurl.READFUNCTION, self._upload.read)
        curl.setopt(pycurl.WRITEFUNCTION, self._chunks.append)
        curl.slot = self

    def authorize(self, token: str) -> None:
        self.token = token
        # "Expect" would make libcurl wait for a 100 on HTTP/1.1.
        lines = ["Content-Type: application/json", "Expect:"]
        self.curl.setopt(
            pycurl.HTTPHEADER, [*lines, f"Authorization: Bearer {token}"] if token else lines
        )

    def load(self, key: int, body: bytes, refused_token: str) -> None:
        self.key, self.body, self.refused_token = key, body, refused_token
        self._upload.__init__(body)  # type: ignore[misc]  # keeps the bound `read` libcurl has
        self._chunks.clear()
        self.curl.setopt(pycurl.POSTFIELDSIZE, len(body))

    @property
    def body_was_read(self) -> bool:
        """Whether libcurl took any of the body, so that FCM may have it."""
        return self._upload.tell() > 0

    @property
    def status(self) -> int:
        return int(self.curl.getinfo(pycurl.RESPONSE_CODE))

    @property
    def reply(self) -> bytes:
        return b"".join(self._chunks)

    @property
    def headers(self) -> dict[str, str]:
        """Only what decisions need: a callback per header line would cost more than the rest."""
        seconds = self.curl.getinfo(pycurl.RETRY_AFTER)
        return {"retry-after": str(seconds)} if seconds else {}


class Lines:
    """Some connections, and the easy handles that take turns on them. For one thread at a time."""

    def __init__(self, options: Mapping[int, Any], connections: int) -> None:
        self.capacity = connections * STREAMS
        self._options = options
        self._spare: list[Slot] = []
        self._timer_at = inf
        self._poll = select.epoll()
        self._watched: set[int] = set()  # by epoll, for libcurl
        self._sockets: set[int] = set()  # all there ever were
        self._last_turn = time.monotonic()
        self._seen_http = False
        self._multi = multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, connections)
        multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, STREAMS)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def begin(self, key: int, body: bytes, token: str, refused_token: str) -> Slot:
        slot = self._spare.pop() if self._spare else Slot(self._options)
        if slot.token != token or not token:
            slot.authorize(token)
        slot.load(key, body, refused_token)
        self._multi.add_handle(slot.curl)
        return slot

    def free(self, slot: Slot) -> None:
        self._multi.remove_handle(slot.curl)
        self._spare.append(slot)

    def turn(self, wait_s: float) -> None:
        """Let libcurl read and write what it can, waiting ≤ `wait_s` for something to do."""
        self._last_turn = now = time.monotonic()
        wait_s = min(wait_s, max(0.0, self._timer_at - now))
        for fd, event in self._poll.poll(wait_s):
            ready = (pycurl.CSELECT_IN if event & ~select.EPOLLOUT else 0) | (
                pycurl.CSELECT_OUT if event & select.EPOLLOUT else 0
            )
            self._multi.socket_action(fd, ready)
        if self._timer_at <= time.monotonic():
            self._timer_at = inf
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def alive(self) -> bool:
        """Whether no connection ended while it rested.

        libcurl does not always look before it writes, and what is written to a dead connection is
        ambiguous. A socket number that is someone else's by now costs a new connection at worst.
        """
        if time.monotonic() - self._last_turn > IDLE_S:
            return False
        ended = select.poll()
        for fd in self._sockets:
            ended.register(fd, select.POLLRDHUP)
        events = dict(ended.poll(0))
        self._sockets -= {fd for fd, event in events.items() if event & select.POLLNVAL}
        return not any(event & ~select.POLLNVAL for event in events.values())

    def close(self) -> None:
        for slot in self._spare:
            slot.curl.close()
        self._multi.close()
        self._poll.close()

    def finished(self) -> list[tuple[Slot, tuple[Failure, str] | None]]:
        """Those that ended: with an answer, or how they failed. The caller frees them."""
        _, done, broken = self._multi.info_read()
        if done and not self._seen_http:
            self._suit(done[0].getinfo(pycurl.INFO_HTTP_VERSION))
        ended: list[tuple[Slot, tuple[Failure, str] | None]] = [(curl.slot, None) for curl in done]
        ended += [
            (curl.slot, (_failure(code, curl.slot), f"{text} ({code})"))
            for curl, code, text in broken
        ]
        return ended

    def _suit(self, http_version: int) -> None:
        """A far side (or proxy) without HTTP/2 gets more connections instead of streams."""
        self._seen_http = True
        if http_version < pycurl.CURL_HTTP_VERSION_2_0:
            self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, HTTP1_CONNECTIONS)

    def _watch(self, what: int, fd: int, multi: object, data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            with suppress(OSError):  # libcurl may have closed it already
                self._poll.unregister(fd)
            return
        events = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (
            select.EPOLLOUT if what & pycurl.POLL_OUT else 0
        )
        if fd in self._watched:
            self._poll.modify(fd, events)
        else:
            self._watched.add(fd)
            self._sockets.add(fd)
            self._poll.register(fd, events)

    def _set_timer(self, milliseconds: int) -> None:
        self._timer_at = inf if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def transfer_options(base_url: str, project_id: str, ca_file: str) -> dict[int, Any]:
    url = urlsplit(base_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{base_url}: must be http://host or https://host.")
    encrypted = url.scheme == "https"
    http = pycurl.CURL_HTTP_VERSION_2TLS if encrypted else _H2C
    options = {
        pycurl.URL: f"{base_url.rstrip('/')}/v1/projects/{project_id}/messages:send",
        pycurl.HTTP_VERSION: http,
        pycurl.POST: 1,
        pycurl.PIPEWAIT: 1,
        pycurl.NOSIGNAL: 1,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.MAXFILESIZE: BODY_MAX_BYTES,
        pycurl.MAXAGE_CONN: IDLE_S,
    }
    if encrypted:
        options[pycurl.CAINFO] = ca_file or certifi.where()
    else:
        options[pycurl.NOPROXY] = "*"  # plain HTTP is the sandbox next door
    return options


def _failure(code: int, slot: Slot) -> Failure:
    if not slot.body_was_read:
        return Failure.DNS if code in _DNS else Failure.TLS if code in _TLS else Failure.CONNECT
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return Failure.TIMEOUT
    return Failure.BAD_BODY if code == pycurl.E_FILESIZE_EXCEEDED else Failure.RESET
