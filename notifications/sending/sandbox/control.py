"""The control API under /_sandbox/: for tests and for people on this machine.

No web page can reach it: it answers loopback addresses only, wants a loopback name as Host (so
that a rebound name does not get here), and a header that no page may send across origins.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from notifications.sending.sandbox import faults, oauth, rules
from notifications.sending.sandbox.clock import timestamp
from notifications.sending.sandbox.http import CONTROL_PATH, Reply, Request, json_reply
from notifications.sending.sandbox.phones import STATES
from notifications.sending.sandbox.quota import Limits

if TYPE_CHECKING:
    from notifications.sending.sandbox.app import Sandbox

MESSAGES_DEFAULT, MESSAGES_MAX = 100, 1_000
BULK_MAX = 100_000
CLOCK_MAX_S = 10 * 365 * 24 * 3600
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)

Content = dict[str, Any]


class BadControl(ValueError):
    """What is wrong with a control request, in words for the person who wrote it."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


def answer(sandbox: "Sandbox", request: Request) -> Reply:
    try:
        _check_caller(request)
        return json_reply(200, _routed(sandbox, request))
    except faults.BadFault as error:
        return json_reply(400, {"error": str(error)})
    except BadControl as error:
        return json_reply(error.status, {"error": str(error)})


def _check_caller(request: Request) -> None:
    if not ipaddress.ip_address(request.peer).is_loopback:
        raise BadControl("The control API answers this machine only.", 403)
    if not _HOST.fullmatch(request.headers.get("host", "")):
        raise BadControl("Host must be 127.0.0.1, localhost or [::1].", 403)
    if request.headers.get("x-sandbox") != "1":
        raise BadControl("Send the header X-Sandbox: 1.", 403)


def _routed(sandbox: "Sandbox", request: Request) -> Any:
    name = request.path.removeprefix(CONTROL_PATH)
    if name.startswith("phones/"):
        return _phone(sandbox, request, unquote(name.removeprefix("phones/")))
    route = _ROUTES.get((request.method, name))
    if route is None:
        raise BadControl(f"There is no {request.method} {request.path}.", 404)
    return route(sandbox, request)


# ------------------------------------------------------------------ messages, faults


