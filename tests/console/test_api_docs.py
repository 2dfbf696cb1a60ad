"""The API's own pages: what a reader sees, and what generators make of the description."""

from typing import Any

import pytest
from django.test import Client

from devices.api.door import Door

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_operation_says_in_one_sentence_what_it_does(described):
    assert not any(
        Door.__doc__[:30] in op.get("description", "") for _, op in operations(described)
    )
    silent = [
        name
        for name, operation in operations(described)
        if not 10 <= len(operation.get("summary", "")) <= 120
    ]

    assert silent == []
    assert not any("`" in operation["summary"] for _, operation in operations(described))


def test_every_operation_stands_under_a_heading_that_is_explained(described):
    headings = [tag["name"] for tag in described["tags"]]

    used = {tag for _, operation in operations(described) for tag in operation["tags"]}
    assert used == set(headings)
    assert headings[0] == "devices"


def test_a_generated_client_sends_nothing_that_nobody_said(described):
    schemas = described["components"]["schemas"]
    fields = {
        f"{name}.{field}": facts
        for name, shape in schemas.items()
        if name.endswith("Request")
        for field, facts in shape.get("properties", {}).items()
    }

    assert [name for name, facts in fields.items() if "default" in facts] == []
    assert fields["TriggerFactsRequest.sound"]["description"] == "true unless said"


def test_every_call_says_that_it_may_have_to_wait(described):
    headers = [
        operation["responses"][status].get("headers", {}).keys()
        for _, operation in operations(described)
        for status in ("429", "503")
    ]

    assert all("Retry-After" in each for each in headers)
    assert len(headers) > 80


def test_bodies_are_json_or_a_form_which_generators_know(described):
    kinds = {
        kind
        for _, operation in operations(described)
        for kind in operation.get("requestBody", {}).get("content", {})
    }

    assert kinds == {"application/json", "multipart/form-data"}


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", "auto")])
def test_the_page_of_the_api_is_as_dark_as_the_console(cookie, theme):
    client = Client()
    client.cookies["theme"] = cookie

    page = client.get("/api/docs/").content.decode()

    assert f'data-theme="{theme}"' in page
    assert "api/theme.js" in page
