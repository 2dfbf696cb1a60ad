"""The service account, and access tokens minted from it: once per process, before they expire.

firebase-admin holds the credential and google-auth does the exchange; both are imported at the
first token, for the import takes over a second.
"""

import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

# google-auth refreshes 3 min 45 s before the end (its REFRESH_THRESHOLD); so do we.
REFRESH_AHEAD_S = 225.0
MINT_TIMEOUT_S = 5.0
# Another token is not asked for sooner than this after the last: a clock that is far off would
# otherwise turn every answer into a new exchange.
MINT_PAUSE_S = 1.0
# A failed exchange is not tried again by every thread that waits behind the lock.
FAILURE_PAUSE_S = 1.0
KEY_MIN_BITS = 2048
LIFETIME_UNSAID_S = 300.0

_REQUIRED = ("project_id", "private_key", "client_email", "token_uri")
_TOKEN_HOST = "oauth2.googleapis.com"  # noqa: S105  (a host, not a secret)


class BadCredentials(Exception):
    """This is not a service account file that we would use; the text says why."""


class MintFailed(Exception):
    """No access token. `permanent`: it stays so until someone changes the key.

    `reason` is Google's error code ("invalid_grant"), or "unreachable".
    """

    def __init__(self, permanent: bool, reason: str, detail: str) -> None:
        super().__init__(detail if detail.startswith(reason) else f"{reason}: {detail}")
        self.permanent = permanent
        self.reason = reason
        self.detail = detail


