"""The OpenAPI description as chapters of operations, ready to be shown."""

import json
import shlex
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings

from console.api_docs.fields import Field, Shapes
from console.api_docs.samples import BODIES, COMMENTED, IN_ADDRESSES
from devices.api import schema

ICONS = {
    "devices": "device-mobile",
    "events": "eye",
    "prompts": "message-question",
    "notifications": "send",
    "images": "photo",
    "users": "user-search",
    "audiences": "users-group",
}
TO_PHONES = {
    "notifications_trigger_create",
    "notifications_send_create",
    "notifications_resume_create",
    "notifications_correct_create",
}
METHODS = ("get", "post", "put", "patch", "delete")
FIRST = {"devices": "/devices/{device_id}", "notifications": "/notifications/trigger"}


@dataclass(frozen=True, slots=True)
class Sample:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    word: str
    told: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`problems`: those that not every address has."""

    name: str
    method: str
    path: str
    title: str
    told: list[str]
    keys: str
    parameters: list[tuple[str, list[Field]]]
    takes: str
    body: list[Field]
    calls: list[Sample]
    answers: list[Answer]
    samples: list[Sample]
    problems: list[Answer]

    @property
    def anchor(self) -> str:
        return self.name.replace("_", "-")

    @property
    def to_phones(self) -> bool:
        return self.name in TO_PHONES


@dataclass(frozen=True, slots=True)
class Chapter:
    name: str
    told: str
    icon: str
    operations: list[Operation]


@cache
def raw() -> dict[str, Any]:
    """As generators read it."""
    found: dict[str, Any] = json.loads(json.dumps(schema.description(), default=str))
    return found


@cache
def chapters() -> list[Chapter]:
    found = raw()
    return [
        Chapter(tag["name"], tag["description"], ICONS.get(tag["name"], "code"), operations(tag["name"]))
        for tag in found["tags"]
    ]  # fmt: skip


def operations(tag: str) -> list[Operation]:
    """In the order of their addresses, what is called first at the top."""
    shapes = Shapes(raw()["components"]["schemas"])
    first = f"/api/v1{FIRST.get(tag, '')}"
    paths = sorted(raw()["paths"].items(), key=lambda item: item[0] != first)
    return [
        operation(path, method, methods[method], shapes)
        for path, methods in paths
        for method in METHODS
        if tag in methods.get(method, {}).get("tags", ())
    ]


def operation(path: str, method: str, facts: dict[str, Any], shapes: Shapes) -> Operation:
    bodies: dict[str, dict[str, Any]] = facts.get("requestBody", {}).get("content", {})
    takes, content = next(iter(bodies.items()), ("", {}))
    good = {status: one for status, one in facts["responses"].items() if status < "400"}
    also = {s: one for s, one in facts["responses"].items() if s >= "400" and s not in everywhere()}
    return Operation(
        name=facts["operationId"],
        method=method.upper(),
        path=path,
        title=facts["summary"],
        told=[each for each in facts.get("description", "").split("\n\n") if each],
        keys=who(facts),
        parameters=parameters(facts, shapes),
        takes=takes,
        body=list(shapes.rows(content.get("schema", {}))),
        calls=calls(path, method, facts, takes, content),
        answers=alike([answer(status, one, shapes) for status, one in good.items()]),
        samples=samples(facts),
        problems=[answer(status, one, shapes) for status, one in also.items()],
    )


def who(facts: dict[str, Any]) -> str:
    """ "Server key, scope read"."""
    scopes = " or ".join(facts["x-scopes"])
    if facts["x-key-kinds"] == ["client", "server"]:
        return (
            f"Client key, or server key with scope {scopes}" if scopes else "Client or server key"
        )
    kind = "".join(facts["x-key-kinds"]).capitalize() or "No"
    return f"{kind} key, scope {scopes}" if scopes else f"{kind} key"


def parameters(facts: dict[str, Any], shapes: Shapes) -> list[tuple[str, list[Field]]]:
    places = {"path": "In the address", "query": "After the ?", "header": "Headers"}
    found = []
    for place, heading in places.items():
        rows = [
            Field(
                "", one["name"], shapes.kind(one["schema"]), one.get("required", False),
                one.get("description", ""), choices=shapes.choices(one["schema"]),
            )
            for one in facts.get("parameters", ())
            if one["in"] == place
        ]  # fmt: skip
        if rows:
            found.append((heading, rows))
    return found


def answer(status: str, facts: dict[str, Any], shapes: Shapes) -> Answer:
    schema = facts.get("content", {}).get("application/json", {}).get("schema")
    shape = shapes.plain(schema) if schema else {}
    written = shapes.written(shape) if schema else ""
    told = facts.get("description") or shape.get("description", "")
    return Answer(status, HTTPStatus(int(status)).phrase, told, written)


def alike(answers: list[Answer]) -> list[Answer]:
    """Statuses with one shape stand together."""
    first = answers[0]
    if any(one.shape != first.shape for one in answers):
        return answers
    words = " or ".join(f"{one.status} {one.word}" for one in answers)
    return [replace(first, status="", word=words)]


def samples(facts: dict[str, Any]) -> list[Sample]:
    """The answers that the description itself gives as examples."""
    return [
        Sample(f"{status} · {each.get('summary', 'For example')}", pretty(each["value"]))
        for status, one in facts["responses"].items()
        for content in one.get("content", {}).values()
        for each in content.get("examples", {}).values()
    ]


def everywhere() -> set[str]:
    """The statuses that every address can answer."""
    answers = [
        {status for status in facts["responses"] if status >= "400"}
        for methods in raw()["paths"].values()
        for facts in methods.values()
    ]
    return set.intersection(*answers)


def problems() -> list[Answer]:
    """Every status of an error that some address answers, with what it means."""
    found = {
        status: facts["description"]
        for methods in raw()["paths"].values()
        for operation in methods.values()
        for status, facts in operation["responses"].items()
        if status >= "400"
    }
    return [
        Answer(status, HTTPStatus(int(status)).phrase, told)
        for status, told in sorted(found.items())
    ]


# ---------------------------------------------------------------- what to paste


def calls(
    path: str, method: str, facts: dict[str, Any], takes: str, content: dict[str, Any]
) -> list[Sample]:
    given = {
        each.get("summary", ""): each["value"] for each in content.get("examples", {}).values()
    }
    if takes and not given and takes == "application/json":
        given = {"": BODIES.get(facts["operationId"], {})}
    given = given or {"": None}
    return [Sample(title, curl(path, method, facts, takes, body)) for title, body in given.items()]


def first_call() -> str:
    path = "/api/v1/notifications/trigger"
    facts = raw()["paths"][path]["post"]
    return curl(path, "post", facts, "application/json", COMMENTED)


def curl(path: str, method: str, facts: dict[str, Any], takes: str, body: Any) -> str:
    """A command for a shell; the key is left to be filled in."""
    for one in facts.get("parameters", ()):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", IN_ADDRESSES.get(one["name"], "…"))
    key = "sk_…" if facts["x-scopes"] else "pk_…"
    lines = [f"curl {settings.PUBLIC_URL}{path}", f'-H "Authorization: Bearer {key}"']
    if method != "get":
        lines[0] = f"curl -X {method.upper()} {settings.PUBLIC_URL}{path}"
    named = {one["name"] for one in facts.get("parameters", ())}
    if "X-User-Signature" in named and body is not None:
        lines.append('-H "X-User-Signature: …"')
    if takes == "multipart/form-data":
        lines.append("-F file=@snow.jpg")
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(pretty(body))}"]
    return " \\\n  ".join(lines)


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
