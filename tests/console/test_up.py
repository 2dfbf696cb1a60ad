"""`manage.py up`: starts all of it, keeps it running, stops all of it, and leaves nothing."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console import embedded_redis
from tests.installation import Installation
from tests.services import ROOT, free_port

PARTS = ("web", "worker-trigger", "worker-bulk", "beat", "sandbox", "redis")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("up")) as installation:
        yield installation


def eventually(question: Callable[[], object], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.1)
    return False


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def processes_of(installation: Installation) -> list[str]:
    """Command lines of every process that was told this installation's folder."""
    marker = f"DATA_DIR={installation.data_dir}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def answers(installation: Installation, path: str = "/healthz") -> bool:
    try:
        with urllib.request.urlopen(installation.url + path, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def up(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up", *arguments],
        cwd=ROOT, env=os.environ | {"SANDBOX_PORT": str(free_port())} | env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


# ---------------------------------------------------------------- while it runs
def test_the_ready_line_says_where_and_how_to_sign_in(running: Installation):
    kept = running.data_dir / "admin-password"

    lines = [line for line in running.log().splitlines() if line.startswith("Beckon is ready")]

    assert lines == [
        f"Beckon is ready at http://127.0.0.1:{running.port}/ "
        f"(sign in as admin, password {kept.read_text().strip()})"
    ]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_when_it_is_ready_every_part_runs_and_has_a_pid_file(running: Installation):
    assert answers(running)
    assert [part for part in PARTS if not is_alive(running.pid(part))] == []
    assert all(os.getsid(running.pid(part)) == running.pid(part) for part in PARTS)


def test_every_line_of_a_part_bears_its_name(running: Installation):
    expected = re.compile(r"^(up|redis|sandbox|web|worker-trigger|worker-bulk|beat) +\| ")

    odd = [line for line in running.log().splitlines() if not expected.match(line)]

    assert [line for line in odd if not line.startswith("Beckon is ready")] == []


def test_the_embedded_redis_is_closed_to_others_and_keeps_what_it_is_told(running: Installation):
    path = embedded_redis.socket_path(running.data_dir)

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) < 108
    assert list((running.data_dir / "redis").glob("appendonlydir/*.aof"))


def test_a_second_start_on_the_same_folder_is_refused_in_one_line(running: Installation):
    second = up(DATA_DIR=str(running.data_dir), PORT=str(free_port()))

    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr == (
        f"Beckon already runs on {running.data_dir} (process {running.process.pid}). "
        "Stop it, or choose another DATA_DIR, PORT and SANDBOX_PORT.\n"
    )


def test_a_port_in_use_is_refused_in_one_line(running: Installation, tmp_path: Path):
    second = up(DATA_DIR=str(tmp_path), PORT=str(running.port), SANDBOX_PORT=str(free_port()))

    assert second.returncode == 2
    assert second.stderr == (
        f"PORT={running.port}: something else listens on 127.0.0.1:{running.port}. "
        "Stop it, or choose another PORT.\n"
    )


def test_parts_that_are_killed_are_started_again(running: Installation):
    before = {part: running.pid(part) for part in PARTS}

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    assert eventually(lambda: all(is_another(running, part, before[part]) for part in PARTS))
    for part in PARTS:
        assert re.search(
            rf"^{part} +\| ended by SIGKILL; starting it again in", running.log(), re.M
        )
    assert eventually(lambda: answers(running), 60)


def is_another(installation: Installation, part: str, before: int) -> bool:
    try:
        pid = installation.pid(part)
    except FileNotFoundError:
        return False
    return pid != before and is_alive(pid)


def test_a_part_starts_alone_for_a_service_manager_to_watch(running: Installation):
    port = free_port()
    with alone("web", running.env | {"PORT": str(port)}) as web:
        assert eventually(lambda: port_answers(port))
        assert running.pid("web") == web.pid


def test_a_second_bulk_worker_starts_beside_the_first_on_the_same_folder(running: Installation):
    with alone("worker-bulk", running.env) as second:
        assert eventually(lambda: " ready." in Path(second.log).read_text()), second.log
        assert f"worker-bulk-{second.pid}@" in Path(second.log).read_text()


def test_a_part_alone_never_migrates_and_says_what_to_do(tmp_path: Path):
    env = os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "PORT": str(free_port())}

    with alone("web", env) as web:
        assert web.wait(30) == 2
        assert Path(web.log).read_text() == (
            "The tables are older than this release. Run: manage.py migrate\n"
        )


