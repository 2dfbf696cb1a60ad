"""Who says that this phone is hers? The app's back end does: it signs her id with a secret.

`X-User-Signature: hex(HMAC_SHA256(secret, user_id))`. Two secrets are valid while one is being
replaced by the next.
"""

import hmac
import secrets
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from devices.models import IdentitySecret

VALID_AT_ONCE = 2


def current() -> str:
    """The secret to sign with; the first call makes it."""
    valid = valid_secrets()
    return valid[0] if valid else rotate()


def valid_secrets() -> list[str]:
    rows = IdentitySecret.objects.filter(retired_at=None).order_by("-pk")
    return list(rows.values_list("secret", flat=True)[:VALID_AT_ONCE])


@transaction.atomic
def rotate() -> str:
    """Make a new one; the one before stays valid until `retire_former` or the next rotation."""
    made = IdentitySecret.objects.create(secret=secrets.token_urlsafe(32))
    kept = IdentitySecret.objects.filter(retired_at=None).order_by("-pk")[:VALID_AT_ONCE]
    pks = [row.pk for row in kept]
    IdentitySecret.objects.filter(retired_at=None).exclude(pk__in=pks).update(
        retired_at=timezone.now()
    )
    return made.secret


def retire_former() -> int:
    """Only the newest stays valid. Returns how many ended."""
    newest = IdentitySecret.objects.filter(retired_at=None).order_by("-pk").first()
    if newest is None:
        return 0
    former = IdentitySecret.objects.filter(retired_at=None, pk__lt=newest.pk)
    return former.update(retired_at=timezone.now())


def sign(user_id: str, secret: str) -> str:
    return hmac.new(secret.encode(), user_id.encode(), sha256).hexdigest()


def is_signed(user_id: str, signature: str) -> bool:
    """Compares with every valid secret, so that a match takes as long as a miss."""
    given = signature.strip().lower().encode()
    matches = [
        hmac.compare_digest(sign(user_id, secret).encode(), given) for secret in valid_secrets()
    ]
    return any(matches)
