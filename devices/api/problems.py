"""Every error of the API, ours, the framework's and Django's, as RFC 9457 problem+json.

`code` is for programs, `title` and `detail` for people; `errors` names fields. A validation
error whose code is one of ours (`timezone`, `token_too_long`) is also the problem's code.
"""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
TITLES = {401: "Not signed in", 422: "Not valid", 429: "Too many requests"}
FRAMEWORK_CODES = {
    "invalid", "required", "null", "blank", "max_length", "min_length", "max_value", "min_value",
    "not_a_list", "not_a_dict", "empty", "max_string_length", "invalid_choice", "date", "datetime",
    "overflow", "make_aware", "unknown_field", "error", "min_items", "max_items",
}  # fmt: skip


class Problem(exceptions.APIException):
    """Raise it to answer with it. `extra` members stand beside the standard ones."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str = "",
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = [{"field": field, "code": code, "message": detail}] if field else []
        self.headers = headers or {}
        self.extra = extra


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """What the framework calls for every exception in a view."""
    request = context.get("request")
    problem = as_problem(error)
    if problem.status_code == 500:
        logger.error("%s in request %s", type(error).__name__, request_id(request), exc_info=error)
    response = Response(
        body(problem, request_id(request)), status=problem.status_code, content_type=CONTENT_TYPE
    )
    for name, value in problem.headers.items():
        response[name] = value
    return response


def as_problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return invalid(list(flat(error.detail)))
        case DjangoValidationError():
            return invalid(list(flat_django(error)))
        case Http404() | exceptions.NotFound():
            return Problem(404, "not_found", "There is nothing here.")
        case exceptions.ParseError():
            return Problem(400, "malformed_json", str(error.detail))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Problem(401, str(error.get_codes()), str(error.detail), headers=BEARER)
        case PermissionDenied() | exceptions.PermissionDenied():
            return Problem(403, code_of(error, "scope"), text_of(error, "This is not allowed."))
        case exceptions.MethodNotAllowed():
            return Problem(405, "method_not_allowed", str(error.detail))
        case exceptions.UnsupportedMediaType():
            return Problem(415, "unsupported_media_type", str(error.detail))
        case exceptions.NotAcceptable():
            return Problem(406, "not_acceptable", str(error.detail))
        case exceptions.APIException():
            return Problem(error.status_code, error.default_code, str(error.detail))
        case OperationalError() | InterfaceError():
            logger.warning("The database did not answer: %s", error)
            busy = "The database is busy or away. Try again."
            return Problem(503, "maintenance", busy, headers={"Retry-After": "5"})
    return Problem(500, "internal", "Something broke here. The log knows it by the request id.")


def no_device(device_id: str) -> Problem:
    told = (
        f"No device {device_id:.80} is registered. First comes PUT /api/v1/devices/{{device_id}}."
    )
    return Problem(404, "not_found", told)


BEARER = {"WWW-Authenticate": 'Bearer realm="api"'}


def invalid(errors: list[dict[str, str]]) -> Problem:
    ours = [error["code"] for error in errors if error["code"] not in FRAMEWORK_CODES]
    code = ours[0] if len(errors) == len(ours) == 1 else "validation"
    first = f"{errors[0]['field']}: {errors[0]['message']}".removeprefix(": ") if errors else ""
    problem = Problem(422, code, first)
    problem.errors = errors
    return problem


def flat(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """The framework's nested details as one list; `items.3.title` names what is inside."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from flat(inner, field if name == "non_field_errors" else joined(field, name))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from flat(inner, joined(field, position) if nested else field)
    else:
        yield {"field": field, "code": code_of_detail(detail), "message": str(detail)}


def joined(field: str, name: Any) -> str:
    return f"{field}.{name}" if field else str(name)


def code_of_detail(detail: Any) -> str:
    return str(getattr(detail, "code", None) or "invalid")


def flat_django(error: DjangoValidationError) -> Iterator[dict[str, str]]:
    fields = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    for field, inner in fields.items():
        for one in inner:
            name = "" if field == "__all__" else field
            message = " ".join(one.messages)
            yield {"field": name, "code": one.code or "invalid", "message": message}


def code_of(error: Exception, default: str) -> str:
    code = getattr(getattr(error, "detail", None), "code", "permission_denied")
    return default if code == "permission_denied" else str(code)


def text_of(error: Exception, default: str) -> str:
    return str(getattr(error, "detail", "") or error or default)


def body(problem: Problem, request: str) -> dict[str, Any]:
    title = TITLES.get(problem.status_code) or HTTPStatus(problem.status_code).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": problem.status_code,
        "code": problem.code,
        "detail": str(problem.detail),
        "errors": problem.errors,
        "request_id": request,
    } | problem.extra


def request_id(request: Any) -> str:
    """Given by `door.Door`; empty where the request never reached one."""
    return str(getattr(getattr(request, "_request", request), "request_id", ""))


def nowhere(request: HttpRequest, **_: Any) -> HttpResponse:
    """The last address of the API: whatever is none of the others."""
    request.request_id = uuid4().hex  # type: ignore[attr-defined]
    problem = Problem(404, "not_found", f"There is no {request.path} in this API.")
    answer = JsonResponse(body(problem, request_id(request)), status=404, content_type=CONTENT_TYPE)
    answer["X-Request-Id"] = request_id(request)
    return answer
