"""`X-Signature: t=1790000000,v1=…`: HMAC-SHA256 over "<t>.<body>", one v1 for each valid secret."""

import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def header(body: bytes, at: int, valid: list[str]) -> str:
    """While a secret is being changed both sign, so that a receiver may know either."""
    return ",".join([f"t={at}", *(f"v1={sign(body, at, secret)}" for secret in valid)])


def sign(body: bytes, at: int, secret: str) -> str:
    return hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
