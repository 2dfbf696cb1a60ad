"""The faults that tests order: which requests they meet, and what happens to those."""

import random
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.http import Reply, Wire
from notifications.sending.sandbox.oauth import PROJECT, PROJECT_NUMBER

MATCH_KEYS = ("token", "prefix", "share", "token_share", "nth", "every")
OPTIONS = ("retry_after", "scope", "seconds", "bytes", "location", "connection", "garbage")
FLOOD_BYTES = 1 << 30
SLOW_SECONDS = 5.0

# Answered instead of accepting.
_REPLIES = {
    "unregistered": envelopes.unregistered,
    "malformed_token": envelopes.malformed_token,
    "sender_mismatch": envelopes.sender_mismatch,
    "invalid_argument": envelopes.invalid_argument,
    "too_big": envelopes.too_big,
    "internal": envelopes.internal,
    "bad_gateway_html": envelopes.bad_gateway,
    "gateway_timeout": envelopes.gateway_timeout,
    "third_party_auth": envelopes.third_party_auth,
    "unauthenticated": envelopes.bad_bearer,
    "project_not_found": envelopes.project_not_found,
}
_WITH_OPTIONS = ("quota", "unavailable", "permission_denied", "api_disabled", "redirect")
# The request never counts as sent.
_BEFORE = {
    "reset_before_accept": Wire.RESET,
    "goaway": Wire.GOAWAY,
    "refused_stream": Wire.REFUSE,
}
# The message is accepted, and the answer goes wrong.
_AFTER = (
    "slow",
    "slow_body",
    "huge_body",
    "empty_200",
    "accept_then_reset",
    "accept_then_hang",
    "accept_then_garbage",
)
KINDS = frozenset((*_REPLIES, *_WITH_OPTIONS, *_BEFORE, *_AFTER))


class BadFault(ValueError):
    """The message says which fault of the list, and what about it."""


@dataclass(slots=True)
class Fault:
    do: str
    match: dict[str, Any] = field(default_factory=dict)
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    met: int = 0  # requests that matched all but `nth` and `every`
    done: int = 0

    def strikes(self, token: str) -> bool:
        """Whether this request is one of its own; counts it if so."""
        if self.times is not None and self.done >= self.times:
            return False
        if not self._matches(token):
            return False
        self.met += 1
        if "nth" in self.match and self.met != self.match["nth"]:
            return False
        if "every" in self.match and self.met % self.match["every"]:
            return False
        self.done += 1
        return True

    def _matches(self, token: str) -> bool:
        match = self.match
        if "token" in match and token != match["token"]:
            return False
        if "prefix" in match and not token.startswith(match["prefix"]):
            return False
        if "token_share" in match and portion(token) >= match["token_share"]:
            return False
        return "share" not in match or random.random() < match["share"]  # noqa: S311

    @property
    def accepts(self) -> bool:
        return self.do in _AFTER

    def reply(self, token: str) -> Reply:
        """The answer of a fault that accepts nothing."""
        if self.do in _REPLIES:
            return _REPLIES[self.do]()
        if self.do in _BEFORE:
            whole = bool(self.options.get("connection"))
            return Reply(0, wire=_BEFORE[self.do], whole_connection=whole)
        return self._reply_with_options(token)

    def _reply_with_options(self, token: str) -> Reply:
        wait = self.options.get("retry_after")
        if self.do == "quota":
            return envelopes.quota(PROJECT, token, self.options.get("scope"), wait)
        if self.do == "unavailable":
            return envelopes.unavailable(wait)
        if self.do == "permission_denied":
            return envelopes.permission_denied(PROJECT)
        if self.do == "api_disabled":
            return envelopes.api_disabled(PROJECT_NUMBER)
        where = self.options.get("location", "/redirected")
        return Reply(307, b"", (("location", where),), content_type="text/html; charset=UTF-8")

    def spoil(self, good: Reply) -> Reply:
        """What becomes of the answer to an accepted message."""
        if self.do == "slow":
            good.delay = float(self.options.get("seconds", SLOW_SECONDS))
        elif self.do == "slow_body":
            good.wire = Wire.DRIP
        elif self.do == "huge_body":
            good.wire = Wire.FLOOD
            good.flood_bytes = int(self.options.get("bytes", FLOOD_BYTES))
        elif self.do == "empty_200":
            good.body = b"{}"
        elif self.do == "accept_then_garbage":
            garbage = self.options.get("garbage", '{"name": "projects/')
            good.body = garbage.encode("utf-8", "surrogatepass")
        elif self.do == "accept_then_hang":
            good.wire = Wire.HANG
        else:
            good.wire = Wire.RESET
            good.whole_connection = bool(self.options.get("connection"))
        return good


