"""The API's own pages: what a reader sees, and what generators make of the description."""

import gzip
import html
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from jsonschema import Draft202012Validator

from console.api_docs import samples
from console.api_docs.description import chapters
from console.api_docs.fields import Shapes
from devices import keys
from devices.api.door import Door
from devices.states import KeyKind

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}
URL = "/api/docs/"
STATIC = Path(settings.BASE_DIR) / "static"


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


def test_the_description_says_whose_key_opens_each_door(described):
    trigger = described["paths"]["/api/v1/notifications/trigger"]["post"]
    made_up = [name for name, each in operations(described) if not each["x-key-kinds"]]

    assert (trigger["x-key-kinds"], trigger["x-scopes"]) == (["client", "server"], ["trigger"])
    assert made_up == []


# ---------------------------------------------------------------- its pages
def test_every_address_has_its_place_on_a_page_that_anyone_may_read(described):
    listed = Client().get(URL).content.decode()

    for tag in described["tags"]:
        page = Client().get(f"{URL}{tag['name']}/").content.decode()
        for operation in chapters_of(described, tag["name"]):
            anchor = operation["operationId"].replace("_", "-")
            assert f'id="{anchor}"' in page
            assert f'{tag["name"]}/#{anchor}"' in listed
            assert html.escape(operation["summary"]) in page
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert sorted(ids) == sorted(set(ids))


def chapters_of(described, tag):
    return [operation for _, operation in operations(described) if tag in operation["tags"]]


def test_there_is_no_chapter_of_another_name():
    assert Client().get(f"{URL}nothing/").status_code == 404


def test_an_operation_tells_who_calls_it_with_what_and_what_comes_back():
    page = html.unescape(Client().get(f"{URL}devices/").content.decode())

    [operation] = re.findall(r'<section class="op" id="devices-update".*?</section>', page, re.S)
    assert "Client or server key" in operation
    assert '<span class="faint">permission.</span>system</code>' in operation
    assert "not_determined</code>, <code>denied</code>" in operation
    assert 'next_action: "none" | "opt_in" | "system_prompt" | "open_settings"' in operation
    assert "200 OK or 201 Created" in operation


def test_a_first_visit_to_any_of_its_pages_weighs_little(described):
    for name in ("", *(f"{tag['name']}/" for tag in described["tags"])):
        page = Client().get(URL + name).content
        sheets = set(re.findall(rb'(?:href|src)="/static/([^"#]+)', page))
        files = [STATIC / each.decode() for each in sheets]
        sizes = [len(gzip.compress(each.read_bytes())) for each in files if each.suffix != ".woff2"]
        fonts = sum(each.stat().st_size for each in (STATIC / "vendor").glob("*-latin.woff2"))

        assert len(gzip.compress(page)) + sum(sizes) + fonts < 250_000, name


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_its_pages_are_as_dark_as_the_console(theme):
    client = Client()
    client.cookies["theme"] = theme

    assert f'data-bs-theme="{theme}"' in client.get(URL).content.decode()


# ---------------------------------------------------------------- what is to be pasted
def pasted(described) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every call of the pages that has a body, with what the description says of that body."""
    for chapter in chapters():
        for one in chapter.operations:
            facts = described["paths"][one.path][one.method.lower()]
            content = facts.get("requestBody", {}).get("content", {}).get("application/json")
            for call in one.calls if content else ():
                body = shlex.split(call.text)[-1]
                yield one.name, content["schema"], json.loads(body)


def test_every_call_with_a_body_has_one_to_be_pasted(described):
    wanting = [
        operation["operationId"]
        for _, operation in operations(described)
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json" and "examples" not in content
    ]

    assert sorted(wanting) == sorted(samples.BODIES)


def test_every_body_that_is_to_be_pasted_is_as_described(described):
    found = list(pasted(described))

    for name, schema, body in found:
        errors = Draft202012Validator(schema | {"components": described["components"]})
        said = [each.message for each in errors.iter_errors(body)]
        assert said == [], name
        known = Shapes(described["components"]["schemas"]).plain(schema).get("properties", body)
        assert set(body) <= set(known) if isinstance(body, dict) else True, name
    assert len(found) > 20


def test_what_is_to_be_pasted_is_taken(described):
    keys_of = {
        "sk_": keys.make(KeyKind.SERVER, "shell").text,
        "pk_": keys.make(KeyKind.CLIENT, "shell").text,
    }
    first = ["users_update", "users_bulk_create", "devices_update", "devices_permission_create",
             "devices_permission_ask_create", "devices_sessions_create", "audiences_create",
             "prompts_create", "prompts_evaluate_create", "notifications_create",
             "devices_unregister_create"]  # fmt: skip
    of = {one.name: one for chapter in chapters() for one in chapter.operations}

    for name in first:
        call = of[name].calls[0].text
        words = shlex.split(call)
        kind = "sk_" if "sk_" in call or "X-User-Signature" in call else "pk_"
        answer = Client().generic(
            of[name].method, next(word for word in words if "/api/v1" in word).partition("8000")[2],
            words[-1], content_type="application/json",
            headers={"Authorization": f"Bearer {keys_of[kind]}"},
        )  # fmt: skip
        assert answer.status_code in (200, 201), (name, answer.content)


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_its_pages_can_be_read_by_everyone(page, live_beckon, assert_accessible, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})

    for name in ("", "notifications/"):
        page.goto(live_beckon.url + URL + name)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
