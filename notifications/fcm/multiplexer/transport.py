"""A socket, with or without TLS, that never waits."""

import os
import socket
import ssl

READ_BYTES = 256 * 1024

Address = tuple[int, tuple[object, ...]]


class Transport:
    """Raises OSError (ssl.SSLError is one) wherever the network does."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None, host: str) -> None:
        self.stage = "connecting"
        self.ready = False
        self.encrypted = tls is not None
        self._tls, self._host = tls, host
        self._handshake_writes = False
        family, target = address
        self._sock: socket.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._sock.connect(target)
        except BlockingIOError:
            pass
        except OSError:
            self._sock.close()
            raise

    def fileno(self) -> int:
        return self._sock.fileno()

    @property
    def wants_to_write(self) -> bool:
        """Before it is ready."""
        return self.stage == "connecting" or self._handshake_writes

    def advance(self) -> None:
        """On the way to `ready`, as far as it goes now."""
        if self.stage == "connecting":
            self._connected()
        if self.stage == "TLS handshake":
            self._shake_hands()

    def receive(self) -> bytes | None:
        """None: nothing there. Empty: the far side ended the connection."""
        try:
            return self._sock.recv(READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def send(self, octets: bytes) -> int:
        """How many were taken by the network. Of a TLS record that is all or nothing."""
        try:
            return self._sock.send(octets)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def close(self) -> None:
        self._sock.close()

    def _connected(self) -> None:
        error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        try:
            self._sock.getpeername()
        except OSError:
            return  # not yet
        if self._tls is None:
            self.stage, self.ready = "waiting for SETTINGS", True
            return
        self.stage = "TLS handshake"
        self._sock = self._tls.wrap_socket(
            self._sock, server_hostname=self._host, do_handshake_on_connect=False
        )

    def _shake_hands(self) -> None:
        if not isinstance(self._sock, ssl.SSLSocket):
            return
        try:
            self._sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wants:
            self._handshake_writes = isinstance(wants, ssl.SSLWantWriteError)
            return
        if self._sock.selected_alpn_protocol() != "h2":
            raise ssl.SSLError("The far side does not speak HTTP/2.")
        self.stage, self.ready = "waiting for SETTINGS", True
