"""The API against its own OpenAPI description: no 5xx, and no answer that is not described."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from console.wsgi import application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def described() -> Any:
    return Client().get("/api/v1/openapi.json").json()


def statuses_of(paths: str, key: str, *, examples: int) -> dict[str, set[int]]:
    """Throw what the description allows at each operation below `paths`; returns what came back."""
    found: dict[str, set[int]] = {}

    def check(case: Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        found.setdefault(f"{case.method} {case.path}", set()).add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    briefly = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    schema = schemathesis.openapi.from_dict(described())
    schema.app = application
    with connection_kept():
        for operation in schema.include(path_regex=paths).get_all_operations():
            briefly(given(operation.ok().as_strategy())(check))()
    return found


@contextmanager
def connection_kept() -> Iterator[None]:
    """Called as WSGI, within the test's transaction, whose connection must stay."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
