"""What the guides tell other developers to do works as it is written there."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pytest
from django.test import Client

from notifications.api.trigger import CODES, TriggerFacts
from notifications.models import Page, PageParameter
from notifications.webhooks import signing
from notifications.webhooks.catalogue import EVENTS
from tests.factories import make_key
from tests.sending import make_phones, run_all, token_of

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/api-guide.md").read_text()
MOVING = (ROOT / "docs/from-flutterflow.md").read_text()
BODY, SECRET = b'{"id":"1","at":"\xc3\xa4"}', "whsec_example"


def code(document: str, language: str, having: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)
    return next(block for block in blocks if having in block)


# ---------------------------------------------------------------- webhooks are verified


def headers_to_try() -> dict[str, bool]:
    now = int(time.time())
    good = signing.header(BODY, now, [SECRET])
    return {
        good: True,
        signing.header(BODY, now, ["whsec_other", SECRET]): True,
        signing.header(BODY, now, ["whsec_other"]): False,
        signing.header(BODY + b" ", now, [SECRET]): False,
        signing.header(BODY, now - 3600, [SECRET]): False,
        good.replace("t=", "t=9"): False,
        "": False,
        "t=,v1=": False,
        "nonsense": False,
    }


def test_the_guides_python_believes_only_what_is_signed() -> None:
    room: dict[str, Any] = {}
    exec(code(GUIDE, "python", "def is_ours"), room)  # noqa: S102  our own document

    said = {header: room["is_ours"](header, BODY, SECRET) for header in headers_to_try()}

    assert said == headers_to_try()


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js here")
def test_the_guides_javascript_believes_only_what_is_signed(tmp_path: Path) -> None:
    tried = headers_to_try()
    program = code(GUIDE, "js", "function isOurs") + (
        f"const body = Buffer.from({BODY.hex()!r}, 'hex');"
        f"const said = {json.dumps(list(tried))}.map((h) => isOurs(h, body, {SECRET!r}));"
        "console.log(JSON.stringify(said));"
    )
    (tmp_path / "try.mjs").write_text(program)

    done = subprocess.run(
        ["node", tmp_path / "try.mjs"], capture_output=True, text=True, check=True, timeout=30
    )

    assert json.loads(done.stdout) == list(tried.values())


def test_the_guide_names_every_event() -> None:
    table = GUIDE[GUIDE.index("| `type` | `data` |") :]

    for event in EVENTS:
        app, _, word = event.partition(".")
        assert f"`{event}`" in table or (f"`.{word}`" in table and f"`{app}." in table), event


def test_the_guide_names_every_code_of_an_error() -> None:
    modules = [*(ROOT / "devices/api").rglob("*.py"), *(ROOT / "notifications/api").rglob("*.py")]
    source = "\n".join(module.read_text() for module in modules)
    codes = set(re.findall(r'Problem\(\s*\d{3},\s*"([a-z_]+)"', source)) | set(CODES.values())
    told = GUIDE[GUIDE.index("## Errors") : GUIDE.index("## Campaigns")]

    assert {code for code in codes if f"`{code}`" not in told} == set()
    assert len(codes) > 30


def test_the_guides_name_only_fields_that_the_door_takes() -> None:
    taken = set(TriggerFacts().fields)
    table = GUIDE[GUIDE.index("| Field | |") : GUIDE.index("**Idempotency.**")]
    named = set(re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.split("\n") if row.startswith("| `"))))  # fmt: skip
    function = code(MOVING, "js", "commentAdded")
    sent = set(re.findall(r"^        (\w+):", function[function.index("JSON.stringify") :], re.M))

    assert named <= taken
    assert taken - named == {"idempotency_key"}
    assert sent <= taken


# ---------------------------------------------------------------- what is worth repeating


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these statuses one by one, and keeps the Idempotency-Keys it saw."""
    left, seen = list(statuses), []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Idempotency-Key"])
            self.rfile.read(int(self.headers["Content-Length"]))
            status = left.pop(0)
            self.send_response(status)
            if status != 422:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(b'{"id": "1"}')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", seen
    server.shutdown()
    server.server_close()


def test_the_guides_caller_repeats_what_is_worth_it_under_one_key() -> None:
    room: dict[str, Any] = {}
    exec(code(GUIDE, "python", "def call"), room)  # noqa: S102  our own document

    with answering(429, 409, 503, 202) as (url, seen):
        assert room["call"](url, "sk_x", {}, event="e") == {"id": "1"}
    with answering(422) as (url, refused), pytest.raises(HTTPError):
        room["call"](url, "sk_x", {}, event="e")

    assert (seen, refused) == (["e"] * 4, ["e"])


# ---------------------------------------------------------------- an app made with FlutterFlow


def as_such_an_app_reads(data: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Its generated code: the page's name, and one JSON text of parameters; both are texts."""
    name, text = data["initialPageName"], data["parameterData"]
    assert isinstance(name, str)
    assert isinstance(text, str)
    return name, json.loads(text) if text else {}


@pytest.mark.django_db(transaction=True)
def test_an_existing_flutterflow_app_finds_its_page_and_every_type_of_parameter(
    sandbox: Any,
) -> None:
    make_phones(2)
    page = Page.objects.create(name="PostView")
    types = {
        "post": "DocumentReference", "title": "String", "count": "Integer", "rating": "Double",
        "fresh": "Boolean", "at": "DateTime", "place": "LatLng",
    }  # fmt: skip
    for name, kind in types.items():
        PageParameter.objects.create(page=page, name=name, type=kind)
    parameters = {
        "post": "posts/8312", "title": "Ä & “quotes”", "count": 3, "rating": 4.5, "fresh": True,
        "at": "2026-11-24T09:30:00Z", "place": "48.2,16.37",
    }  # fmt: skip

    answer = Client().post(
        "/api/v1/notifications/trigger",
        {"user_ids": ["users/phone-0", "phone-1"], "title": "Jo commented", "text": "What a view!",
         "initial_page": "PostView", "parameters": parameters},
        content_type="application/json",
        headers={"Authorization": f"Bearer {make_key('server', ['trigger'])}"},
    )  # fmt: skip
    run_all()

    assert answer.status_code == 202, answer.json()
    for number in (0, 1):  # Android and iPhone
        data = sandbox.messages(token=token_of(number))[0]["message"]["data"]
        assert as_such_an_app_reads(data) == (
            "PostView",
            {
                "post": "posts/8312",
                "title": "Ä & “quotes”",
                "count": 3,
                "rating": 4.5,
                "fresh": True,
                "at": 1_795_512_600_000,
                "place": "48.2,16.37",
            },
        )


def test_a_tap_without_a_page_opens_the_app_at_its_start(sandbox: Any, transactional_db: None) -> None:  # fmt: skip
    make_phones(1)

    Client().post(
        "/api/v1/notifications/trigger",
        {"user_id": "phone-0", "title": "Hi", "text": "There"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {make_key('server', ['trigger'])}"},
    )
    run_all()

    data = sandbox.messages(token=token_of(0))[0]["message"].get("data", {})
    assert data.get("initialPageName", "") == ""
