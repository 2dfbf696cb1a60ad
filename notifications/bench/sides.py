"""The processes of one run: the server, the databases, and each side, one after the other."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from notifications.bench.cost import Cost

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LIMIT_S = 1_800


class SideFailed(Exception):
    """A side ended without a figure; its last words are in the message."""


class Skipped(Exception):
    """A side cannot run here; the message says why."""


@dataclass
class Field:
    """Where the sides meet."""

    folder: Path
    clear: str
    tls: str
    environment: dict[str, str] = field(default_factory=dict)

    def side(self, command: list[str], env: dict[str, str] | None = None) -> Cost:
        said = self._run(command, env)
        return Cost(**said) if said else Cost()

    def _run(self, command: list[str], env: dict[str, str] | None = None) -> dict[str, Any]:
        """What the process said in its last line."""
        environment = os.environ | self.environment | (env or {})
        done = subprocess.run(  # noqa: S603  our own commands
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
            timeout=LIMIT_S,
        )  # fmt: skip
        lines = done.stdout.strip().splitlines()
        if done.returncode or (not lines and "prepare" not in command):
            raise SideFailed(f"{' '.join(command[:4])}: {done.stderr.strip()[-800:]}")
        return dict(json.loads(lines[-1])) if lines else {}

    def python(self, module: str, *arguments: object, env: dict[str, str] | None = None) -> Cost:
        command = [sys.executable, "-W", "ignore", "-m", f"notifications.bench.{module}"]
        return self.side([*command, *map(str, arguments)], env)

    def bare(self, name: str, count: int) -> Cost:
        return self.python("bare", name, count, self.tls, self.folder)

    def node(self, count: int) -> Cost:
        node, modules = _node_modules(self.folder)
        port = self.tls.rpartition(":")[2]
        account = str(self.folder / "service-account.json")
        command = [node, str(HERE / "node" / "bench.cjs"), account, port, str(count)]
        return self.side(command, {"BENCH_NODE_MODULES": str(modules)})

    def ceiling(self, count: int) -> Cost:
        h2load = shutil.which("h2load")
        if h2load is None:
            raise Skipped("h2load is missing (Debian: nghttp2-client)")
        body = self.folder / "body.json"
        body.write_text('{"message": {"token": "bench"}}')
        command = [h2load, "-n", str(count), "-c", "5", "-m", "100", "-d", str(body)]
        url = f"{self.tls}/v1/projects/bench/messages:send"
        done = subprocess.run(  # noqa: S603
            [*command, url], capture_output=True, text=True, check=True, timeout=LIMIT_S
        )
        rate = next(line for line in done.stdout.splitlines() if "req/s" in line)
        per_second = float(rate.split(",")[1].split()[0])
        return Cost(messages=count, seconds=count / per_second)

    def latency(self, orders: int, env: dict[str, str]) -> dict[str, Any]:
        account = str(self.folder / "service-account.json")
        clear = {"FCM_BASE_URL": self.clear, "FIREBASE_CREDENTIALS": account}
        command = [sys.executable, "-m", "notifications.bench.latency", str(orders), self.clear]
        return self._run(command, env | clear)

    def engine(self, count: int, env: dict[str, str]) -> Cost:
        return self.python("engine", "send", self.tls, self.folder, env=env)


def _node_modules(folder: Path) -> tuple[str, Path]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Skipped("node or npm is missing")
    place = folder / "node"
    place.mkdir(exist_ok=True)
    shutil.copy(HERE / "node" / "package.json", place)
    command = [npm, "install", "--omit=optional", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        subprocess.run(  # noqa: S603
            command, cwd=place, check=True, capture_output=True, text=True, timeout=180
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise Skipped(f"npm could not fetch firebase-admin: {error}") from error
    return node, place / "node_modules"


@contextmanager
def running(folder: Path) -> Iterator[Field]:
    """The server is up, and its certificate and an account that it believes lie in `folder`."""
    command = [sys.executable, "-m", "notifications.bench.server", "--folder", str(folder)]
    server = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    try:
        assert server.stdout is not None  # noqa: S101  it is a pipe
        clear, tls = (f"127.0.0.1:{port}" for port in server.stdout.readline().split())
        _make_account(folder, f"http://{clear}/token")
        authority = str(folder / "ca.pem")
        environment = {
            "REQUESTS_CA_BUNDLE": authority, "NODE_EXTRA_CA_CERTS": authority,
            "DJANGO_SETTINGS_MODULE": "console.settings", "DATA_DIR": str(folder),
            "RAMP_SECONDS": "0", "FCM_MESSAGES_PER_MINUTE": "100000000",
        }  # fmt: skip
        yield Field(folder, f"http://{clear}", f"https://{tls}", environment)
    finally:
        server.terminate()
        server.wait(10)


def _make_account(folder: Path, token_uri: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account", "project_id": "bench", "private_key_id": "bench",
        "private_key": pem.decode(), "client_id": "1", "token_uri": token_uri,
        "client_email": "bench@bench.iam.gserviceaccount.com",
    }  # fmt: skip
    path = folder / "service-account.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(account))