class Alone(subprocess.Popen[bytes]):
    log: str


@contextmanager
def alone(part: str, env: dict[str, str]) -> Iterator[Alone]:
    with tempfile.NamedTemporaryFile() as log:
        process = Alone(
            [sys.executable, "manage.py", "up", "--only", part],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        process.log = log.name
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(20) in (0, 2)


def port_answers(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def test_up_itself_killed_leaves_no_process(running: Installation):
    """The last of those that share the installation: it ends it."""
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()

    assert eventually(lambda: processes_of(running) == []), processes_of(running)


# ---------------------------------------------------------------- from start to stop
@pytest.mark.timeout(240)
def test_a_stop_leaves_no_process_and_a_second_start_finds_its_data(tmp_path: Path):
    deep = tmp_path / ("a-very-long-name-of-a-folder-" * 4)  # too long for a unix socket
    installation = Installation(deep)
    with installation:
        first_password = installation.password
        installation.manage("staff", "add", "someone", "--role", "viewer")
        took = installation.stop(signal.SIGTERM)
    assert took < 15
    assert installation.process.returncode == 0
    assert processes_of(installation) == []
    assert list((deep / "run").glob("*.pid")) == []

    with installation:
        assert installation.password == first_password
        assert installation.manage("shell", "-v", "0", "-c", COUNT_PEOPLE) == "2"
        took = installation.stop(signal.SIGINT)
    assert took < 15
    assert processes_of(installation) == []


COUNT_PEOPLE = "from django.contrib.auth.models import User; print(User.objects.count())"


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "abc", 'PORT="abc": must be a whole number from 1 to 65535'),
        ("PORT", "70000", 'PORT="70000": must be a whole number from 1 to 65535'),
        ("DEBUG", "maybe", 'DEBUG="maybe": must be on or off'),
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/8, proxy",
            'TRUSTED_PROXIES="10.0.0.0/8, proxy": must be addresses or networks with commas, '
            "such as 10.0.0.2, 192.168.0.0/16",
        ),
    ],
)
def test_a_bad_value_ends_the_start_with_one_line(name: str, value: str, line: str):
    refused = up(**{name: value})

    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", f"{line}\n")


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")

    refused = up(DATA_DIR=str(tmp_path / "file" / "var"), SECRET_KEY="x" * 50)

    assert refused.returncode == 2
    assert (
        refused.stderr == f'DATA_DIR="{tmp_path}/file/var": cannot be written (Not a directory)\n'
    )


def test_a_database_that_does_not_answer_is_refused_in_one_line(tmp_path: Path):
    nowhere = f"postgres://nobody@127.0.0.1:{free_port()}/beckon"

    refused = up(DATA_DIR=str(tmp_path), DATABASE_URL=nowhere, PORT=str(free_port()))

    assert refused.returncode == 2
    assert refused.stderr.startswith("The database cannot be used: ")
    assert refused.stderr.count("\n") == 1


def test_google_without_a_key_is_refused_before_anything_is_sent(tmp_path: Path):
    refused = up(
        DATA_DIR=str(tmp_path), FCM_BASE_URL="https://fcm.googleapis.com", PORT=str(free_port())
    )

    assert refused.returncode == 2
    assert refused.stderr == (
        "FCM_BASE_URL is Google's, but FIREBASE_CREDENTIALS is not set. "
        "Set FIREBASE_CREDENTIALS to the path of a service account's JSON file.\n"
    )
