"""A whole installation for a test: `manage.py up` as a process, with a folder and ports of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from console.supervisor.mortal import die_with_parent
from tests.services import OURS, ROOT, free_port

READY = re.compile(
    r"^Beckon is ready at (?P<url>\S+) \(sign in as (?P<user>\S+?)(?:, password (?P<password>\S+))?\)$",
    re.MULTILINE,
)


class Installation:
    """Started on entering, stopped on leaving. `start()` and `stop()` may be repeated."""

    def __init__(self, data_dir: Path, *, port: int | None = None, **env: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.sandbox_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.username, self.password = "admin", ""
        self.env = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env |= {
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
        }
        self.env |= env
        self.process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._session: list[Any] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `manage.py up` and do not wait for it."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(),
        )  # fmt: skip
        return self.process

    def start(self, seconds: float = 90) -> None:
        process = self.launch()
        deadline = time.monotonic() + seconds
        while not (ready := READY.search(self.log())):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"Beckon did not start:\n{self.log()}")
            time.sleep(0.05)
        self.username = ready["user"]
        self.password = ready["password"] or self.env.get("ADMIN_PASSWORD", "")

    def log(self) -> str:
        """Everything printed since the last start."""
        return os.pread(self._log.fileno(), 50_000_000, 0).decode(errors="replace")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to stop; returns the seconds it took. Fails when it takes more than 20."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(with_signal)
        self.process.wait(20)
        return time.monotonic() - began

    def pid(self, part: str) -> int:
        return int((self.data_dir / "run" / f"{part}.pid").read_text())

    def manage(self, *arguments: str) -> str:
        """Run a management command of this installation; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def sign_in(self, page: Any) -> None:
        page.goto(f"{self.url}/login/")
        page.get_by_label("Username").fill(self.username)
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login/" not in url)

    def enter(self, page: Any) -> None:
        """Signed in, by the form the first time, then with that session."""
        if not self._session:
            self.sign_in(page)
            self._session = page.context.cookies()
        page.context.add_cookies(self._session)
