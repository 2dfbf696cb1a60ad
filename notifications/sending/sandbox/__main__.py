"""python -m notifications.sending.sandbox --port 8787 --data-dir var"""

import argparse
import asyncio
import gc
import os
import signal
import ssl
import sys
from pathlib import Path

from notifications.sending.sandbox import certificates
from notifications.sending.sandbox.app import Sandbox
from notifications.sending.sandbox.wire.connection import Connection

LOOPBACK = "127.0.0.1"
LEAVE_SECONDS = 0.5


class PortTaken(Exception):
    """The message says which port."""


def main() -> int:
    arguments = _arguments()
    try:
        asyncio.run(_serve(arguments.port, arguments.tls_port, arguments.data_dir / "sandbox"))
    except PortTaken as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.sending.sandbox",
        description="FCM's HTTP v1 API on this machine, with pretend phones.",
    )
    parser.add_argument("--port", type=_port, default=8787)
    parser.add_argument("--tls-port", type=_port, help="also over TLS, with a CA of its own")
    parser.add_argument("--data-dir", type=Path, default=Path("var"))
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1 to 65535")
    return int(text)


class Server:
    """Its ports are taken before the data is opened: two sandboxes never share a folder's log."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self.sandbox: Sandbox

    async def bind(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        try:
            server = await self._loop.create_server(
                self._connection, LOOPBACK, port, ssl=tls, backlog=1024, start_serving=False
            )
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise PortTaken(f"port {port}: {why}") from None
        self._listening.append(server)

    def _connection(self) -> Connection:
        return Connection(self.sandbox, self._loop, self._connections)

    async def listen(self) -> None:
        for server in self._listening:
            await server.start_serving()

    async def leave(self) -> None:
        for server in self._listening:
            server.close()
        waiting = bool(self._connections)
        for connection in list(self._connections):
            connection.leave()
        await asyncio.sleep(LEAVE_SECONDS if waiting else 0)


async def _serve(port: int, tls_port: int | None, folder: Path) -> None:
    server = Server()
    await server.bind(port)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if tls_port is not None:
        try:
            await server.bind(tls_port, certificates.context(folder))
        except PortTaken as error:
            print(f"sandbox: without TLS: {error}", file=sys.stderr, flush=True)
    server.sandbox = Sandbox(folder, f"http://{LOOPBACK}:{port}")
    gc.freeze()  # what was loaded stays; looking through it again and again would cost
    gc.set_threshold(50_000)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await server.listen()
    print(f"sandbox ready at http://{LOOPBACK}:{port}", flush=True)
    await stop.wait()
    await server.leave()


if __name__ == "__main__":
    sys.exit(main())
