"""The real sandbox in a process of its own, for tests."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SandboxProcess:
    """Starts on a free port; a second start() uses the same port and data folder."""

    def __init__(self, data_dir: str | Path | None = None, *arguments: str) -> None:
        self._own_folder = None
        if data_dir is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="sandbox-")
            data_dir = self._own_folder.name
        self.data_dir = Path(data_dir)
        self.arguments = arguments
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "SandboxProcess":
        command = [sys.executable, "-m", "notifications.sending.sandbox"]
        command += ["--port", str(self.port), "--data-dir", str(self.data_dir), *self.arguments]
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "ready" not in line:
            self.process.kill()
            raise RuntimeError(f"The sandbox did not start; it said {line!r}")
        return self

    def stop(self) -> None:
        """SIGTERM, and wait. The data stays until `close`."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._closed()

    def kill(self) -> None:
        """SIGKILL: what the process had not handed to the system is lost."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._closed()

    def _closed(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def close(self) -> None:
        self.stop()
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def __enter__(self) -> "SandboxProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ the control API

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """`path` below /_sandbox/, e.g. "stats". Raises AssertionError with the error's text."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path.lstrip('/')}",
            data=body,
            method=method,
            headers={"X-Sandbox": "1", "Content-Type": "application/json"},
        )
        try:
            with _WITHOUT_PROXY.open(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def messages(self, token: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Accepted messages, newest first."""
        query = {"limit": str(limit), **({"token": token} if token else {})}
        found = self.control("GET", f"messages?{urllib.parse.urlencode(query)}")
        return list(found["messages"])

    def stats(self) -> dict[str, Any]:
        return dict(self.control("GET", "stats"))

    def set_faults(self, faults: list[dict[str, Any]]) -> None:
        self.control("PUT", "faults", faults)

    def set_phone(self, token: str, state: str) -> None:
        self.control("PUT", f"phones/{token}", {"state": state})

    def service_account(self) -> dict[str, str]:
        return dict(self.control("GET", "service-account.json"))

    def reset(self) -> None:
        """As new, as between two tests: nothing sent, nothing broken, all phones registered."""
        self.control("POST", "reset")


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
