"""One call to a stranger: to the resolved address and no other, no redirects, all of it within a
deadline, and no more of what comes back is read than was asked for."""

import http.client
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Timer
from time import monotonic
from urllib.parse import urlsplit

from notifications.webhooks.addresses import Refused, resolve

CONNECT_S = 5.0
DEADLINE_S = 10.0
READ_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is empty where no answer came; `error` is empty when it was taken (2xx)."""

    status: int | None
    ms: int
    error: str = ""

    @property
    def taken(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class Answer:
    """`content`: at most as many bytes as were to be read. `location`: where it redirects to."""

    status: int
    content: bytes
    location: str


def post(url: str, body: bytes, headers: dict[str, str], deadline_s: float = DEADLINE_S) -> Reply:
    began = monotonic()
    status: int | None = None
    try:
        status = exchange("POST", url, body, headers, deadline_s).status
        error = _said(status)
    except Refused as refused:
        error = str(refused)
    except Exception as problem:
        error = broken(problem, deadline_s)
    return Reply(status, round((monotonic() - began) * 1000), error)


def exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: dict[str, str],
    deadline_s: float,
    most: int = READ_MAX,
) -> Answer:
    """Raises Refused, or whatever broke: `broken` has the words for it."""
    late = Event()
    try:
        answer = _talk(method, url, body, headers, deadline_s, late, most)
    except Refused:
        raise
    except Exception as problem:
        if late.is_set():
            raise TimeoutError from problem
        raise
    if late.is_set():
        raise TimeoutError
    return answer


def _talk(
    method: str, url: str, body: bytes | None, headers: dict[str, str], deadline_s: float,
    late: Event, most: int,
) -> Answer:  # fmt: skip
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    raw = socket.create_connection((resolve(host, port), port), min(CONNECT_S, deadline_s))
    raw.settimeout(deadline_s)
    with Deadline(raw, deadline_s, late):
        connection = http.client.HTTPConnection(host, port)
        connection.sock = _secured(raw, host) if secure else raw
        try:
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request(method, target, body, headers | {"Connection": "close"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(most), answer.headers.get("Location", ""))
        finally:
            connection.close()


def _secured(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


class Deadline:
    """Ends the connection when time is up, however busily the other side drips. It holds a socket
    of its own on the connection, since TLS takes the first one over."""

    def __init__(self, raw: socket.socket, seconds: float, late: Event) -> None:
        self.mine, self.late = raw.dup(), late
        self.timer = Timer(seconds, self.end)
        self.timer.daemon = True

    def end(self) -> None:
        self.late.set()
        with suppress(OSError):
            self.mine.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        self.mine.close()


def _said(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"Answered {status}, a redirect. Redirects are not followed: enter the last address."
    return f"Answered {status}."


def broken(problem: Exception, deadline_s: float) -> str:
    match problem:
        case TimeoutError():
            return f"No answer within {deadline_s:g} s."
        case ssl.SSLCertVerificationError():
            return f"Its certificate is not valid: {problem.verify_message}."
        case ssl.SSLError():
            return f"No encrypted connection: {problem.reason or 'the handshake failed'}."
        case ConnectionRefusedError():
            return "Nothing listens there: connection refused."
        case ConnectionError() | http.client.RemoteDisconnected():
            return "The connection was closed before an answer came."
        case http.client.HTTPException():
            return "What came back is not HTTP."
        case OSError():
            return f"Could not connect: {problem.strerror or problem}."[:200]
    return f"The call failed: {type(problem).__name__}."
