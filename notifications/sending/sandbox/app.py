"""The sandbox as a whole: one request in, one reply out; no sockets, no waiting."""

import json
import re
from pathlib import Path

from notifications.sending.sandbox import control, envelopes, oauth
from notifications.sending.sandbox.clock import Clock
from notifications.sending.sandbox.http import CONTROL_PATH, Reply, Request, Wire
from notifications.sending.sandbox.inbox import Inbox
from notifications.sending.sandbox.phones import Phones
from notifications.sending.sandbox.send import NAME_PREFIX, Sends
from notifications.sending.sandbox.topics import LEGACY_PATHS, PATH, TopicApi, Topics

PROJECTS = frozenset((oauth.PROJECT, oauth.PROJECT_NUMBER))
TOKEN_PATHS = ("/token", "/oauth2/v4/token")

_SEND = re.compile(r"/v1/projects/([^/]+)/messages:send")


class Sandbox:
    def __init__(self, folder: Path, base_url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock = Clock()
        self.authority = oauth.Authority(folder, self.clock)
        self.phones = Phones(folder)
        self.topics = Topics(folder)
        self.inbox = Inbox(folder, NAME_PREFIX)
        self.sends = Sends(self.inbox, self.phones, self.topics, self.clock)
        self._topic_api = TopicApi(self.topics, self.phones, self.clock)
        account = json.dumps(self.authority.service_account(base_url), indent=2)
        oauth.write_private(folder / "service-account.json", account)

    def answer(self, request: Request) -> Reply:
        found = _SEND.fullmatch(request.path)
        if found is None:
            return self._answer_other(request)
        if request.method != "POST":
            return envelopes.no_such_page()
        reply = self._refusal(request, found[1]) or self.sends.answer(request)
        said = reply.wire not in (Wire.RESET, Wire.HANG)
        self.inbox.count(reply.status if said else 0)
        return reply

    def _answer_other(self, request: Request) -> Reply:
        path = request.path
        if path.startswith(CONTROL_PATH):
            return control.answer(self, request)
        if path in TOKEN_PATHS and request.method == "POST":
            return self.authority.exchange(request)
        if found := PATH.fullmatch(path):
            refusal = self._refusal(request, found[1])
            return refusal or self._topic_api.answer(request, found[2], found[3])
        if path in LEGACY_PATHS and request.method == "POST":
            refusal = self.authority.refusal(request.headers.get("authorization"))
            return refusal or self._topic_api.legacy(request)
        return envelopes.no_such_page()

    def _refusal(self, request: Request, project: str) -> Reply | None:
        refusal = self.authority.refusal(request.headers.get("authorization"))
        if refusal is None and project not in PROJECTS:
            return envelopes.project_not_found()
        return refusal

    def flush(self) -> None:
        self.inbox.flush()

    def forget_messages(self) -> None:
        self.inbox.forget()
        self.phones.forget_messages()
