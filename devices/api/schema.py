"""The OpenAPI description: what `extend_schema` says once for all views."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularJSONAPIView

from devices.api.serializers import ProblemAnswer

PROBLEMS = {
    400: "The body is not JSON, or says something that could be taken for more than was meant.",
    401: "No key, an unknown or revoked key, or a user id without its signature.",
    403: "The key is of the wrong kind or lacks the scope.",
    404: "There is nothing here.",
    405: "This address does not take this method.",
    409: "Not in this state.",
    413: "The body is too large.",
    415: "The body must be application/json.",
    422: "Understood, but not valid; `errors` names the fields.",
    429: "Too many requests; wait `Retry-After` seconds.",
    503: "The database is busy or away.",
}
ALWAYS = (400, 401, 403, 404, 405, 413, 415, 422, 429, 503)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "devices.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`pk_…` client keys and `sk_…` server keys.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "devices.api.authentication.StaffSession"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def problems(*statuses: int) -> dict[Any, Any]:
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemAnswer, PROBLEMS[status])
        for status in sorted({*ALWAYS, *statuses})
    }


def described(answers: dict[int, Any], *, also: tuple[int, ...] = (), **more: Any) -> Any:
    """`extend_schema` with every problem that any address can answer. `answers`: status →
    serializer; `also`: further statuses of problems."""
    good = {(status, "application/json"): serializer for status, serializer in answers.items()}
    return extend_schema(responses=good | problems(*also), **more)


@cache
def description() -> dict[str, Any]:
    """All of it, made once: that takes a second, and nothing but an update changes it."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


class Once(SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return description()


@method_decorator(login_not_required, name="dispatch")
class OpenAPI(SpectacularJSONAPIView):
    generator_class = Once