def portion(token: str) -> float:
    """A number from 0 to 1 that belongs to this token for ever."""
    return zlib.crc32(token.encode()) / 2**32


def read_faults(content: Any) -> list[Fault]:
    """Raises BadFault."""
    if not isinstance(content, list):
        raise BadFault('faults must be a list, e.g. [{"match": {}, "do": "unavailable"}]')
    return [_read_fault(each, f"fault {index}") for index, each in enumerate(content)]


def _read_fault(content: Any, where: str) -> Fault:
    if not isinstance(content, dict):
        raise BadFault(f"{where}: must be an object with match and do")
    unknown = content.keys() - {"match", "do", "times", *OPTIONS}
    if unknown:
        raise BadFault(f"{where}: unknown key {min(unknown)!r}")
    kind = content.get("do")
    if kind not in KINDS:
        raise BadFault(f"{where}: do is {kind!r}; must be one of {', '.join(sorted(KINDS))}")
    times = content.get("times")
    if times is not None and not _whole(times, 0):
        raise BadFault(f"{where}: times must be a whole number")
    options = {name: content[name] for name in OPTIONS if content.get(name) is not None}
    _check_options(options, where)
    return Fault(kind, _read_match(content.get("match", {}), where), times, options)


def _read_match(match: Any, where: str) -> dict[str, Any]:
    if not isinstance(match, dict):
        raise BadFault(f"{where}: match must be an object")
    for name, value in match.items():
        if name not in MATCH_KEYS:
            known = ", ".join(MATCH_KEYS)
            raise BadFault(f"{where}: unknown match {name!r}; must be one of {known}")
        if name in ("token", "prefix") and not isinstance(value, str):
            raise BadFault(f"{where}: match.{name} must be text")
        if name in ("nth", "every") and not _whole(value, 1):
            raise BadFault(f"{where}: match.{name} must be a whole number from 1")
        if name in ("share", "token_share") and not _between(value, 0, 1):
            raise BadFault(f"{where}: match.{name} must be a number from 0 to 1")
    return match


def _check_options(options: dict[str, Any], where: str) -> None:
    wait = options.get("retry_after", 0)
    if not _between(wait, 0, 1e9) and not isinstance(wait, str):
        raise BadFault(f"{where}: retry_after must be seconds or an HTTP date")
    if isinstance(wait, str) and not re.fullmatch(r"[\x20-\x7e]+", wait):
        raise BadFault(f"{where}: retry_after must be seconds or an HTTP date")
    if options.get("scope", "project") not in ("project", "device"):
        raise BadFault(f"{where}: scope must be project or device")
    if not _between(options.get("seconds", 0), 0, 86_400):
        raise BadFault(f"{where}: seconds must be a number from 0 to 86400")
    if not _whole(options.get("bytes", 0), 0):
        raise BadFault(f"{where}: bytes must be a whole number")
    if not isinstance(options.get("connection", False), bool):
        raise BadFault(f"{where}: connection must be true or false")
    location = options.get("location", "/")
    if not isinstance(location, str) or not re.fullmatch(r"[\x21-\x7e]+", location):
        raise BadFault(f"{where}: location must be a URL")
    if not isinstance(options.get("garbage", ""), str):
        raise BadFault(f"{where}: garbage must be text")


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _between(value: Any, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and least <= value <= most