def _messages(sandbox: "Sandbox", request: Request) -> Content:
    arguments = request.arguments()
    limit = arguments.get("limit", str(MESSAGES_DEFAULT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= MESSAGES_MAX:
        raise BadControl(f"limit is {limit!r}: must be a whole number from 1 to {MESSAGES_MAX}")
    return {"messages": sandbox.inbox.newest(arguments.get("token") or None, int(limit))}


def _forget_messages(sandbox: "Sandbox", request: Request) -> Content:
    sandbox.forget_messages()
    return {}


def _stats(sandbox: "Sandbox", request: Request) -> Content:
    return {**sandbox.inbox.stats(), "token_mints": sandbox.authority.minted}


def _put_faults(sandbox: "Sandbox", request: Request) -> Content:
    sandbox.sends.faults = faults.read_faults(_content(request))
    return {"faults": len(sandbox.sends.faults)}


def _get_faults(sandbox: "Sandbox", request: Request) -> list[Content]:
    """The faults as they were set, and how often each has struck."""
    return [
        {"match": each.match, "do": each.do, "times": each.times, **each.options, "done": each.done}
        for each in sandbox.sends.faults
    ]


# ------------------------------------------------------------------ phones


def _phone(sandbox: "Sandbox", request: Request, token: str) -> Content:
    _check_token(token)
    if request.method == "PUT":
        state = _object(request, ("state",)).get("state")
        if state not in STATES:
            raise BadControl(f"state is {state!r}: must be one of {', '.join(STATES)}")
        sandbox.phones.set([token], state, sandbox.clock.now())
    elif request.method != "GET":
        raise BadControl("Use GET or PUT.", 405)
    return _shown_phone(sandbox, token)


def _shown_phone(sandbox: "Sandbox", token: str) -> Content:
    """`received` is what reached the phone, newest first; `stored` waits until it is back."""
    shelf = sandbox.phones.shelf(token, sandbox.clock.now())
    stored = [message.id for message in shelf.stored]
    held_back = {*stored, *shelf.lost}
    newest = sandbox.inbox.newest(token, MESSAGES_MAX)
    names = [message["name"] for message in newest]
    return {
        "token": token,
        "state": sandbox.phones.state(token),
        "topics": sorted(sandbox.topics.of(token)),
        "received": [name for name in names if name.rsplit("/", 1)[1] not in held_back],
        "stored": [name for name in names if name.rsplit("/", 1)[1] in stored],
        "deleted_messages": shelf.deleted_messages,
    }


def _put_phones(sandbox: "Sandbox", request: Request) -> Content:
    """Many phones at once: {"unregistered": [token, …]}; all is checked before any is set."""
    content = _object(request, STATES)
    for state, tokens in content.items():
        if not isinstance(tokens, list):
            raise BadControl(f"{state} must be a list of tokens")
        for token in tokens:
            _check_token(token)
    if sum(map(len, content.values())) > BULK_MAX:
        raise BadControl(f"at most {BULK_MAX} tokens a call")
    for state, tokens in content.items():
        sandbox.phones.set(tokens, state, sandbox.clock.now())
    return {state: len(tokens) for state, tokens in content.items()}


def _forget_phones(sandbox: "Sandbox", request: Request) -> Content:
    """All are registered, online and subscribed to nothing."""
    sandbox.phones.forget()
    sandbox.topics.forget()
    return {}


def _check_token(token: Any) -> None:
    if not isinstance(token, str) or not rules.TOKEN.fullmatch(token):
        raise BadControl(f"{token!r} is no token: must match {rules.TOKEN.pattern}")


def _reset(sandbox: "Sandbox", request: Request) -> Content:
    """As new, but for its keys: what a test wants of the one before it."""
    sandbox.sends.faults = []
    sandbox.sends.quota.set(Limits())
    sandbox.authority.settings = oauth.Settings()
    sandbox.clock.offset = 0.0
    _forget_phones(sandbox, request)
    return _forget_messages(sandbox, request)


# ------------------------------------------------------------------ quota, sign-in, clock


def _put_quota(sandbox: "Sandbox", request: Request) -> Content:
    """What is not named has no limit."""
    names = ("messages_per_minute", "device_per_minute", "device_per_hour")
    content = _object(request, names)
    for name, limit in content.items():
        if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
            raise BadControl(f"{name} is {limit!r}: must be a whole number or null")
        if limit is not None and limit < 0:
            raise BadControl(f"{name} is {limit}: must not be negative")
    sandbox.sends.quota.set(Limits(**content))
    return asdict(sandbox.sends.quota.limits)


def _put_oauth(sandbox: "Sandbox", request: Request) -> Content:
    """What is not named goes back to normal; `tokens_revoked` ends all tokens minted so far."""
    switches = ("key_revoked", "account_deleted", "unavailable", "tokens_revoked")
    numbers = ("token_lifetime", "clock_skew")
    content = _object(request, (*switches, *numbers))
    for name in content.keys() & set(switches):
        if not isinstance(content[name], bool):
            raise BadControl(f"{name} is {content[name]!r}: must be true or false")
    for name in content.keys() & set(numbers):
        _check_seconds(name, content[name], least=0 if name == "token_lifetime" else -CLOCK_MAX_S)
    if content.pop("tokens_revoked", False):
        sandbox.authority.revoke_tokens()
    sandbox.authority.settings = oauth.Settings(**content)
    return asdict(sandbox.authority.settings)


def _move_clock(sandbox: "Sandbox", request: Request) -> Content:
    """{"advance": seconds} moves it on, {"offset": seconds} sets it off real time."""
    content = _object(request, ("advance", "offset"))
    if len(content) != 1:
        raise BadControl('Send {"advance": seconds} or {"offset": seconds}.')
    [(name, seconds)] = content.items()
    _check_seconds(name, seconds, least=-CLOCK_MAX_S)
    sandbox.clock.offset = seconds + (sandbox.clock.offset if name == "advance" else 0)
    return {"now": timestamp(sandbox.clock.now()), "offset": sandbox.clock.offset}


def _check_seconds(name: str, value: Any, *, least: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= CLOCK_MAX_S:
        raise BadControl(f"{name} is {value!r}: must be seconds from {least} to {CLOCK_MAX_S}")


def _service_account(sandbox: "Sandbox", request: Request) -> Content:
    return dict(sandbox.authority.service_account(f"http://{request.headers['host']}"))


_ROUTES: dict[tuple[str, str], Callable[["Sandbox", Request], Any]] = {
    ("GET", "messages"): _messages,
    ("DELETE", "messages"): _forget_messages,
    ("GET", "stats"): _stats,
    ("GET", "faults"): _get_faults,
    ("PUT", "faults"): _put_faults,
    ("PUT", "phones"): _put_phones,
    ("DELETE", "phones"): _forget_phones,
    ("PUT", "quota"): _put_quota,
    ("PUT", "oauth"): _put_oauth,
    ("POST", "clock"): _move_clock,
    ("POST", "reset"): _reset,
    ("GET", "service-account.json"): _service_account,
}


def _content(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadControl(f"The body is not JSON: {error}") from None


def _object(request: Request, names: tuple[str, ...]) -> Content:
    content = _content(request)
    if not isinstance(content, dict):
        raise BadControl("The body must be a JSON object.")
    unknown = content.keys() - set(names)
    if unknown:
        raise BadControl(f"unknown key {min(unknown)!r}: must be one of {', '.join(names)}")
    return content
