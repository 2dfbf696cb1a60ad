"""Does it answer? One question for each part, asked again and again while starting."""

import http.client
import socket
import time
from pathlib import Path


def http_answers(host: str, port: int, path: str, headers: dict[str, str]) -> bool:
    """Whether a GET is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def redis_answers(path: Path) -> bool:
    """Whether PING is answered with PONG: false while the append-only file is being read."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def worker_answers(node: str) -> bool:
    """Whether the worker answers a ping through the broker."""
    from kombu.exceptions import OperationalError

    from console.celery import app

    try:
        return bool(app.control.ping(destination=[node], timeout=0.3, limit=1))
    except (OperationalError, OSError):
        return False


def written_since(folder: Path, pattern: str, moment: float) -> bool:
    """Whether a file of this pattern was written after `moment` (seconds since 1970)."""
    return any(path.stat().st_mtime >= moment - 1 for path in folder.glob(pattern))


def now() -> float:
    return time.time()
