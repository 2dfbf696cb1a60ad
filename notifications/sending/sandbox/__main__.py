"""python -m notifications.sending.sandbox --port 8787 --data-dir var"""

import argparse
import asyncio
import gc
import signal
import sys
from pathlib import Path

from notifications.sending.sandbox.app import Sandbox
from notifications.sending.sandbox.wire.connection import Connection

LOOPBACK = "127.0.0.1"
LEAVE_SECONDS = 0.5


def main() -> int:
    arguments = _arguments()
    try:
        asyncio.run(_serve(arguments.port, arguments.data_dir / "sandbox"))
    except PortTaken as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


class PortTaken(Exception):
    """The message says which port."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.sending.sandbox",
        description="FCM's HTTP v1 API on this machine, with pretend phones.",
    )
    parser.add_argument("--port", type=_port, default=8787)
    parser.add_argument("--data-dir", type=Path, default=Path("var"))
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1 to 65535")
    return int(text)


async def _serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    connections: set[Connection] = set()
    url = f"http://{LOOPBACK}:{port}"
    sandbox: Sandbox | None = None

    def connection() -> Connection:
        assert sandbox is not None  # noqa: S101 - listening begins after it is there
        return Connection(sandbox, loop, connections)

    try:
        server = await loop.create_server(
            connection, LOOPBACK, port, backlog=1024, start_serving=False
        )
    except OSError as error:
        raise PortTaken(f"port {port}: {error.strerror}") from None
    sandbox = Sandbox(folder, url)
    gc.freeze()
    await server.start_serving()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print(f"sandbox ready at {url}", flush=True)
    await stop.wait()
    server.close()
    for each in list(connections):
        each.leave()
    await asyncio.sleep(0 if not connections else LEAVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
