"""The API does what its OpenAPI description says, whatever is thrown at it: no 5xx, and no answer
that is not described."""

from collections.abc import Iterator
from typing import Any

import pytest
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
from tests.factories import make_device, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(400)]
OURS = r"^/api/v1/(devices|users)"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BRIEFLY = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def schema(db: None) -> Iterator[Any]:
    """Called as WSGI, within the test's transaction, whose connection must stay."""
    described = Client().get("/api/v1/openapi.json").json()
    found = schemathesis.openapi.from_dict(described)
    found.app = application
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield found.include(path_regex=OURS)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("kind", ["server", "client"])
def test_every_answer_is_described(schema: Any, kind: str) -> None:
    make_device("ada", device_id="D")
    headers = {"Authorization": f"Bearer {make_key(kind)}"}

    def check(case: Case) -> None:
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        BRIEFLY(given(operation.as_strategy())(check))()

    assert len(operations) >= 12
