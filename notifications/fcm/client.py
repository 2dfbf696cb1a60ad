"""Many messages in, one answer each out. The interface, and which client is behind it."""

from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from notifications.fcm.message import Template
from notifications.fcm.multiplexer.client import MultiplexClient
from notifications.fcm.outcomes import Answer, Failure, failed
from notifications.fcm.pycurl_client import PycurlClient

__all__ = ["CLIENTS", "Client", "MultiplexClient", "PycurlClient", "Wire", "choose", "validate"]

# For a setting. libcurl knows proxies and HTTP/1.1; the multiplexer is far leaner, and knows of
# each request whether it may be sent again.
CLIENTS = ("auto", "multiplexer", "pycurl")


class Wire(Protocol):
    """One batch's requests. For one thread; the client's connections are shared."""

    @property
    def unanswered(self) -> int:
        """Requests that neither `answers` nor `withdraw` has given back."""

    def send(self, requests: Iterable[tuple[int, bytes]], not_after: float = ...) -> None:
        """Start putting requests on the wire: (key, body), keys chosen by the caller, unique
        among the unanswered. Returns at once; `answers` does the rest.

        Past `not_after` (`time.monotonic()`) nothing that has not been handed to the network
        goes out any more: `withdraw` gives it back.
        """

    def answers(self, wait_s: float, min_count: int = 1) -> list[tuple[int, Answer]]:
        """What is in, in any order; waits ≤ `wait_s` for at least `min_count`.

        Returns at once when nothing is left to wait for. Each key comes once.
        """

    def withdraw(self) -> list[int]:
        """Hold back all that was not handed to the network, and return its keys.

        They are safe to send later, and this wire will not send them. What is on the network
        stays unanswered until `answers` has it.
        """

    def close(self) -> None:
        """Abandon what is unanswered: nothing more goes out."""


class Client(Protocol):
    """One per process; `start` may be called from any thread."""

    project_id: str

    def start(self) -> Wire: ...


def choose(name: str, base_url: str) -> type[MultiplexClient] | type[PycurlClient]:
    """The client called `name`, one of CLIENTS; "auto" is the multiplexer, unless the environment
    names a proxy (HTTPS_PROXY, NO_PROXY) on the way to `base_url`."""
    if name not in CLIENTS:
        raise ValueError(f'There is no client "{name}": choose one of {", ".join(CLIENTS)}.')
    if name == "pycurl" or (name == "auto" and _behind_proxy(base_url)):
        return PycurlClient
    return MultiplexClient


def validate(client: Client, template: Template, token: str, wait_s: float = 20.0) -> Answer:
    """Ask FCM about one message without delivering it; `template` is made `validate_only`.

    FCM checks the credentials, the project, the message and the token's registration; for a
    success it answers as if it had accepted.
    """
    wire = client.start()
    try:
        wire.send([(0, template.body(token))])
        answers = wire.answers(wait_s)
    finally:
        wire.close()
    return answers[0][1] if answers else failed(Failure.TIMEOUT)


def _behind_proxy(base_url: str) -> bool:
    url = urlsplit(base_url)
    return url.scheme == "https" and "https" in getproxies() and not proxy_bypass(url.netloc)
