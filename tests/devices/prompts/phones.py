"""An app that shows soft prompts, as its calls look."""

from itertools import count
from typing import Any

import time_machine
from django.utils import timezone

from devices import identity
from devices.models import Prompt
from devices.prompts import keeping
from tests.devices.conftest import Caller
from tests.factories import make_key

numbers = count(1)
PIXEL = {"platform": "android", "os_version": "14", "api_level": 34, "target_sdk": 35}
IPHONE = {"platform": "ios", "os_version": "18.1", "api_level": None}
OPEN = {"kind": "app_open"}
NEVER_ASKED, PROVISIONAL, DENIED, ALLOWED = (
    {"system": system} for system in ("not_determined", "provisional", "denied", "authorized")
)


def make_live(now: Any, **fields: Any) -> Prompt:
    name = keeping.free_name("Push Permission Prompt")
    prompt = keeping.create(keeping.TEMPLATE | {"name": name} | fields)
    return keeping.move(prompt, "live", now=now)


class Phone:
    """Registers, opens sessions, tells events. `clock` is everyone's."""

    def __init__(self, clock: time_machine.Traveller, device_id: str = "D") -> None:
        identity.current()
        self.call = Caller(make_key("client"))
        self.clock = clock
        self.id = device_id
        self.session = ""

    def register(self, facts: dict[str, Any] = PIXEL, user: str = "alice", **more: Any) -> Any:
        token = f"token-of-{self.id}-" + "t" * 20
        body = {"app_version": "4.2.0", "token": token, "permission": NEVER_ASKED} | facts | more
        return self.call.register(self.id, user, **body)

    def open(self, **facts: Any) -> Any:
        self.session = f"session-{next(numbers)}"
        return self.opened_again(**facts)

    def opened_again(self, **facts: Any) -> Any:
        body = {"session_id": self.session} | facts
        answer = self.call("POST", f"/devices/{self.id}/sessions", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def offered(self) -> list[int]:
        return [offer["id"] for offer in self.open()["prompts"]]

    def evaluate(self, trigger: dict[str, Any] = OPEN, **more: Any) -> Any:
        body = {"device_id": self.id, "session_id": self.session or "s", "trigger": trigger}
        return self.call("POST", "/prompts/evaluate", body | more)

    def event(self, kind: str, **facts: Any) -> dict[str, Any]:
        named = {"event_id": f"event-{next(numbers)}", "device_id": self.id, "type": kind}
        return named | ({"session_id": self.session} if self.session else {}) | facts

    def tell(self, prompt: Prompt, kind: str, **facts: Any) -> Any:
        return self.call("POST", f"/prompts/{prompt.pk}/events", self.event(kind, **facts))

    def told(self, prompt: Prompt, kind: str, **facts: Any) -> dict[str, Any]:
        answer = self.tell(prompt, kind, **facts)
        assert answer.status_code == 202, answer.content
        return dict(answer.json())

    def shown(self, prompt: Prompt) -> bool:
        """Opens the app, and shows what it may."""
        if prompt.pk not in self.offered():
            return False
        return self.tell(prompt, "impression").status_code == 202

    def later(self, **span: float) -> None:
        from datetime import timedelta

        self.clock.shift(timedelta(**span))


def make_prompt(**fields) -> Prompt:
    return make_live(timezone.now(), **fields)


def reason_of(phone: Phone, prompt: Prompt, trigger: dict = OPEN) -> str:
    backend = Caller(make_key("server"))
    body = {"device_id": phone.id, "session_id": phone.session or "s", "trigger": trigger}
    answer = backend("POST", "/prompts/evaluate", body)
    assert answer.status_code == 200, answer.content
    return {one["prompt_id"]: one["reason"] for one in answer.json()["reasons"]}[prompt.pk]
