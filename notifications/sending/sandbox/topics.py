"""Who is subscribed to which topic, and the two APIs that change it."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.clock import Clock, timestamp
from notifications.sending.sandbox.conditions import parse
from notifications.sending.sandbox.eventlog import EventLog
from notifications.sending.sandbox.http import Reply, Request, json_reply
from notifications.sending.sandbox.phones import Phones
from notifications.sending.sandbox.rules import TOKEN, is_topic

PATH = re.compile(r"/v1/projects/([^/]+)/registrations/([^/]+)/topicSubscriptions(?:/([^/]+))?")
LEGACY_PATHS = ("/iid/v1:batchAdd", "/iid/v1:batchRemove")

TOPICS_MAX = 2_000  # for one phone
LEGACY_TOKENS_MAX = 1_000
PAGE_DEFAULT, PAGE_MAX = 1_000, 2_000


class TooMany(Exception):
    """A phone has `TOPICS_MAX` topics already."""


class Topics:
    def __init__(self, folder: Path) -> None:
        self._of: dict[str, dict[str, float]] = {}  # token → topic → since when
        self._subscribers: dict[str, dict[str, None]] = {}
        self._log = EventLog(folder / "topics.log")
        for token, topic, since in self._log.replay():
            self._apply(token, topic, since)
        self._log.restart(
            [token, topic, since]
            for token, topics in self._of.items()
            for topic, since in topics.items()
        )

    def of(self, token: str) -> dict[str, float]:
        return self._of.get(token, {})

    def subscribe(self, token: str, topic: str, now: float) -> None:
        if len(self.of(token)) >= TOPICS_MAX and topic not in self.of(token):
            raise TooMany
        self._apply(token, topic, now)
        self._log.append([token, topic, now])

    def unsubscribe(self, token: str, topic: str) -> None:
        self._apply(token, topic, None)
        self._log.append([token, topic, None])

    def forget(self) -> None:
        self._of.clear()
        self._subscribers.clear()
        self._log.restart(())

    def meant(self, message: dict[str, Any]) -> list[str]:
        """The tokens that a message to a topic or a condition goes to, each once."""
        if "topic" in message:
            return list(self._subscribers.get(message["topic"], ()))
        condition = parse(message["condition"])
        return [token for token, topics in self._of.items() if condition(topics)]

    def _apply(self, token: str, topic: str, since: float | None) -> None:
        if since is not None:
            self._of.setdefault(token, {})[topic] = since
            self._subscribers.setdefault(topic, {})[token] = None
        else:
            self._of.get(token, {}).pop(topic, None)
            self._subscribers.get(topic, {}).pop(token, None)


class TopicApi:
    """`registrations/…/topicSubscriptions`, and the older batch calls of the Instance ID API."""

    def __init__(self, topics: Topics, phones: Phones, clock: Clock) -> None:
        self._topics = topics
        self._phones = phones
        self._clock = clock

    def answer(self, request: Request, registration: str, topic: str | None) -> Reply:
        token = unquote(registration)
        if not TOKEN.fullmatch(token) or self._phones.state(token) == "unregistered":
            return envelopes.unregistered()
        if topic is None:
            if request.method == "POST":
                return self._create(request, token)
            return self._list(request, token) if request.method == "GET" else _no_such_call()
        return self._one(request, token, unquote(topic))

    def _create(self, request: Request, token: str) -> Reply:
        arguments = request.arguments()
        topic = arguments.get("topic_name", arguments.get("topicName", ""))
        if not is_topic(topic):
            return envelopes.bad_value("topic_name", "Topic name contains invalid characters.")
        if topic in self._topics.of(token):
            why = "Requested entity already exists"
            return envelopes.envelope(409, "ALREADY_EXISTS", why)
        try:
            self._topics.subscribe(token, topic, self._clock.now())
        except TooMany:
            return envelopes.bad_value("topic_name", f"More than {TOPICS_MAX} topics.")
        return json_reply(200, self._shown(request, token, topic))

    def _one(self, request: Request, token: str, topic: str) -> Reply:
        exists = topic in self._topics.of(token)
        if request.method == "DELETE":
            if not exists and request.arguments().get("allow_missing", "").lower() != "true":
                return envelopes.not_found()
            self._topics.unsubscribe(token, topic)
            return json_reply(200, {})
        if request.method == "PATCH" and not exists:
            if request.arguments().get("allow_missing", "").lower() != "true":
                return envelopes.not_found()
            self._topics.subscribe(token, topic, self._clock.now())
        elif request.method not in ("GET", "PATCH"):
            return _no_such_call()
        elif not exists:
            return envelopes.not_found()
        return json_reply(200, self._shown(request, token, topic))

    def _list(self, request: Request, token: str) -> Reply:
        arguments = request.arguments()
        size = arguments.get("pageSize", arguments.get("page_size", "0"))
        start = arguments.get("pageToken", arguments.get("page_token", "0"))
        if not (size + start).isascii() or not size.isdigit() or not start.isdigit():
            return envelopes.invalid_argument()
        page = min(int(size) or PAGE_DEFAULT, PAGE_MAX)
        names = sorted(self._topics.of(token))
        end = int(start) + page
        shown = [self._shown(request, token, topic) for topic in names[int(start) : end]]
        answer: dict[str, Any] = {"topicSubscriptions": shown} if shown else {}
        if end < len(names):
            answer["nextPageToken"] = str(end)
        return json_reply(200, answer)

    def _shown(self, request: Request, token: str, topic: str) -> dict[str, str]:
        project = request.path.split("/")[3]
        return {
            "name": f"projects/{project}/registrations/{token}/topicSubscriptions/{topic}",
            "topicName": topic,
            "createTime": timestamp(self._topics.of(token)[topic]),
        }

    def legacy(self, request: Request) -> Reply:
        """batchAdd and batchRemove: one result a token, errors as bare words."""
        if request.headers.get("access_token_auth") != "true":
            return json_reply(401, {"error": "UNAUTHENTICATED"})
        try:
            content = json.loads(request.body)
            topic, tokens = content["to"], content["registration_tokens"]
        except (ValueError, KeyError, TypeError):
            return json_reply(400, {"error": "InvalidRequest"})
        if not isinstance(topic, str) or not is_topic(topic.removeprefix("/topics/")):
            return json_reply(400, {"error": "InvalidTopicName"})
        if not isinstance(tokens, list) or not 1 <= len(tokens) <= LEGACY_TOKENS_MAX:
            return json_reply(400, {"error": "TooManyTokens"})
        add = request.path.endswith("Add")
        name = topic.removeprefix("/topics/")
        return json_reply(200, {"results": [self._change(add, name, each) for each in tokens]})

    def _change(self, add: bool, topic: str, token: Any) -> dict[str, str]:
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            return {"error": "INVALID_ARGUMENT"}
        if self._phones.state(token) == "unregistered":
            return {"error": "NOT_FOUND"}
        try:
            if add:
                self._topics.subscribe(token, topic, self._clock.now())
            else:
                self._topics.unsubscribe(token, topic)
        except TooMany:
            return {"error": "TOO_MANY_TOPICS"}
        return {}


def _no_such_call() -> Reply:
    return envelopes.no_such_page()
