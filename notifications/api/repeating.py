"""`Idempotency-Key`: the same call may be repeated, and happens once."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.problems import Problem
from devices.models import ApiKey
from notifications import idempotency

Effect = Callable[[], tuple[int, dict[str, Any]]]


def once(
    request: Request,
    about: Any,
    effect: Effect,
    *,
    named: str = "",
    look: Callable[[], None] | None = None,
) -> Response:
    """What `effect` answers, or what it answered the first time. `about` is what must be the same
    under one key; `named` is the key that the body gives, where it may; `look` as in
    `idempotency`. Somebody who is signed in has no keys of her own: for her it just happens, in one
    transaction."""
    key, name = request.auth, name_of(request, named)
    if not isinstance(key, ApiKey):
        if look is not None:
            look()
        with transaction.atomic():
            status, body = effect()
        return Response(body, status=status)
    try:
        answer = idempotency.once(key, name, about, effect, look=look)
    except idempotency.Mismatch:
        told = "This Idempotency-Key was used with another body."
        raise Problem(409, "idempotency_mismatch", told) from None
    except idempotency.InProgress:
        told = "The first call with this Idempotency-Key is still at work."
        soon = {"Retry-After": "1"}
        raise Problem(409, "idempotency_in_progress", told, headers=soon) from None
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, status=answer.status, headers=headers)


def name_of(request: Request, named: str) -> str:
    name = request.headers.get("Idempotency-Key") or named
    if len(name) > idempotency.NAME_MAX:
        told = f"Idempotency-Key has at most {idempotency.NAME_MAX} characters."
        raise Problem(422, "validation", told, field="Idempotency-Key")
    return name


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """As it is stored for a replay: moments as text."""
    return {
        name: value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value
        for name, value in body.items()
    }
