"""What the wire hands to the sandbox, and what the sandbox hands back."""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = "application/json; charset=UTF-8"
BODY_MAX_BYTES = 10 << 20
CONTROL_BODY_MAX_BYTES = 64 << 20  # a hundred thousand phones in one call
CONTROL_PATH = "/_sandbox/"


class Wire(Enum):
    """How a reply leaves the machine; all but PLAIN are faults that a test asked for."""

    PLAIN = "plain"
    RESET = "reset"  # the client sees a broken stream or connection instead of the reply
    HANG = "hang"  # no reply, the connection stays open
    REFUSE = "refuse"  # HTTP/2 REFUSED_STREAM: the request was never looked at
    GOAWAY = "goaway"  # HTTP/2 GOAWAY below this stream: it and all later ones were not looked at
    DRIP = "drip"  # one byte of the body a second
    FLOOD = "flood"  # the body is followed by `flood_bytes` of filling


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    peer: str = "127.0.0.1"

    def arguments(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON_TYPE
    delay: float = 0.0
    wire: Wire = Wire.PLAIN
    whole_connection: bool = False
    flood_bytes: int = field(default=0)


def body_limit(path: str) -> int:
    return CONTROL_BODY_MAX_BYTES if path.startswith(CONTROL_PATH) else BODY_MAX_BYTES


def json_reply(status: int, content: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    text = json.dumps(content, ensure_ascii=False)
    return Reply(status, text.encode("utf-8", "replace"), headers)  # half surrogates become "?"
