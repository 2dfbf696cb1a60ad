"""Secrets at rest: encrypted with a key that follows from SECRET_KEY, so that a copy of the
database alone can sign nothing."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(Exception):
    """It was sealed under another SECRET_KEY."""


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises `Unreadable`."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("The secret was kept under another SECRET_KEY. Make a new one.") from error


def _box() -> Fernet:
    key = hashlib.sha256(f"webhook secrets|{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
