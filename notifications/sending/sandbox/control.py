"""The control API under /_sandbox/: for tests and for people on this machine.

No web page can reach it: it answers loopback addresses only, wants a loopback name as Host (so
that a rebound name does not get here), and a header that no page may send across origins.
"""

import ipaddress
import json
import re
from typing import TYPE_CHECKING, Any

from notifications.sending.sandbox import faults, rules
from notifications.sending.sandbox.http import Reply, Request, json_reply
from notifications.sending.sandbox.phones import STATES

if TYPE_CHECKING:
    from notifications.sending.sandbox.app import Sandbox

MESSAGES_DEFAULT, MESSAGES_MAX = 100, 1_000
BULK_MAX = 100_000
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)


class BadControl(ValueError):
    """What is wrong with a control request, in words for the person who wrote it."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


def answer(sandbox: "Sandbox", request: Request) -> Reply:
    try:
        _check_caller(request)
        return json_reply(200, _routed(sandbox, request))
    except (BadControl, faults.BadFault) as error:
        status = getattr(error, "status", 400)
        return json_reply(status, {"error": str(error)})


def _check_caller(request: Request) -> None:
    if not ipaddress.ip_address(request.peer).is_loopback:
        raise BadControl("The control API answers this machine only.", 403)
    if not _HOST.fullmatch(request.headers.get("host", "")):
        raise BadControl("Host must be 127.0.0.1, localhost or [::1].", 403)
    if request.headers.get("x-sandbox") != "1":
        raise BadControl("Send the header X-Sandbox: 1.", 403)


def _routed(sandbox: "Sandbox", request: Request) -> Any:
    name = request.path.removeprefix("/_sandbox/")
    match request.method, name:
        case "GET", "messages":
            return _messages(sandbox, request.arguments())
        case "DELETE", "messages":
            sandbox.inbox.forget()
            return {}
        case "GET", "stats":
            return {**sandbox.inbox.stats(), "token_mints": sandbox.authority.minted}
        case "PUT", "faults":
            sandbox.faults = faults.read_faults(_content(request))
            return {"faults": len(sandbox.faults)}
        case "PUT", "phones":
            return _put_phones(sandbox, _object(request, *STATES))
        case "GET", "service-account.json":
            host = request.headers["host"]
            return sandbox.authority.service_account(f"http://{host}")
    if name.startswith("phones/"):
        return _phone(sandbox, request, name.removeprefix("phones/"))
    raise BadControl(f"There is no {request.method} {request.path}.", 404)


def _messages(sandbox: "Sandbox", arguments: dict[str, str]) -> dict[str, Any]:
    limit = arguments.get("limit", str(MESSAGES_DEFAULT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= MESSAGES_MAX:
        raise BadControl(f"limit is {limit!r}: must be a whole number from 1 to {MESSAGES_MAX}")
    return {"messages": sandbox.inbox.newest(arguments.get("token"), int(limit))}


def _phone(sandbox: "Sandbox", request: Request, token: str) -> dict[str, Any]:
    _check_token(token)
    if request.method == "PUT":
        state = _object(request, "state").get("state")
        if state not in STATES:
            raise BadControl(f"state is {state!r}: must be one of {', '.join(STATES)}")
        sandbox.phones.set([token], state)
    elif request.method != "GET":
        raise BadControl("Use GET or PUT.", 405)
    return {"token": token, "state": sandbox.phones.state(token)}


def _put_phones(sandbox: "Sandbox", content: dict[str, Any]) -> dict[str, int]:
    """Many phones at once: {"unregistered": [token, …]}; all is checked before any is set."""
    for state, tokens in content.items():
        if not isinstance(tokens, list):
            raise BadControl(f"{state} must be a list of tokens")
        for token in tokens:
            _check_token(token)
    if sum(map(len, content.values())) > BULK_MAX:
        raise BadControl(f"at most {BULK_MAX} tokens a call")
    for state, tokens in content.items():
        sandbox.phones.set(tokens, state)
    return {state: len(tokens) for state, tokens in content.items()}


def _check_token(token: Any) -> None:
    if not isinstance(token, str) or not rules.TOKEN.fullmatch(token):
        raise BadControl(f"{token!r} is no token: must match {rules.TOKEN.pattern}")


def _content(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadControl(f"The body is not JSON: {error}") from None


def _object(request: Request, *names: str) -> dict[str, Any]:
    content = _content(request)
    if not isinstance(content, dict):
        raise BadControl("The body must be a JSON object.")
    unknown = content.keys() - set(names)
    if unknown:
        raise BadControl(f"unknown key {min(unknown)!r}: must be one of {', '.join(names)}")
    return content
