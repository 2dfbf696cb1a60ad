"""The token exchange: a generated service account, signed JWTs in, access tokens out.

An access token carries its own expiry under an HMAC whose secret is kept in the data folder, so
tokens live through a restart and nothing has to be remembered about them.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.clock import Clock
from notifications.sending.sandbox.http import Reply, Request, json_reply

PROJECT = "beckon-sandbox"
PROJECT_NUMBER = "123456789012"
ACCOUNT = f"firebase-adminsdk@{PROJECT}.iam.gserviceaccount.com"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Both SDKs put Google's address into `aud`, whatever their token_uri says.
AUDIENCES = frozenset(
    (
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://accounts.google.com/o/oauth2/token",
    )
)
SCOPES = frozenset(
    (
        "https://www.googleapis.com/auth/cloud-platform",
        "https://www.googleapis.com/auth/firebase.messaging",
    )
)
LIFETIME_S = 3599
JWT_LIFETIME_S = 3600
SKEW_S = 300

_TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@dataclass(slots=True)
class Settings:
    """What tests may change about signing in."""

    token_lifetime: float = LIFETIME_S
    key_revoked: bool = False
    account_deleted: bool = False
    unavailable: bool = False
    clock_skew: float = 0.0


class Refused(Exception):
    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        named = {} if description is None else {"error_description": description}
        self.reply = json_reply(status, {"error": error, **named})


class Authority:
    """Google's sign-in, for one generated service account."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self.settings = Settings()
        self.minted = 0
        self._serial_floor = 0
        self._serial = 0
        self._checked: dict[str, tuple[float, bool, int]] = {}
        kept = _kept_secrets(folder / "keys.json")
        self._secret = bytes.fromhex(kept["token_secret"])
        self._pem = kept["private_key"]
        self._key_id = hashlib.sha256(self._pem.encode()).hexdigest()[:40]
        private = serialization.load_pem_private_key(self._pem.encode(), None)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101 - we made it
        self._key = private.public_key()

    def service_account(self, base_url: str) -> dict[str, str]:
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": self._key_id,
            "private_key": self._pem,
            "client_email": ACCOUNT,
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": f"{base_url}/token",
        }

    # ------------------------------------------------------------------ minting

    def exchange(self, request: Request) -> Reply:
        """Answer POST /token."""
        if self.settings.unavailable:
            return json_reply(503, {"error": "temporarily_unavailable"})
        try:
            scope_ok = self._granted(request)
        except Refused as refusal:
            return refusal.reply
        lifetime = self.settings.token_lifetime
        return json_reply(
            200,
            {
                "access_token": self._mint(lifetime, scope_ok),
                "expires_in": int(lifetime),
                "token_type": "Bearer",
            },
        )

    def _granted(self, request: Request) -> bool:
        """Whether the scopes of a sound grant allow sending; Refused when it isn't sound."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Refused("invalid_request", "Required parameter is missing: grant_type")
        form = parse_qs(request.body.decode("latin-1"))
        grant = form.get("grant_type", [""])[0]
        if grant != JWT_BEARER:
            raise Refused("unsupported_grant_type", f"Invalid grant_type: {grant}")
        if "assertion" not in form:
            raise Refused("invalid_request", "Required parameter is missing: assertion")
        claims = self._verified(form["assertion"][0])
        self._check_claims(claims, f"http://{request.headers.get('host', '')}/token")
        return not SCOPES.isdisjoint(str(claims["scope"]).split())

    def _verified(self, assertion: str) -> dict[str, Any]:
        """The claims, once RS256 with our own key has been checked; no other algorithm exists."""
        signed, _, signature = assertion.rpartition(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
            signature_bytes = _decoded(signature)
        except ValueError:
            raise Refused("invalid_grant", "Invalid JWT: Failed to parse.") from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise Refused("invalid_grant", "Invalid JWT: Failed to parse.")
        if claims.get("iss") != ACCOUNT or self.settings.account_deleted:
            raise Refused("invalid_grant", "Invalid grant: account not found")
        if header.get("alg") != "RS256":
            raise Refused("invalid_grant", "Invalid JWT: unsupported algorithm.")
        try:
            self._key.verify(signature_bytes, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise Refused("invalid_grant", "Invalid JWT Signature.") from None
        if self.settings.key_revoked:
            raise Refused("invalid_grant", "Invalid JWT Signature.")
        return claims

    def _check_claims(self, claims: dict[str, Any], own_url: str) -> None:
        """Against real time, not the sandbox's clock: a moved clock must not break signing in."""
        now = time.time() + self.settings.clock_skew
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise Refused("invalid_grant", _TIMEFRAME)
        early, late = issued > now + SKEW_S, expires < now - SKEW_S
        if early or late or not 0 < expires - issued <= JWT_LIFETIME_S:
            raise Refused("invalid_grant", _TIMEFRAME)
        if claims.get("aud") not in AUDIENCES and claims.get("aud") != own_url:
            raise Refused("invalid_grant", "Invalid JWT: Failed audience check.")
        if not claims.get("scope"):
            raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")

    def _mint(self, lifetime: float, scope_ok: bool) -> str:
        self.minted += 1
        self._serial = max(self._serial + 1, time.time_ns() // 1000)
        expiry = int((self._clock.now() + lifetime) * 1000)
        stem = f"{expiry:x}.{int(scope_ok)}.{self._serial:x}.{secrets.token_urlsafe(48)}"
        return f"ya29.{stem}.{self._seal(stem)}"

    def _seal(self, stem: str) -> str:
        return _encoded(hmac.digest(self._secret, stem.encode(), "sha256"))

    # ------------------------------------------------------------------ checking

    def refusal(self, authorization: str | None) -> Reply | None:
        """None when this Authorization header may send."""
        if not authorization:
            return envelopes.no_bearer()
        known = self._checked.get(authorization) or self._read(authorization)
        if known is None:
            return envelopes.bad_bearer()
        expiry, scope_ok, serial = known
        if serial <= self._serial_floor:
            return envelopes.bad_bearer()
        if self._clock.now() >= expiry:
            return envelopes.expired_bearer()
        return None if scope_ok else envelopes.scope_insufficient()

    def _read(self, authorization: str) -> tuple[float, bool, int] | None:
        kind, _, token = authorization.partition(" ")
        prefix, _, rest = token.partition(".")
        stem, _, seal = rest.rpartition(".")
        if kind.lower() != "bearer" or prefix != "ya29" or not seal.isascii():
            return None
        if not hmac.compare_digest(seal, self._seal(stem)):
            return None
        expiry, scope_ok, serial, _ = stem.split(".")
        if len(self._checked) > 1000:
            self._checked.clear()
        known = int(expiry, 16) / 1000, scope_ok == "1", int(serial, 16)
        self._checked[authorization] = known
        return known

    def revoke_tokens(self) -> None:
        """Every token minted so far is refused from now on; new ones are good."""
        self._serial_floor = max(self._serial, time.time_ns() // 1000)


def _kept_secrets(path: Path) -> dict[str, str]:
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    made = {"private_key": pem.decode(), "token_secret": secrets.token_hex(32)}
    write_private(path, json.dumps(made))
    return made


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by this user only."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
