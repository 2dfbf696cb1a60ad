"""The console's way to the sandbox's control API, which answers this machine only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from django.conf import settings

from devices import keys
from devices.models import ApiKey
from devices.states import KeyKind

KEY_NAME = "Pretend phones"
ANSWER_S = 3
MESSAGES_MAX = 100
STATES = ("registered", "unregistered", "offline")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SandboxSilent(Exception):
    """The sandbox does not answer, or refuses; the text says what it said."""


def control(method: str, path: str, content: Any = None) -> Any:
    request = urllib.request.Request(  # noqa: S310  our own address
        f"{settings.FCM_BASE_URL}/_sandbox/{path}",
        data=None if content is None else json.dumps(content).encode(),
        method=method,
        headers={"X-Sandbox": "1", "Content-Type": "application/json"},
    )
    try:
        with _opener.open(request, timeout=ANSWER_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SandboxSilent(error.read().decode(errors="replace")[:500]) from error
    except (OSError, ValueError) as error:
        raise SandboxSilent(f"{settings.FCM_BASE_URL} does not answer: {error}") from error


def inbox(token: str, after: str) -> list[dict[str, Any]]:
    """What reached this phone since the message named `after`, oldest first. What FCM keeps for
    a phone that is offline has not reached it."""
    query = urllib.parse.urlencode({"token": token, "limit": MESSAGES_MAX})
    newest = control("GET", f"messages?{query}")["messages"]
    fresh = []
    for message in newest:
        if message["name"] == after:
            break
        fresh.append(message)
    if not fresh:
        return []
    reached = set(control("GET", f"phones/{urllib.parse.quote(token)}")["received"])
    return [message for message in reversed(fresh) if message["name"] in reached]


def set_phone(token: str, state: str) -> None:
    """What only the phone itself knows: it is offline, or its app was removed."""
    control("PUT", f"phones/{urllib.parse.quote(token)}", {"state": state})


def client_key(by: Any) -> str:
    """The key that the pretend phones call the API with; the first call makes it."""
    known = ApiKey.objects.filter(kind=KeyKind.CLIENT, name=KEY_NAME, revoked_at=None)
    found = known.exclude(shown="").order_by("pk").first()
    return found.shown if found else keys.make(KeyKind.CLIENT, KEY_NAME, by=by).text
