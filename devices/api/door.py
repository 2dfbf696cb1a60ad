"""What every address of the API has in common: `Door`, the base of its views."""

import re
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from devices.api import limits, proxies
from devices.api.authentication import KeyAuthentication, StaffSession
from devices.api.limits import Count
from devices.api.problems import Problem
from devices.models import ID_MAX, ApiKey
from devices.states import KeyKind

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class OnlyJSON(DefaultContentNegotiation):
    """Whatever the caller would rather have, the answer is JSON."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Door(APIView):
    """Keys or a session, limits, request ids, problem+json. A view adds `permission_classes`,
    made with `authentication.allow`."""

    authentication_classes = (KeyAuthentication, StaffSession)
    content_negotiation_class = OnlyJSON
    limit_count: Count | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The session middleware must let it through: it answers 401 itself, not a sign-in."""
        return login_not_required(super().as_view(**initkwargs))

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_odd_ids(kwargs)
        try:
            self.perform_authentication(request)
        finally:
            self.count(request)
        super().initial(request, *args, **kwargs)

    def count(self, request: Request) -> None:
        key = getattr(request, "_auth", None)
        named = {}
        if isinstance(key, ApiKey):
            named[f"key:{key.public_id}"] = limits.PER_KEY
        if not isinstance(key, ApiKey) or key.kind == KeyKind.CLIENT:
            named[f"address:{proxies.address(request._request)}"] = limits.PER_ADDRESS
        self.limit_count = limits.counts.count(named)
        if self.limit_count.exceeded:
            raise Problem(
                429,
                "rate_limited",
                f"More than {self.limit_count.limit:,} requests in a minute.",
                headers={"Retry-After": str(self.limit_count.reset_s)},
            )

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.headers["X-Request-Id"] = getattr(request, "request_id", "")
        finished.headers.setdefault("Cache-Control", "no-store")
        if self.limit_count is not None:
            for name, value in self.limit_count.headers().items():
                finished.headers[name] = value
        return finished


def refuse_odd_ids(named: dict[str, Any]) -> None:
    """Ids in the address that no row can have: nothing is there."""
    for value in named.values():
        if isinstance(value, str) and (len(value) > ID_MAX or CONTROL.search(value)):
            raise Problem(404, "not_found", "There is nothing here.")
