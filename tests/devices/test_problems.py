"""Bad input is refused cleanly, always in the same shape."""

import json
import time

import pytest
from django.test import Client

from devices.api import limits
from devices.models import Device

MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}


def problem(answer, status: int, code: str) -> dict:
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), said
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(said) >= MEMBERS
    assert said["status"] == status
    assert said["request_id"] == answer.headers["X-Request-Id"]
    return said


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b'{"user_id": "a", "user_id": "b"}', "'user_id' stands twice"),
        (b'{"api_level": NaN}', "NaN is not JSON"),
        (b'{"api_level": 1e999}', "too large a number"),
        (b'{"api_level": ' + b"9" * 5000 + b"}", "more than 40 digits"),
        (b'{"model": "a\\u0000b"}', "NUL"),
        (b'{"model": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"model": "\xff"}', "not UTF-8 at byte 11"),
        (b"[" * 11 + b"]" * 11, "nested deeper than 10"),
        (b"[" * 100_000, "nested deeper than 10"),
    ],
)
def test_what_is_not_clean_json_is_400(app, body, told):
    said = problem(app("PUT", "/devices/D", body), 400, "malformed_json")

    assert told in said["detail"]
    assert not Device.objects.exists()


def test_ten_levels_are_not_too_deep(app):
    answer = app("PUT", "/devices/D", b'{"x": ' + b"[" * 9 + b"]" * 9 + b"}")

    assert problem(answer, 422, "validation")["errors"][0]["field"] == "x"


def test_unknown_fields_are_refused_by_name(app):
    answer = app.register(userid="x", permission={"system": "denied", "sytem": 1})
    said = problem(answer, 422, "validation")

    assert said["errors"] == [
        {
            "field": "userid",
            "code": "unknown_field",
            "message": "There is no such field. There are: user_id, token, platform, os_version, "
            "api_level, target_sdk, app_version, model, locale, timezone, permission.",
        }
    ]
    nested = problem(app.register(permission={"system": "denied", "sytem": 1}), 422, "validation")
    assert nested["errors"][0]["field"] == "permission.sytem"


@pytest.mark.parametrize(
    ("facts", "code", "field"),
    [
        ({"platform": "symbian"}, "platform", "platform"),
        ({"timezone": "Mars/Base"}, "timezone", "timezone"),
        ({"token": "t" * 4097}, "token_too_long", "token"),
        ({"token": 'a"b'}, "token_malformed", "token"),
        ({"user_id": "a/b"}, "id_malformed", "user_id"),
        ({"user_id": " a"}, "id_malformed", "user_id"),
        ({"api_level": "33"}, "validation", "api_level"),
        ({"api_level": True}, "validation", "api_level"),
        ({"os_version": 14}, "validation", "os_version"),
        ({"user_id": 7}, "validation", "user_id"),
        ({"permission": []}, "validation", "permission"),
        ({"permission": {"system": "denied", "channels": {"a": "b"}}}, "validation", None),
    ],
)
def test_a_field_that_is_not_valid_is_named(app, facts, code, field):
    said = problem(app.register(**facts), 422, code)

    assert field is None or said["errors"][0]["field"] == field
    assert not Device.objects.exists()


def test_a_list_instead_of_an_object_is_422(app):
    problem(app("PUT", "/devices/D", []), 422, "validation")
    problem(app("POST", "/devices/unregister", []), 422, "validation")
    problem(app("POST", "/devices/unregister", {}), 400, "device_or_token_required")


def test_too_large_a_body_is_413_whatever_is_in_it(app):
    problem(app("PUT", "/devices/D", b'{"x": "' + b"x" * 300_000 + b'"}'), 413, "too_large")
    problem(app("PUT", "/devices/D", b"\x00" * 10_000_000), 413, "too_large")


def test_other_methods_and_types_are_refused(app):
    problem(app("PATCH", "/devices/D", {}), 405, "method_not_allowed")
    answer = app(
        "PUT", "/devices/D", b"a=b", **{"Content-Type": "application/x-www-form-urlencoded"}
    )
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["a%00b", "x" * 129, "%0a", "%ed%a0%80"])
def test_ids_that_no_row_can_have_are_not_found(app, name):
    assert app("GET", f"/devices/{name}/permission").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/", "/nowhere", "/devices/D/permission/", "/users"])
def test_an_address_that_is_none_is_a_problem_too(app, method, path):
    answer = app(method, path, {})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_browser_that_wants_html_gets_json_too(app):
    problem(app("GET", "/devices/D/permission", Accept="text/html"), 404, "not_found")


