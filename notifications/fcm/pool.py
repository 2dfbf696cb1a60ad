"""What the clients have in common: who asks, how patiently, and the connections that are kept."""

from abc import ABC, abstractmethod
from threading import Lock
from typing import Generic, TypeVar

from notifications.fcm.tokens import Minter, Tokens

CONNECT_S = 5.0
REQUEST_S = 15.0  # the whole request, however slowly the answer trickles in
CONNECTIONS = 5

L = TypeVar("L")


class Pool(ABC, Generic[L]):
    """Connections are kept between wires, so a wire of one message costs no handshake."""

    def __init__(
        self,
        base_url: str,
        credentials: Minter | None,
        project_id: str,
        *,
        connections: int = CONNECTIONS,
        connect_s: float = CONNECT_S,
        request_s: float = REQUEST_S,
        ca_file: str = "",
    ) -> None:
        self.project_id = project_id
        self.tokens = Tokens(credentials)
        self._connections = connections
        self._idle: list[L] = []
        self._lock = Lock()
        self._prepare(base_url, connect_s, request_s, ca_file)

    @abstractmethod
    def _prepare(self, base_url: str, connect_s: float, request_s: float, ca_file: str) -> None:
        """Raises ValueError for an address that is none."""

    def _rested(self) -> L | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def give_back(self, lines: L) -> None:
        with self._lock:
            self._idle.append(lines)
