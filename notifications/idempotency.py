"""One effect per `Idempotency-Key`: parallel calls wait for the first and get its answer."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from devices.models import ApiKey
from devices.worded import Question
from notifications.models import Idempotency

KEPT = timedelta(days=30)
NAME_MAX = 255
WAIT_S = 10


class Mismatch(Exception):
    """The key was used with another body."""


class InProgress(Exception):
    """The first call with this key is still at work."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    replayed: bool = False


def once(
    key: ApiKey,
    name: str,
    request: Any,
    effect: Callable[[], tuple[int, dict[str, Any]]],
    *,
    look: Callable[[], None] | None = None,
) -> Answer:
    """Run `effect` in one transaction with the row of `name`, or give its stored answer. `look`
    is called before it, outside the transaction and only where there is no answer yet: what can
    be read ahead holds up no other writer.

    What either raises undoes all: refusals are not stored, and a repeat that `look` refuses for
    what the first call did meanwhile has that one's answer. Without a name it just runs.
    """
    if not name:
        if look is not None:
            look()
        with transaction.atomic():
            return Answer(*effect())
    sha256 = hashlib.sha256(
        json.dumps(request, sort_keys=True, ensure_ascii=True).encode()
    ).hexdigest()
    if look is not None and (known := _known(key, name, sha256, look)):
        return known
    try:
        with transaction.atomic():
            _wait_at_most()
            row = Idempotency.objects.create(key=key, name=name, body_sha256=sha256)
            status, body = effect()
            Idempotency.objects.filter(pk=row.pk).update(status=status, answer=body)
            return Answer(status, _in_order(body))
    except IntegrityError:
        return _replay(key, name, sha256)
    except OperationalError as error:
        if "lock timeout" in str(error) or "locked" in str(error):
            raise InProgress from error
        raise


def _known(key: ApiKey, name: str, sha256: str, look: Callable[[], None]) -> Answer | None:
    """The stored answer; without one `look` is called, and it may have come meanwhile."""
    if _KNOWN.rows(key.pk, name):
        return _replay(key, name, sha256)
    try:
        look()
    except Exception:
        if _KNOWN.rows(key.pk, name):
            return _replay(key, name, sha256)
        raise
    return None


_KNOWN = Question(
    lambda key, name: Idempotency.objects.filter(key=key, name=name).values_list("pk"), int, str
)


def _wait_at_most() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_S}s'")


def _replay(key: ApiKey, name: str, sha256: str) -> Answer:
    row = Idempotency.objects.filter(key=key, name=name).first()
    if row is None:
        raise IntegrityError("another constraint than the idempotency key's was broken")
    if row.body_sha256 != sha256:
        raise Mismatch
    return Answer(row.status, _in_order(row.answer), replayed=True)


def _in_order(body: dict[str, Any]) -> dict[str, Any]:
    """The same bytes first and later: PostgreSQL keeps no order of an object's names."""
    ordered: dict[str, Any] = json.loads(json.dumps(body, sort_keys=True))
    return ordered


def forget_old(now: datetime) -> int:
    return Idempotency.objects.filter(created_at__lt=now - KEPT).delete()[0]
