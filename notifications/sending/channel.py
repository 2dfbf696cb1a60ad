"""The only reader of FCM settings: picks Firebase or the sandbox, and makes the client."""

import json
import logging
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from django.conf import settings

from notifications.fcm.client import Client, choose, validate
from notifications.fcm.credentials import BadCredentials, Credentials, MintFailed
from notifications.fcm.message import Content, template
from notifications.fcm.outcomes import Kind

logger = logging.getLogger(__name__)
NOBODYS_TOKEN = "beckon-connection-check-0000000000000000"  # noqa: S105  a token that no phone has


def in_sandbox() -> bool:
    """No real phone is reached: no Firebase key is set, or FCM's address is not Google's."""
    return settings.FIREBASE_CREDENTIALS is None or settings.FCM_BASE_URL != settings.GOOGLE_URL


def _sandbox_account() -> dict[str, str]:
    """The sandbox's generated service account: from its file, or asked of a sandbox elsewhere."""
    path = Path(settings.DATA_DIR) / "sandbox" / "service-account.json"
    if settings.FCM_BASE_URL == settings.SANDBOX_URL and path.is_file():
        return dict(json.loads(path.read_text()))
    url = f"{settings.FCM_BASE_URL}/_sandbox/service-account.json"
    request = urllib.request.Request(url, headers={"X-Sandbox": "1"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310  our own address
            return dict(json.load(answer))
    except (OSError, ValueError) as error:
        raise SandboxAway(f"The sandbox at {settings.FCM_BASE_URL} does not answer.") from error


class SandboxAway(Exception):
    """The sandbox is not up: what waits is tried again, nothing is wrong with a key."""


_lock = Lock()
_credentials: Credentials | None = None
_client: Client | None = None


def credentials() -> Credentials:
    """Made on first use, once per process. Raises BadCredentials, or SandboxAway."""
    global _credentials
    if _credentials is None:
        if settings.FIREBASE_CREDENTIALS is not None:
            _credentials = Credentials(settings.FIREBASE_CREDENTIALS)
        else:
            _credentials = Credentials(_sandbox_account())
    return _credentials


def client() -> Client:
    """One per process; raises BadCredentials while there is no usable key."""
    global _client
    with _lock:
        if _client is None:
            known = credentials()
            kind = choose(settings.FCM_CLIENT, settings.FCM_BASE_URL)
            # A whole window on the wire at once, at FCM's 100 streams a connection.
            connections = max(5, -(-settings.SEND_WINDOW // 100))
            _client = kind(settings.FCM_BASE_URL, known, known.project_id, connections=connections)
        return _client


def warm_up() -> None:
    """What a worker's first message would wait two seconds for: Google's SDK read, the client
    made, a token at hand. Raises nothing: the first message meets what is wrong."""
    try:
        template(_probe(), "android")
        client()
        credentials().bearer()
    except (BadCredentials, SandboxAway, MintFailed) as error:
        logger.info("Not warm yet: %s", error)


def forget() -> None:
    """Read key and address again at the next use (tests, a replaced key)."""
    global _client, _credentials
    with _lock:
        _client = _credentials = None


def project_id() -> str:
    try:
        return credentials().project_id
    except (BadCredentials, SandboxAway):
        return ""


def client_email() -> str:
    try:
        return credentials().client_email
    except (BadCredentials, SandboxAway):
        return ""


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What Google said to a message that is only validated, in plain words."""

    ok: bool
    sentence: str
    fix: str = ""
    raw: str = ""


@cache
def _probe() -> Content:
    return Content(
        title="Connection check", body="Never delivered", image=None,
        data={"initialPageName": "", "parameterData": "{}", "notificationId": ""},
        sound=False, channel_id=None, thread="check", ttl_s=0, expires_at=0,
    )  # fmt: skip


def check_connection(token: str | None = None) -> ConnectionReport:
    """Ask FCM to validate (never deliver) a message. Without a token of a phone, FCM's refusal of
    an invented token proves that key, project and API are in order."""
    try:
        sender = client()
    except SandboxAway as error:
        return ConnectionReport(False, str(error), "Start it: manage.py up --only sandbox.")
    except BadCredentials as error:
        return ConnectionReport(False, str(error), "Put a whole service account file in place.")
    message = template(_probe(), "android", validate_only=True)
    answer = validate(sender, message, token or NOBODYS_TOKEN)
    if answer.kind in (Kind.ACCEPTED, Kind.DEAD_TOKEN) or _blames_token(answer.reason, token):
        whose = "the sandbox" if in_sandbox() else f"project {sender.project_id}"
        return ConnectionReport(True, f"Connected to {whose}: it would take our messages.")
    return ConnectionReport(False, *_advice(answer.reason, answer.detail), raw=answer.detail)


def _blames_token(reason: str, token: str | None) -> bool:
    return token is None and reason in ("invalid_argument", "sender_id_mismatch")


def _advice(reason: str, detail: str) -> tuple[str, str]:
    from notifications import reasons

    return reasons.sentence(reason), reasons.next_step(reason) or detail
