"""An HTTP/2 far side (cleartext, prior knowledge) that can do what real ones only do at night.

It speaks frames through the `h2` package, one thread a connection, and keeps what arrived whole.
A test gives it a script: what to do with the n-th request of a connection.
"""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

OK = {"name": "projects/demo/messages/0:1"}


@dataclass
class Request:
    """One request that arrived whole."""

    connection: int
    stream: int
    ordinal: int  # counted over all connections, from 1
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return str(json.loads(self.body)["message"]["token"])


@dataclass
class FarSide:
    """`script(request, connection)` answers a whole request; by default FCM's success."""

    script: Callable[[Request, "Connection"], None] | None = None
    settings: dict[int, int] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    on_connect: Callable[["Connection"], None] | None = None
    on_headers: Callable[["Connection", int], None] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: list["Connection"] = field(default_factory=list)

    def __enter__(self) -> "FarSide":
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):  # else its thread would wait on for good
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.cut()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self.tls:
                try:
                    sock = self.tls.wrap_socket(sock, server_side=True)
                except OSError:
                    continue
            connection = Connection(self, sock, len(self.connections) + 1)
            self.connections.append(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def tokens(self) -> list[str]:
        with self._lock:
            return [request.token for request in self.requests]

    def arrived(self, connection: int, stream: int, headers: dict, body: bytes) -> Request:
        with self._lock:
            request = Request(connection, stream, len(self.requests) + 1, headers, body)
            self.requests.append(request)
        return request


class Connection:
    def __init__(self, side: FarSide, sock: socket.socket, number: int) -> None:
        self.side, self.sock, self.number = side, sock, number
        self.lock = threading.RLock()
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        self.bodies: dict[int, list[bytes]] = {}
        self.headers: dict[int, dict[str, str]] = {}

    def serve(self) -> None:
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.side.on_connect:
                self.side.on_connect(self)
            with self.lock:
                self.h2.initiate_connection()
                if self.side.settings:
                    self.h2.update_settings(self.side.settings)
                self.flush()
            while received := self.sock.recv(65536):
                with self.lock:
                    events = self.h2.receive_data(received)
                    self.flush()
                for event in events:
                    self._on(event)
        except (OSError, h2.exceptions.ProtocolError):
            self.cut()

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self.headers[event.stream_id] = dict(event.headers)
            self.bodies[event.stream_id] = []
            if self.side.on_headers:
                self.side.on_headers(self, event.stream_id)
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id].append(event.data)
            with self.lock:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                self.flush()
        elif isinstance(event, h2.events.StreamEnded):
            body = b"".join(self.bodies.pop(event.stream_id))
            headers = self.headers.pop(event.stream_id)
            request = self.side.arrived(self.number, event.stream_id, headers, body)
            (self.side.script or answer)(request, self)

    def flush(self) -> None:
        with self.lock:
            self.sock.sendall(self.h2.data_to_send())

    def reply(
        self, stream: int, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        with self.lock:
            self.h2.send_headers(stream, [(":status", str(status)), *(headers or {}).items()])
            self.h2.send_data(stream, body, end_stream=True)
            self.flush()

    def refuse(self, stream: int) -> None:
        with self.lock:
            self.h2.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
            self.flush()

    def reset(self, stream: int, code: int) -> None:
        with self.lock:
            self.h2.reset_stream(stream, code)
            self.flush()

    def goaway(self, last_stream: int, code: int = 0) -> None:
        """The frame alone, as a draining server sends it; the connection stays."""
        frame = (
            struct.pack(">I", 8)[1:]
            + b"\x07\x00"
            + bytes(4)
            + struct.pack(">II", last_stream, code)
        )
        self.raw(frame)

    def raw(self, octets: bytes) -> None:
        with self.lock:
            self.sock.sendall(octets)

    def cut(self, abruptly: bool = False) -> None:
        """End the TCP connection: with a FIN, or with a RST."""
        with suppress(OSError):
            if abruptly:
                linger = struct.pack("ii", 1, 0)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.sock.shutdown(socket.SHUT_RD)  # wakes the reader, who holds the socket open
            else:
                self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()


def answer(request: Request, connection: Connection, after_s: float = 0) -> None:
    if after_s:
        time.sleep(after_s)
    with suppress(OSError, h2.exceptions.ProtocolError):  # the client has gone away
        connection.reply(request.stream, 200, json.dumps(OK).encode())
