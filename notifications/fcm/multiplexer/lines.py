"""Some connections to one address, for one thread at a time."""

import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field

from notifications.fcm.multiplexer.connection import STREAMS, Connection, State, Why
from notifications.fcm.multiplexer.exchange import Exchange
from notifications.fcm.multiplexer.headers import RequestHeaders
from notifications.fcm.multiplexer.transport import Address
from notifications.fcm.outcomes import Failure

# FCM's front ends close quiet connections after some minutes; ours are gone before.
IDLE_S = 60.0
NAMES_KEPT_S = 30.0
PAUSE_S = 1.0  # after a connection that came to nothing, while others work


@dataclass(slots=True)
class Route:
    """Where to, and how."""

    scheme: str
    host: str
    port: int
    authority: str
    path: str
    connect_s: float
    request_s: float
    tls: ssl.SSLContext | None
    _addresses: list[Address] = field(default_factory=list)
    _known_until: float = 0.0

    def addresses(self) -> list[Address]:
        """The best first. Raises socket.gaierror."""
        now = time.monotonic()
        if now >= self._known_until:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            new: list[Address] = [(family, target) for family, _, _, _, target in found]
            new.sort(key=lambda address: address not in self._addresses[:1])  # the one that works
            self._addresses = new
            self._known_until = now + NAMES_KEPT_S
        return self._addresses

    @property
    def addresses_known(self) -> int:
        return len(self._addresses)

    def try_another(self) -> None:
        """The first address did not answer: it is the last from now on."""
        self._addresses = self._addresses[1:] + self._addresses[:1]

    def connect(self) -> Connection:
        """Raises OSError."""
        address = self.addresses()[0]
        headers = RequestHeaders(self.scheme, self.authority, self.path)
        connect_by = time.monotonic() + self.connect_s
        return Connection(address, self.tls, self.host, headers, connect_by)


class Lines:
    """`trouble` is set while no connection can be had: nothing waiting could go out."""

    def __init__(self, route: Route, most: int) -> None:
        self.trouble: Why | None = None
        self._route = route
        self._most = most
        self._connections: list[Connection] = []
        self._failures = 0  # attempts in a row that came to nothing
        self._not_before = 0.0
        self._last_turn = time.monotonic()

    def hand_over(self, waiting: deque[Exchange], token: str, not_after: float) -> None:
        """Begin what can begin; open connections for the rest. The clock is looked at before each
        connection's turn, so at least every 100 requests."""
        for connection in self._connections:
            room = min(connection.room, len(waiting))
            if room > 0 and time.monotonic() < not_after:
                connection.begin(waiting, room, self._route.request_s, token)
        if waiting:
            self._open_more(len(waiting))

    def turn(self, wait_s: float) -> None:
        """Read and write what can be, waiting ≤ `wait_s` for something to do."""
        ready = select.poll()
        by_fd: dict[int, Connection] = {}
        for connection in self._connections:
            if connection.state is State.CLOSED:  # while writing: to be collected, not waited on
                wait_s = 0
                continue
            events = select.POLLIN | (select.POLLOUT if connection.wants_to_write else 0)
            ready.register(connection.fileno(), events)
            by_fd[connection.fileno()] = connection
            if connection.more_to_read:
                wait_s = 0
        for fd, _ in ready.poll(max(0.0, min(wait_s, self._until_due())) * 1000):
            by_fd[fd].read()
            by_fd[fd].write()
        self._last_turn = now = time.monotonic()
        for connection in self._connections:
            connection.expire(now)

    def collect(self) -> tuple[list[tuple[Exchange, Why | None]], list[tuple[Exchange, Why]]]:
        """What is over, and what may be sent again; connections that ended are let go."""
        ended: list[tuple[Exchange, Why | None]] = []
        again: list[tuple[Exchange, Why]] = []
        gone = False
        for connection in self._connections:
            ended += connection.ended
            again += connection.again
            connection.ended.clear()
            connection.again.clear()
            if connection.state is State.LEAVING and not connection.streams:
                connection.close(Failure.RESET, "No longer needed.")
            gone = gone or connection.state is State.CLOSED
        if gone:
            self._let_go()
        elif any(connection.state is State.OPEN for connection in self._connections):
            self._failures = 0
        return ended, again

    def stop_writing(self) -> None:
        for connection in self._connections:
            connection.stop_writing()

    def rest(self) -> None:
        """Keep only connections that nobody waits on."""
        for connection in self._connections:
            if connection.streams or connection.state is not State.OPEN:
                connection.close(Failure.RESET, "Abandoned.")
        self._connections = [c for c in self._connections if c.state is State.OPEN]
        for connection in self._connections:
            connection.ended.clear()
            connection.again.clear()

    def wake(self) -> None:
        """After a rest: hear what the far side said meanwhile, such as that it goes away."""
        if time.monotonic() - self._last_turn > IDLE_S:
            self.close()
        self.turn(0)
        self.collect()
        self.forgive()

    def forgive(self) -> None:
        """Forget past trouble: the next request tries again."""
        self.trouble, self._failures, self._not_before = None, 0, 0.0

    def close(self) -> None:
        for connection in self._connections:
            connection.close(Failure.RESET, "Closed.")
        self._connections.clear()

    def _open_more(self, requests: int) -> None:
        """One goes ahead; once it is open, as many as the requests can use."""
        now = time.monotonic()
        opened = sum(connection.state is State.OPEN for connection in self._connections)
        beginning = sum(not connection.was_open for connection in self._connections)
        useful = min(opened + -(-requests // STREAMS), self._most) if opened else 1
        wanted = useful - opened - beginning
        if wanted <= 0 or now < self._not_before:
            return
        for _ in range(wanted):
            try:
                self._connections.append(self._route.connect())
            except OSError as error:
                name = isinstance(error, socket.gaierror)
                return self._came_to_nothing((Failure.DNS if name else Failure.CONNECT, str(error)))

    def _let_go(self) -> None:
        closed = [c for c in self._connections if c.state is State.CLOSED]
        self._connections = [c for c in self._connections if c.state is not State.CLOSED]
        whys = [c.why_closed for c in closed if c.why_closed and not c.was_open]
        if whys:
            self._came_to_nothing(whys[-1])

    def _came_to_nothing(self, why: Why) -> None:
        """Past the last address, and with nothing else open, there is trouble."""
        self._failures += 1
        if self._connections:
            self._not_before = time.monotonic() + PAUSE_S
        elif why[0] is Failure.DNS or self._failures >= self._route.addresses_known:
            self.trouble = why
        if why[0] is not Failure.DNS:
            self._route.try_another()

    def _until_due(self) -> float:
        """Seconds until the next connection or request is too late."""
        now = time.monotonic()
        return min((c.due_at for c in self._connections), default=now + 1) - now
