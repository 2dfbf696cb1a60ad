"""The sandbox as a whole: one request in, one reply out; no sockets, no waiting."""

import gzip
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any

from notifications.sending.sandbox import control, envelopes, oauth, rules, schema
from notifications.sending.sandbox.clock import Clock
from notifications.sending.sandbox.faults import Fault
from notifications.sending.sandbox.http import Reply, Request
from notifications.sending.sandbox.inbox import Inbox, Template
from notifications.sending.sandbox.phones import Phones

BODY_MAX_BYTES = 10 << 20
TEMPLATES_MAX = 2_000
PROJECTS = frozenset((oauth.PROJECT, oauth.PROJECT_NUMBER))
TOKEN_PATHS = ("/token", "/oauth2/v4/token")

_SEND = re.compile(r"/v1/projects/([^/]+)/messages:send")
_TOKEN_FIELD = re.compile(rb'"token"\s*:\s*"([A-Za-z0-9:_.\-]{20,4096})"')


class Sandbox:
    def __init__(self, folder: Path, base_url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.base_url = base_url
        self.clock = Clock()
        self.authority = oauth.Authority(folder, self.clock)
        self.phones = Phones(folder)
        self.prefix = f"projects/{oauth.PROJECT}/messages/"
        self.inbox = Inbox(folder, self.prefix)
        self.faults: list[Fault] = []
        self._templates: dict[bytes, Template] = {}
        account = json.dumps(self.authority.service_account(base_url), indent=2)
        oauth.write_private(folder / "service-account.json", account)

    def answer(self, request: Request) -> Reply:
        path = request.path
        if path.startswith("/_sandbox/"):
            return control.answer(self, request)
        if found := _SEND.fullmatch(path):
            if request.method != "POST":
                return envelopes.no_such_page()
            reply = self._send(request, found[1])
            self.inbox.count(reply.status)
            return reply
        if path in TOKEN_PATHS and request.method == "POST":
            return self.authority.exchange(request)
        return envelopes.no_such_page()

    def flush(self) -> None:
        self.inbox.flush()

    # ------------------------------------------------------------------ messages:send

    def _send(self, request: Request, project: str) -> Reply:
        refusal = self.authority.refusal(request.headers.get("authorization"))
        if refusal is not None:
            return refusal
        if project not in PROJECTS:
            return envelopes.project_not_found()
        body = request.body
        if "content-encoding" in request.headers:
            unpacked = _unpacked(body, request.headers["content-encoding"])
            if isinstance(unpacked, Reply):
                return unpacked
            body = unpacked
        found = _TOKEN_FIELD.search(body)
        if found is not None:
            template = self._templates.get(body[: found.start(1)] + body[found.end(1) :])
            if template is not None:
                return self._deliver(found[1].decode(), template)
        return self._send_checked(body)

    def _send_checked(self, body: bytes) -> Reply:
        content = _parsed(body)
        if isinstance(content, Reply):
            return content
        call, violations = schema.read_request(content)
        if violations:
            return envelopes.schema_errors(violations)
        message = call.get("message", {})
        refusal = rules.check(message)
        if refusal is not None:
            return refusal
        token = message.pop("token", "")
        template = Template(json.dumps(message, ensure_ascii=False))
        if call.get("validate_only"):
            return self._validated(token or message.get("fid", ""))
        if token:
            self._remember(body, token, template)
        return self._deliver(token or message.get("fid", ""), template)

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
        refusal = self._fault_or_phone(token)
        if isinstance(refusal, Reply):
            return refusal
        return self._named("fake_message_id" if token else str(self.clock.now()))

    def _deliver(self, token: str, template: Template) -> Reply:
        struck = self._fault_or_phone(token)
        if isinstance(struck, Reply):
            return struck
        message_id = self.inbox.next_id()
        self.inbox.accepted += 1
        self.inbox.record(message_id, token, self.clock.now(), template)
        good = self._named(message_id)
        return struck.spoil(good) if struck else good

    def _fault_or_phone(self, token: str) -> Reply | Fault | None:
        """A reply: nothing is accepted. A fault: accepted, but the answer goes wrong."""
        fault = next((each for each in self.faults if each.strikes(token)), None)
        if fault is not None and not fault.accepts:
            return fault.reply(token)
        if token and self.phones.state(token) == "unregistered":
            return envelopes.unregistered()
        return fault

    def _named(self, message_id: str) -> Reply:
        return Reply(200, f'{{\n  "name": "{self.prefix}{message_id}"\n}}\n'.encode())


def _unpacked(body: bytes, encoding: str) -> bytes | Reply:
    if encoding.strip().lower() in ("identity", ""):
        return body
    if encoding.strip().lower() != "gzip":
        return envelopes.broken_json(f"Unsupported content encoding: {encoding}")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            unpacked = file.read(BODY_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        return envelopes.broken_json("Cannot decompress the body.")
    return envelopes.too_much() if len(unpacked) > BODY_MAX_BYTES else unpacked


def _parsed(body: bytes) -> Any:
    """The JSON value, or the reply that refuses it."""
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        return envelopes.broken_json("Invalid UTF-8 in the body.")
    except (ValueError, RecursionError) as error:
        return envelopes.broken_json(f"Expected a value. ({type(error).__name__})\n")


def _no_constant(word: str) -> Any:
    raise ValueError(word)
