"""messages:send, from bytes to an accepted message or the reply that refuses it."""

import gzip
import io
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from notifications.sending.sandbox import envelopes, rules, schema
from notifications.sending.sandbox.clock import Clock
from notifications.sending.sandbox.faults import Fault
from notifications.sending.sandbox.http import BODY_MAX_BYTES, Reply, Request
from notifications.sending.sandbox.inbox import Inbox, Template
from notifications.sending.sandbox.oauth import PROJECT
from notifications.sending.sandbox.phones import Phones
from notifications.sending.sandbox.quota import Quota
from notifications.sending.sandbox.topics import Topics

TEMPLATES_MAX = 2_000
NAME_PREFIX = f"projects/{PROJECT}/messages/"

_TOKEN_FIELD = re.compile(rb'"token"\s*:\s*"([A-Za-z0-9:_.\-]{20,4096})"')


class Refused(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(slots=True)
class Sends:
    inbox: Inbox
    phones: Phones
    topics: Topics
    clock: Clock
    quota: Quota = field(default_factory=Quota)
    faults: list[Fault] = field(default_factory=list)
    _templates: dict[bytes, Template] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except Refused as refusal:
            return refusal.reply

    def _answer(self, request: Request) -> Reply:
        wait = self.quota.take_project(self.clock.now())
        if wait:
            return envelopes.quota(PROJECT, "", "project", wait)
        body = request.body
        if "content-encoding" in request.headers:
            body = _unpacked(body, request.headers["content-encoding"])
        found = _TOKEN_FIELD.search(body)
        if found is not None:
            template = self._templates.get(body[: found.start(1)] + body[found.end(1) :])
            if template is not None:
                return self._deliver(found[1].decode(), template)
        return self._answer_checked(body)

    # ------------------------------------------------------------------ checking

    def _answer_checked(self, body: bytes) -> Reply:
        call, violations = schema.read_request(_parsed(body))
        if violations:
            return envelopes.schema_errors(violations)
        message = call.get("message", {})
        refusal = rules.check(message)
        if refusal is not None:
            return refusal
        message.pop("name", None)  # output only
        token = message.pop("token", "")
        if "fid" in message and not rules.TOKEN.fullmatch(message["fid"]):
            return envelopes.unregistered()
        if call.get("validate_only"):
            return self._validated(token or message.get("fid", ""))
        template = Template(json.dumps(message, ensure_ascii=False))
        if "topic" in message or "condition" in message:
            return self._fan_out(message, template)
        if token:
            self._remember(body, token, template)
        return self._deliver(token or message["fid"], template)

    def _remember(self, body: bytes, token: str, template: Template) -> None:
        """The next body that differs in its token only need not be checked again.

        Sound because `"token"` stands in the body once (so not in `data` too), its value is the
        target, and any other value of the same form there leaves the rest as it was checked.
        """
        found = _TOKEN_FIELD.search(body)
        if found is None or body.count(b'"token"') != 1 or found[1].decode() != token:
            return
        if len(self._templates) >= TEMPLATES_MAX:
            self._templates.clear()
        self._templates[body[: found.start(1)] + body[found.end(1) :]] = template

    def _validated(self, token: str) -> Reply:
        """A dry run: everything is looked at, the phone too, and nothing is sent."""
        fault = self._fault(token)
        good = _named("fake_message_id" if token else _number(self.inbox.next_id()))
        return fault.spoil(good) if fault else good

    # ------------------------------------------------------------------ accepting

    def _deliver(self, token: str, template: Template) -> Reply:
        fault = self._fault(token)
        now = self.clock.now()
        if not self.quota.take_device(token, now):
            return envelopes.quota(PROJECT, token, "device", None)
        message_id = self.inbox.next_id()
        self.inbox.accepted += 1
        self._hand_over(message_id, token, now, template)
        good = _named(message_id)
        return fault.spoil(good) if fault else good

    def _fan_out(self, message: dict[str, Any], template: Template) -> Reply:
        """One accepted message, and a copy in the inbox of each subscriber."""
        fault = self._fault("")
        now = self.clock.now()
        message_id = _number(self.inbox.next_id())
        self.inbox.accepted += 1
        self.inbox.record(message_id, "", now, template)
        for token in self.topics.meant(message):
            if self.phones.state(token) != "unregistered":
                self._hand_over(message_id, token, now, template)
        good = _named(message_id)
        return fault.spoil(good) if fault else good

    def _hand_over(self, message_id: str, token: str, now: float, template: Template) -> None:
        self.inbox.record(message_id, token, now, template)
        if self.phones.state(token) == "offline":
            self.phones.store(token, message_id, json.loads(template.text), now)

    def _fault(self, token: str) -> Fault | None:
        """The fault that spoils the answer of what is accepted all the same; else Refused."""
        fault = None
        if self.faults:
            fault = next((each for each in self.faults if each.strikes(token)), None)
        if fault is not None and not fault.accepts:
            raise Refused(fault.reply(token))
        if self.phones.state(token) == "unregistered":
            raise Refused(envelopes.unregistered())
        return fault


def _named(message_id: str) -> Reply:
    return Reply(200, f'{{\n  "name": "{NAME_PREFIX}{message_id}"\n}}\n'.encode())


def _number(message_id: str) -> str:
    """Messages to topics have a plain number as id."""
    return message_id[2:].partition("%")[0]


def _unpacked(body: bytes, encoding: str) -> bytes:
    name = encoding.strip().lower()
    if name in ("identity", ""):
        return body
    if name != "gzip":
        raise Refused(envelopes.broken_json(f"Unsupported content encoding: {encoding}"))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            unpacked = file.read(BODY_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Refused(envelopes.broken_json("Cannot decompress the body.")) from None
    if len(unpacked) > BODY_MAX_BYTES:
        raise Refused(envelopes.too_much())
    return unpacked


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Refused(envelopes.broken_json("Invalid UTF-8.")) from None
    except (ValueError, RecursionError):
        raise Refused(envelopes.broken_json("Expected a value.")) from None


def _no_constant(word: str) -> Any:
    raise ValueError(word)
