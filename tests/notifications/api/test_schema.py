"""The doors of notifications do what the OpenAPI description says, whatever is thrown at them."""

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
from notifications.models import Page, PageParameter
from tests.factories import make_device, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(400)]
OURS = r"^/api/v1/(notifications/trigger|events|images)$"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BRIEFLY = settings(
    max_examples=12,
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
def test_no_body_breaks_a_door_and_every_answer_is_described(schema: Any, kind: str) -> None:
    make_device("ada", device_id="D")
    page = Page.objects.create(name="Home")
    PageParameter.objects.create(page=page, name="post", type="DocumentReference")
    headers = {"Authorization": f"Bearer {make_key(kind)}"}
    statuses = set()

    def check(case: Case) -> None:
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        BRIEFLY(given(operation.as_strategy())(check))()

    assert len(operations) == 3
    assert statuses & {202, 422}


def test_every_door_is_described_with_its_errors() -> None:
    described = Client().get("/api/v1/openapi.json").json()
    trigger = described["paths"]["/api/v1/notifications/trigger"]["post"]

    assert {"202", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(
        trigger["responses"]
    )
    examples = trigger["requestBody"]["content"]["application/json"]["examples"]
    assert any("template" in example["value"] for example in examples.values())
    assert any(header["name"] == "Idempotency-Key" for header in trigger["parameters"])