class Credentials:
    """One service account. Threads share it; each process mints for itself."""

    def __init__(
        self,
        account: Mapping[str, Any] | str | Path,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`account` is the parsed file, or its path. Raises BadCredentials."""
        self._account = check(account if isinstance(account, Mapping) else _read(Path(account)))
        self.project_id: str = self._account["project_id"]
        self.client_email: str = self._account["client_email"]
        self._clock = clock
        self._lock = Lock()
        self._google: Any = None
        self._token = ""
        self._minted_at = 0.0
        self._renew_at = 0.0
        self._expires_at = 0.0
        self._failure: MintFailed | None = None
        self._failed_at = 0.0

    def __repr__(self) -> str:
        return f"<Credentials {self.client_email}>"

    def bearer(self) -> str:
        """The access token. Raises MintFailed, though not while the old token is still good."""
        now = self._clock()
        if now < self._renew_at:
            return self._token
        if not self._lock.acquire(blocking=now >= self._expires_at):
            return self._token  # someone else is renewing it, and this one is good until then
        try:
            now = self._clock()
            return self._token if now < self._renew_at else self._mint(now)
        except MintFailed as failure:
            if failure.permanent or now >= self._expires_at:
                raise
            return self._token
        finally:
            self._lock.release()

    def mint_again(self, stale: str) -> str:
        """The token to use after FCM called `stale` expired; many may ask, one exchange is made.

        Returns `stale` itself when it was minted a moment ago: another one would fare no better.
        """
        with self._lock:
            now = self._clock()
            if self._token != stale or now - self._minted_at < MINT_PAUSE_S:
                return self._token
            return self._mint(now)

    def _mint(self, now: float) -> str:
        """With the lock held. Someone who waited behind a failure gets that failure."""
        if self._failure and now - self._failed_at < FAILURE_PAUSE_S:
            raise self._failure
        try:
            token, lifetime = self._exchange()
        except MintFailed as failure:
            self._failure, self._failed_at = failure, self._clock()
            raise
        ahead = REFRESH_AHEAD_S if lifetime >= 2 * REFRESH_AHEAD_S else lifetime / 2
        self._token, self._minted_at, self._failure = token, self._clock(), None
        self._expires_at, self._renew_at = now + lifetime, now + lifetime - ahead
        return token

    def _exchange(self) -> tuple[str, float]:
        """One POST to the token endpoint: the token, and how many seconds it lives."""
        from google.auth import exceptions

        began = datetime.now(UTC)
        try:
            google = self._google_credential()
            google.refresh(_request(self._account["token_uri"]))
        except exceptions.RefreshError as error:
            raise _refused(error) from error
        except (exceptions.TransportError, OSError) as error:
            raise MintFailed(False, "unreachable", str(error)[:1000]) from error
        except (ValueError, TypeError) as error:  # a 200 that is not what it should be
            raise MintFailed(False, "bad_body", str(error)[:1000]) from error
        if google.expiry is None:
            return google.token, LIFETIME_UNSAID_S
        return google.token, max(0.0, (google.expiry.replace(tzinfo=UTC) - began).total_seconds())

    def _google_credential(self) -> Any:
        if self._google is None:
            from firebase_admin import credentials

            self._google = credentials.Certificate(self._account).get_credential()
        return self._google


def _request(token_uri: str) -> Callable[..., Any]:
    """google-auth's transport, in a hurry: no redirects, short, and no sleeps.

    Raising on 429 and 5xx keeps google-auth from sleeping between three attempts of its own; our
    callers have work of their own to do meanwhile.
    """
    from google.auth import exceptions
    from google.auth.transport.requests import Request
    from requests import Session

    session = Session()
    session.trust_env = not _is_loopback(urlsplit(token_uri).hostname or "")  # proxies
    transport = Request(session=session)

    def post(url: str, **options: Any) -> Any:
        response = transport(url, **options, timeout=MINT_TIMEOUT_S, allow_redirects=False)
        if response.status in (408, 429) or response.status >= 500:
            raise exceptions.TransportError(  # type: ignore[no-untyped-call]
                f"{url} answered {response.status}."
            )
        return response

    return post


def check(account: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a service account file that we use. Raises BadCredentials.

    google-auth posts a signed assertion to whatever `token_uri` names, and other kinds of
    credential files can make it fetch addresses or start programs: only Google's endpoint or this
    machine is accepted, and everything that is not needed is left out.
    """
    kind = account.get("type")
    if kind != "service_account":
        raise BadCredentials(
            f'type is "{kind}": a service account key has "service_account". Firebase console → '
            "Project settings → Service accounts → Generate new private key."
        )
    for field in _REQUIRED:
        if not isinstance(account.get(field), str) or not account[field].strip():
            raise BadCredentials(f"{field} is missing: this is not a whole service account file.")
    universe = account.get("universe_domain", "googleapis.com")
    if universe != "googleapis.com":
        raise BadCredentials(f'universe_domain is "{universe}": only googleapis.com is supported.')
    _check_token_uri(account["token_uri"])
    _check_key(account["private_key"])
    kept = ("type", "private_key_id", "client_id", *_REQUIRED)
    return {field: account[field] for field in kept if field in account}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        account = json.loads(path.read_text())
    except OSError as error:
        raise BadCredentials(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise BadCredentials(f"{path} is not JSON: {error}.") from error
    if not isinstance(account, dict):
        raise BadCredentials(f"{path} is JSON, but not a service account file.")
    return account


def _check_token_uri(token_uri: str) -> None:
    try:
        url = urlsplit(token_uri)
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    google = host == _TOKEN_HOST and url.scheme == "https" and port in (None, 443)
    ours = _is_loopback(host) and url.scheme in ("http", "https")
    if not (google or ours) or url.username or url.password:
        raise BadCredentials(
            f'token_uri is "{token_uri[:200]}": only https://{_TOKEN_HOST}/token is accepted, for '
            "the signed key would be sent there."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_key(pem: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadCredentials("private_key can't be read: the file may have been cut.") from error
    if not isinstance(key, RSAPrivateKey):
        raise BadCredentials("private_key is not an RSA key, which Google's service accounts have.")
    if key.key_size < KEY_MIN_BITS:
        raise BadCredentials(
            f"private_key has {key.key_size} bits: at least {KEY_MIN_BITS} are needed."
        )


def _refused(error: Any) -> MintFailed:
    """google-auth's RefreshError: (text, the endpoint's JSON or absent); `retryable` for 5xx."""
    answer = error.args[1] if len(error.args) > 1 else None
    reason = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    detail = str(error.args[0]) if error.args else ""
    # A page from something in between is no verdict on the key.
    permanent = bool(reason) and not error.retryable
    return MintFailed(permanent, reason or "unreachable", detail[:1000])
