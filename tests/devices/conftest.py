"""The API as an app and a back end call it."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_key, signature_of


class Caller:
    """Speaks JSON with a key, and signs the user that a body names, unless told otherwise."""

    def __init__(self, key: str) -> None:
        self.client = Client()
        self.key = key

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        user_id = body.get("user_id") if isinstance(body, dict) else None
        if isinstance(user_id, str) and self.key.startswith("pk_"):
            headers = {"X-User-Signature": signature_of(user_id)} | headers
        return self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else body if isinstance(body, bytes) else as_json(body),
            content_type=headers.pop("Content-Type", "application/json"),
            headers={"Authorization": f"Bearer {self.key}"} | headers,
        )

    def register(self, device_id: str = "D", user_id: str = "alice", **facts: Any) -> Any:
        body = {"user_id": user_id, "platform": "android", "api_level": 34, "token": "T" * 30}
        return self("PUT", f"/devices/{device_id}", body | facts)

    def unregister(self, **named: Any) -> Any:
        return self("POST", "/devices/unregister", named)

    def report(self, system: str, device_id: str = "D", **facts: Any) -> Any:
        return self("POST", f"/devices/{device_id}/permission", {"system": system} | facts)

    def ask(self, phase: str, device_id: str = "D", **facts: Any) -> Any:
        return self("POST", f"/devices/{device_id}/permission/ask", {"phase": phase} | facts)


def as_json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


@pytest.fixture
def app(db: None) -> Caller:
    """An app with the client key."""
    return Caller(make_key("client"))


@pytest.fixture
def backend(db: None) -> Caller:
    """The app's back end, with a server key that has every scope."""
    return Caller(make_key("server"))
