"""One running process: its output, its pid file, its end."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from console.supervisor.mortal import die_with_parent


@dataclass
class Child:
    """A process in a session of its own: the terminal's Ctrl-C reaches `up` alone."""

    name: str
    process: subprocess.Popen[bytes]
    pid_file: Path
    born_at: float = field(default_factory=time.monotonic)
    _unfinished: bytes = b""

    @classmethod
    def start(
        cls, name: str, command: list[str], *, env: Mapping[str, str], cwd: Path, pid_file: Path
    ) -> "Child":
        process = subprocess.Popen(  # noqa: S603 (commands come from parts.py)
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        os.set_blocking(process.stdout.fileno(), False)  # type: ignore[union-attr]
        child = cls(name, process, pid_file)
        write_pid(pid_file, process.pid)
        return child

    @property
    def output(self) -> int:
        """The file descriptor to wait on."""
        assert self.process.stdout is not None  # noqa: S101 (always a pipe)
        return self.process.stdout.fileno()

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def lived_s(self) -> float:
        return time.monotonic() - self.born_at

    def lines(self) -> list[str]:
        """The whole lines printed since the last call; never waits."""
        with suppress(BlockingIOError):
            while read := os.read(self.output, 65536):
                self._unfinished += read
        *whole, self._unfinished = self._unfinished.split(b"\n")
        return [line.decode(errors="replace").rstrip() for line in whole]

    def ask_to_stop(self) -> None:
        """SIGTERM to the main process only: it tells its own children in its own order."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)

    def bury(self) -> list[str]:
        """Take back everything a dead child leaves: its own children, its pid file, its words."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.pid_file.unlink(missing_ok=True)
        last = self.lines()
        if self._unfinished:
            last.append(self._unfinished.decode(errors="replace").rstrip())
        self.process.stdout.close()  # type: ignore[union-attr]
        return last

    def how_it_ended(self) -> str:
        code = self.process.returncode
        if code is not None and code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


def write_pid(path: Path, pid: int) -> None:
    """Whole or not at all: others read these files at any time."""
    unfinished = path.with_suffix(".pid.new")
    unfinished.write_text(f"{pid}\n")
    unfinished.replace(path)
