"""Who calls, and may she? Keys in `Authorization: Bearer …`, or a session of the console.

A view says what it takes: `allow(client=True)`, `allow(scope="read", staff=access.can_see)`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from devices import identity, keys, preferences
from devices.api.problems import Problem
from devices.models import ApiKey
from devices.states import Actor, KeyKind

SIGNATURE_HEADER = "HTTP_X_USER_SIGNATURE"


class KeyAuthentication(BaseAuthentication):
    """`request.auth` becomes the `ApiKey`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        if any(keys.SHAPE.fullmatch(str(value)) for value in request.query_params.values()):
            raise AuthenticationFailed(
                "A key stands in the address, where logs keep it. Revoke it, and send the next "
                "one in the header Authorization.",
                code="bad_key",
            )
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        word, _, text = header.partition(" ")
        key = keys.find(text.strip()) if word.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("This key is unknown or revoked.", code="bad_key")
        keys.used(key, timezone.now())
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class StaffSession(SessionAuthentication):
    """Somebody who is signed in to the console; what she changes needs the CSRF token."""


class Denied(BasePermission):
    """What a view allows that forgot to say."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class ByKey(BasePermission):
    """Who may call, for the description: the kinds of keys, and the scopes of which one is enough."""

    client = False
    server = False
    scopes: tuple[str, ...] = ()


def allow(
    *,
    client: bool = False,
    scope: str | tuple[str, ...] | None = None,
    staff: Callable[[Any], bool] | None = None,
) -> type[BasePermission]:
    """Who may call. `client`: any client key. `scope`: server keys that have it, or one of them;
    "" is any server key, None is none. `staff`: asked with the signed-in person."""

    class Allowed(ByKey):
        def has_permission(self, request: Request, view: Any) -> bool:
            key = request.auth
            if isinstance(key, ApiKey):
                require_key(key, client=client, scope=scope)
                return True
            person = request.user
            if staff is None or person is None or not person.is_authenticated:
                raise NotAuthenticated(
                    "Send a key in the header Authorization: Bearer …", code="missing_key"
                )
            return staff(person)

    Allowed.client = client
    Allowed.scopes = tuple(filter(None, (scope,) if isinstance(scope, str) else scope or ()))
    Allowed.server = scope is not None
    return Allowed


def require_key(key: ApiKey, *, client: bool, scope: str | tuple[str, ...] | None) -> None:
    if key.kind == KeyKind.CLIENT:
        if not client:
            raise Problem(403, "scope", "This takes a server key; a client key is public.")
        return
    if scope is None:
        raise Problem(403, "scope", "This takes a client key, the one that ships in the app.")
    wanted = (scope,) if isinstance(scope, str) else scope
    if scope and not set(wanted) & set(key.scopes):
        raise Problem(403, "scope", f"This key lacks the scope {' or '.join(wanted)}.")


ClientOrServer = allow(client=True, scope="")
ClientOnly = allow(client=True)


def actor_of(request: Request) -> Actor:
    if not isinstance(request.auth, ApiKey):
        return Actor.CONSOLE
    return Actor.CLIENT if request.auth.kind == KeyKind.CLIENT else Actor.SERVER


def require_signature(request: Request, user_id: str) -> None:
    """A client key alone proves nothing about a person: her id must be signed. Server keys are
    trusted. Raises 401 `bad_user_signature`."""
    if actor_of(request) != Actor.CLIENT or not preferences.get("secure_identity"):
        return
    if not identity.is_signed(user_id, request.META.get(SIGNATURE_HEADER, "")):
        raise Problem(
            401,
            "bad_user_signature",
            "X-User-Signature must be hex(HMAC_SHA256(identity secret, user_id)), made by the "
            "app's back end.",
            field="X-User-Signature",
        )
