"""An HTTP proxy that leads every CONNECT to one port of this machine, whatever name was asked for:
what a DNS alias would do. It sees nothing but encrypted bytes."""

import socket
import socketserver
from threading import Thread


class ConnectProxy(socketserver.ThreadingTCPServer):
    """`asked` holds the names and ports that were asked for."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.leads_to = ("127.0.0.1", port)
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "ConnectProxy":
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Tunnel(socketserver.StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        method, asked, _ = self.rfile.readline().decode().split(" ", 2)
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        self.server.asked.add(f"{method} {asked}")
        with socket.create_connection(self.server.leads_to) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Thread(target=_carry, args=(there, self.connection), daemon=True)
            back.start()
            _carry(self.connection, there)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Until one of the two ends."""
    try:
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