def test_the_callers_request_id_is_kept_if_it_is_harmless(app):
    answer = app("GET", "/devices/D/permission", **{"X-Request-Id": "abc-12345"})
    assert answer.headers["X-Request-Id"] == "abc-12345"

    answer = app("GET", "/devices/D/permission", **{"X-Request-Id": "a b\tc" * 50})
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.fixture
def long_window(monkeypatch):
    """One that does not end in the middle of a test."""
    monkeypatch.setattr(limits, "WINDOW_S", 10**9)


def test_limits_are_told_and_kept_per_address_and_key(app, monkeypatch, long_window):
    monkeypatch.setattr(limits, "PER_ADDRESS", 3)

    answers = [app("GET", "/devices/D/permission") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    problem(answers[3], 429, "rate_limited")
    assert int(answers[3].headers["Retry-After"]) > 0
    elsewhere = app("GET", "/devices/D/permission", **{"X-Forwarded-For": "1.2.3.4, 9.9.9.9"})
    assert elsewhere.status_code == 404


def test_guessing_keys_is_limited_too(db, monkeypatch, long_window):
    monkeypatch.setattr(limits, "PER_ADDRESS", 2)
    headers = {"Authorization": "Bearer pk_aaaaaaaa_" + "x" * 43}

    statuses = [
        Client().get("/api/v1/devices/D/permission", headers=headers).status_code for _ in range(3)
    ]

    assert statuses == [401, 401, 429]


def test_a_server_key_has_a_limit_of_its_own(backend, monkeypatch, long_window):
    monkeypatch.setattr(limits, "PER_ADDRESS", 0)
    monkeypatch.setattr(limits, "PER_KEY", 1)

    statuses = [backend("GET", "/users/nobody").status_code for _ in range(2)]

    assert statuses == [404, 429]


def test_limits_hold_without_redis(app, monkeypatch, long_window):
    counts = limits.Counts()
    monkeypatch.setattr(counts, "rest_until", float("inf"))
    monkeypatch.setattr(limits, "counts", counts)
    monkeypatch.setattr(limits, "PER_ADDRESS", 1)

    assert app("GET", "/devices/D/permission").status_code == 404
    assert app("GET", "/devices/D/permission").status_code == 429


def test_a_stranger_cannot_take_another_address_to_get_around_the_limit(
    app, monkeypatch, long_window
):
    monkeypatch.setattr(limits, "PER_ADDRESS", 1)

    app.client = Client(REMOTE_ADDR="10.0.0.7")

    statuses = [
        app("GET", "/devices/D/permission", **{"X-Forwarded-For": f"9.9.9.{n}"}).status_code
        for n in range(2)
    ]

    assert statuses == [404, 429]


def test_an_error_of_ours_is_a_problem_that_says_nothing_of_it(app, monkeypatch):
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("devices.consent.derived_of", explode)
    app.register()

    said = problem(app("GET", "/devices/D/permission"), 500, "internal")

    assert "secret detail" not in json.dumps(said)


def test_the_description_and_its_page_are_open_to_all(db, client):
    schema = client.get("/api/v1/openapi.json")
    page = client.get("/api/docs/")

    assert schema.json()["openapi"].startswith("3.1")
    assert "/api/v1/devices/{device_id}" in schema.json()["paths"]
    assert page.status_code == 200
    assert b"https://" not in page.content
    assert b"<script>" not in page.content
    assert b"style" not in page.content.replace(b'rel="stylesheet"', b"")


def test_a_session_of_the_console_opens_no_door_for_apps(admin_client):
    answer = admin_client.get("/api/v1/devices/D/permission")

    problem(answer, 401, "missing_key")


def test_many_names_cost_no_time(app):
    """256 kB with one twin at the very end: compared each with each, it took 40 s."""
    names = ",".join(f'"{n:x}":0' for n in range(24_000))
    began = time.monotonic()

    answer = app("POST", "/devices/unregister", f'{{{names},"z":1,"z":2}}'.encode())

    assert "'z' stands twice" in problem(answer, 400, "malformed_json")["detail"]
    assert time.monotonic() - began < 5


def test_a_channel_s_id_has_an_end(app):
    app.register()

    answer = app.report("authorized", channels={"c" * 201: 3})

    assert problem(answer, 422, "validation")["errors"][0]["field"] == "channels"
