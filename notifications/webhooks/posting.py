"""One POST to a stranger: to the resolved address and no other, no redirects, all of it within a
deadline, and little of what comes back is read."""

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


def post(url: str, body: bytes, headers: dict[str, str], deadline_s: float = DEADLINE_S) -> Reply:
    began = monotonic()
    late = Event()
    status: int | None = None
    try:
        answered = _exchange(url, body, headers, deadline_s, late)
        if late.is_set():
            raise TimeoutError
        status, error = answered, _said(answered)
    except Refused as refused:
        error = str(refused)
    except Exception as problem:
        error = _broken(problem, deadline_s, late.is_set())
    return Reply(status, round((monotonic() - began) * 1000), error)


def _exchange(
    url: str, body: bytes, headers: dict[str, str], deadline_s: float, late: Event
) -> int:
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
            connection.request("POST", target, body, headers | {"Connection": "close"})
            answer = connection.getresponse()
            answer.read(READ_MAX)
            return answer.status
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


def _broken(problem: Exception, deadline_s: float, is_late: bool) -> str:
    match problem:
        case _ if is_late or isinstance(problem, TimeoutError):
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
