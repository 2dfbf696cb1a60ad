"""The folder and the ports of one installation: ours alone, or one line that says why not."""

import errno
import fcntl
import os
import socket
from pathlib import Path


class CannotStart(RuntimeError):
    """The text is the whole message; `up` prints it and ends with exit code 2."""


def run_folder(data_dir: Path) -> Path:
    """`DATA_DIR/run`, made if needed: pid files, the lock, beat's schedule."""
    folder = data_dir / "run"
    try:
        for each in (folder, data_dir / "static", data_dir / "media"):
            each.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f'DATA_DIR="{data_dir}": cannot be written ({error.strerror})') from error
    return folder


def take_lock(data_dir: Path) -> int:
    """Hold `DATA_DIR` for this process; the kernel gives it back whatever ends us."""
    path = run_folder(data_dir) / "up.lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CannotStart(f'DATA_DIR="{data_dir}": cannot be written ({error.strerror})') from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        raise CannotStart(
            f"Beckon already runs on {data_dir}{f' (process {holder})' if holder else ''}. "
            "Stop it, or choose another DATA_DIR, PORT and SANDBOX_PORT."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def remove_stale_pid_files(data_dir: Path) -> None:
    """Only while holding the lock: then nobody of this installation runs."""
    for path in run_folder(data_dir).glob("*.pid"):
        path.unlink(missing_ok=True)


def check_port(variable: str, host: str, port: int) -> None:
    """Raises CannotStart unless this host and port can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), port))
            listener.listen()
        except OSError as error:
            raise CannotStart(why_not(variable, host, port, error)) from error


def why_not(variable: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{variable}={port}: something else listens on {host}:{port}. "
            f"Stop it, or choose another {variable}."
        )
    if error.errno == errno.EACCES:
        return f"{variable}={port}: this user may not listen on it. Choose one above 1023."
    return f'BIND="{host}": cannot be listened on ({error.strerror or error})'
