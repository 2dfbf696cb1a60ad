"""API keys: `pk_…` ships in apps, `sk_…` belongs to back ends. Kept as hashes; a client key is
public by nature, so it is kept in the clear as well and can be shown again.

Format: `<pk|sk>_<8 characters that name it>_<43 characters of base64url>`.
"""

import hmac
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from devices.models import ApiKey
from devices.states import KeyKind
from devices.worded import Load

SCOPES = ("trigger", "users", "campaigns", "read")
PREFIX = {KeyKind.CLIENT: "pk", KeyKind.SERVER: "sk"}
SHAPE = re.compile(r"(pk|sk)_([a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
USED_EVERY = timedelta(minutes=1)


class BadScope(ValueError):
    """A scope that no key can have, or scopes for a client key."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """`text` is the key itself; of a server key it is seen here and never again."""

    key: ApiKey
    text: str


def make(
    kind: KeyKind, name: str, scopes: Collection[str] | None = None, by: User | None = None
) -> NewKey:
    """A server key without named scopes gets all of them. Raises `BadScope`."""
    public_id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    text = f"{PREFIX[kind]}_{public_id}_{secret}"
    key = ApiKey.objects.create(
        kind=kind,
        name=name,
        public_id=public_id,
        secret_hash=hash_of(text),
        shown=text if kind == KeyKind.CLIENT else "",
        scopes=checked(kind, scopes),
        created_by=by,
    )
    return NewKey(key, text)


def checked(kind: KeyKind, scopes: Collection[str] | None) -> list[str]:
    if kind == KeyKind.CLIENT:
        if scopes:
            raise BadScope("A client key has no scopes.")
        return []
    for scope in scopes or ():
        if scope not in SCOPES:
            raise BadScope(f"{scope} is no scope. There are {', '.join(SCOPES)}.")
    return [scope for scope in SCOPES if scopes is None or scope in scopes]


def hash_of(text: str) -> str:
    """Fast on purpose: nobody guesses 256 random bits."""
    return sha256(text.encode()).hexdigest()


def find(text: str) -> ApiKey | None:
    """The key of that text, unless it is unknown or revoked. Takes as long either way."""
    shape = SHAPE.fullmatch(text)
    if shape is None:
        return None
    key: ApiKey | None = _NAMED.first(shape[2])
    matches = hmac.compare_digest(hash_of(text), key.secret_hash if key else "0" * 64)
    if key is None or not matches or key.revoked_at is not None:
        return None
    return key if PREFIX[KeyKind(key.kind)] == shape[1] else None


_NAMED = Load(lambda public_id: ApiKey.objects.filter(public_id=public_id), str)


def used(key: ApiKey, now: datetime) -> None:
    """Remember that it is in use, to the minute."""
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def revoke(public_id: str) -> ApiKey | None:
    """From now on, for good. None: there is no such key; revoking twice changes nothing."""
    key = ApiKey.objects.filter(public_id=public_id).first()
    if key is not None and key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
    return key
