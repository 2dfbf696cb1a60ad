"""python -m notifications.sending.sandbox --port 8787 --data-dir var"""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from notifications.sending.sandbox.app import Sandbox
from notifications.sending.sandbox.asgi import application


def main() -> int:
    parser = argparse.ArgumentParser(prog="sandbox", description="FCM on this machine.")
    parser.add_argument("--port", type=int, default=8787)
    parser.add_argument("--data-dir", type=Path, default=Path("var"))
    arguments = parser.parse_args()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", arguments.port))
        except OSError as error:
            print(f"sandbox: port {arguments.port}: {error.strerror}", file=sys.stderr)
            return 2
    url = f"http://127.0.0.1:{arguments.port}"
    sandbox = Sandbox(arguments.data_dir / "sandbox", url)
    asyncio.run(_serve(sandbox, arguments.port, url))
    return 0


async def _serve(sandbox: Sandbox, port: int, url: str) -> None:
    server = Server(
        application(sandbox),
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(server.serve())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    while not serving.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.02)
    print(f"sandbox ready at {url}", flush=True)
    await serving


if __name__ == "__main__":
    sys.exit(main())
