"""FCM as a client sees it: signing in and sending, with nothing between a test and the socket."""

import time
from functools import lru_cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.sandbox_process import SandboxProcess

TOKEN = "sbx-phone-1:APA91bGtWGjuhp4WRhHXgbabIYp1jxEKI08"
OTHER = "sbx-phone-2:APA91bGtWGjuhp4WRhHXgbabIYp1jxEKI08"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
MESSAGING = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Fcm:
    """A client of one sandbox; it signs in when it first sends."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.account = sandbox.service_account()
        self.project = self.account["project_id"]
        self.session = requests.Session()
        self.session.trust_env = False
        self._bearer: str | None = None

    def assertion(self, *, key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        content = {
            "iss": self.account["client_email"],
            "scope": MESSAGING,
            "aud": "https://oauth2.googleapis.com/token",
            "iat": now,
            "exp": now + 3600,
            **claims,
        }
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(content, key or _loaded(self.account["private_key"]), algorithm)

    def exchange(self, assertion: str | None = None, **form: str) -> requests.Response:
        fields = {"grant_type": GRANT, "assertion": assertion or self.assertion(), **form}
        return self.session.post(f"{self.sandbox.url}/token", data=fields, timeout=10)

    def mint(self, **claims: Any) -> str:
        return str(self.exchange(self.assertion(**claims)).json()["access_token"])

    @property
    def bearer(self) -> str:
        self._bearer = self._bearer or self.mint()
        return self._bearer

    def url(self, project: str | None = None) -> str:
        return f"{self.sandbox.url}/v1/projects/{project or self.project}/messages:send"

    def send(self, message: Any = None, **call: Any) -> requests.Response:
        """POST {"message": message, **call}; without a message, a small one to TOKEN."""
        return self.post({"message": {"token": TOKEN} if message is None else message, **call})

    def post(
        self, content: Any = None, *, bearer: str | None = None, **request: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"}
        headers |= request.pop("headers", {})
        timeout = request.pop("timeout", 10)
        url = self.url(request.pop("project", None))
        return self.session.post(
            url, json=content, headers=headers, timeout=timeout, allow_redirects=False, **request
        )

    def call(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        authorized = {"Authorization": f"Bearer {self.bearer}", **headers}
        return self.session.request(
            method, f"{self.sandbox.url}{path}", json=content, headers=authorized, timeout=10
        )


@lru_cache
def _loaded(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), None)  # 50 ms: once for all tests


def error_of(response: requests.Response) -> dict[str, Any]:
    return dict(response.json()["error"])


def detail(response: requests.Response, kind: str) -> dict[str, Any] | None:
    details = error_of(response).get("details", [])
    return next((each for each in details if each["@type"] == kind), None)


def fcm_code(response: requests.Response) -> str | None:
    found = detail(response, FCM_ERROR)
    return None if found is None else str(found["errorCode"])


def fields(response: requests.Response) -> list[str]:
    """The fields that a BadRequest blames."""
    found = detail(response, BAD_REQUEST) or {}
    return [each["field"] for each in found.get("fieldViolations", [])]
