"""The Triggers page: what called, in words; what to paste; and a call that is only tried."""

import json
import shlex
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from rest_framework.exceptions import APIException

from devices.api import problems
from devices.api.parsing import strict
from devices.models import ApiKey
from devices.states import KeyKind
from notifications import cards, tally
from notifications.api import trigger
from notifications.cards import Variable
from notifications.models import MessageCard, Page
from notifications.states import VariableType

URL = "/api/v1/notifications/trigger"
HINTS = {
    "recipients_required": "No recipients. A trigger names people and never goes to everyone.",
    "no_deliverable_device": "None of these people has a phone that can be sent to.",
    "unknown_template": "No message card has that key.",
    "template_not_client_callable": "Client keys send only cards that are marked for it.",
    "variable": "A variable of the card is missing or of the wrong type.",
    "parameter_type": "A parameter is not of its page’s type.",
    "unknown_page": "That page is not registered under Settings → Pages.",
    "unknown_image": "No uploaded picture has that id.",
    "reserved_key": "Its data uses a name that Google keeps for itself.",
    "payload_too_large": "Text, data and parameters together are too large for a push.",
    "send_at_past": "send_at has passed.",
    "validation": "A field is missing or has a value that can’t be.",
    "malformed_json": "The body is not JSON.",
    "unsupported_media_type": "The body must be application/json.",
    "too_large": "The body is larger than 256 kB.",
    "scope": "The key is of the wrong kind, or lacks the scope trigger.",
    "bad_key": "The key is unknown or revoked.",
    "missing_key": "No key in the header Authorization.",
    "rate_limited": "More calls in a minute than the key may make. Retry-After says when.",
    "idempotency_mismatch": "This Idempotency-Key was used with another body.",
    "idempotency_in_progress": "The first call with this Idempotency-Key was still at work.",
    "maintenance": "The database was busy or away. The call may be repeated.",
    "internal": "Something broke here. The log knows it by the request id.",
}
SAMPLE = {
    "title": "Jo commented on your post",
    "text": "“What a view! When were you there?”",
    "user_id": "ann",
    "initial_page": "PostView",
    "parameters": {"post": "posts/8312"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """The calls of one key for one card, as the table shows them."""

    line: tally.Line
    key_name: str
    card_name: str

    @property
    def reasons(self) -> list[dict[str, Any]]:
        return [{"code": code, "count": n, "hint": hint(code)} for code, n in self.line.reasons]

    @property
    def p50(self) -> int | None:
        return self.line.within_ms(0.5)

    @property
    def p95(self) -> int | None:
        return self.line.within_ms(0.95)


@dataclass(frozen=True, slots=True)
class Day:
    """calls = accepted + replayed + rejected."""

    rows: list[Row]
    rejects: list[dict[str, Any]]
    calls: int
    accepted: int
    replayed: int
    rejected: int
    broadcasts: int


def day(now: datetime) -> Day:
    lines = tally.lines(now)
    names = dict(ApiKey.objects.values_list("public_id", "name"))
    known = dict(MessageCard.objects.values_list("key", "name"))
    rows = [
        Row(line, key_name(line.key, names), known.get(line.card) or card_name(line.card))
        for line in lines
    ]
    codes: Counter[str] = sum((line.codes for line in lines), Counter())
    return Day(
        rows=rows,
        rejects=[
            {"call": call, "key_name": key_name(call.key, names), "hint": hint(call.code)}
            for call in tally.rejects(now)
        ],
        calls=sum(codes.values()),
        accepted=codes[tally.ACCEPTED],
        replayed=codes[tally.REPLAYED],
        rejected=sum(line.rejected for line in lines),
        broadcasts=codes["recipients_required"],
    )


def key_name(public_id: str, names: dict[str, str]) -> str:
    return names.get(public_id, public_id) if public_id else "No valid key"


def card_name(card: str) -> str:
    return {tally.INLINE: "Title and text", tally.UNREADABLE: "A card that can be none"}.get(
        card, card
    )


def hint(code: str) -> str:
    return HINTS.get(code, "See the answer’s detail.")


# ---------------------------------------------------------------- what to paste


def keys_that_may() -> list[ApiKey]:
    live = ApiKey.objects.filter(revoked_at=None, kind=KeyKind.SERVER)
    return [key for key in live.order_by("name", "pk") if "trigger" in key.scopes]


def callable_cards() -> list[MessageCard]:
    return list(MessageCard.objects.filter(archived_at=None).order_by("name", "pk"))


def sample_body(card: MessageCard | None, user_id: str = "") -> dict[str, Any]:
    named = {"user_id": user_id or str(SAMPLE["user_id"])}
    if card is None:
        opens = Page.objects.filter(name=SAMPLE["initial_page"]).exists()
        kept = SAMPLE if opens else {name: SAMPLE[name] for name in ("title", "text")}
        return kept | named
    declared = cards.declared(cards.current(card))
    variables = {each.name: sample_value(each) for each in declared}
    return {"template": card.key} | ({"variables": variables} if variables else {}) | named


def sample_value(variable: Variable) -> Any:
    """Numbers as numbers; whatever else as the card's maker wrote it."""
    if variable.type in (VariableType.INTEGER, VariableType.DOUBLE):
        with suppress(ValueError):
            return json.loads(variable.sample)
    return variable.sample or "text"


def pretty(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def curl(body: dict[str, Any], key: ApiKey | None) -> str:
    """A line to paste into a shell; of a key only what is shown of it anywhere else."""
    shown = f"sk_{key.public_id}_…" if key else "sk_…"
    return " \\\n  ".join(
        [
            f"curl -X POST {settings.PUBLIC_URL}{URL}",
            f'-H "Authorization: Bearer {shown}"',
            '-H "Content-Type: application/json"',
            '-H "Idempotency-Key: comment-8312"',
            f"-d {shlex.quote(pretty(body))}",
        ]
    )


# ---------------------------------------------------------------- a call that is only tried


@dataclass(frozen=True, slots=True)
class Tried:
    status: int
    text: str

    @property
    def ok(self) -> bool:
        return self.status < 400


def rehearse(text: str, key: ApiKey) -> Tried:
    """What the door would answer to this body, and nothing is kept or sent."""
    try:
        call = trigger.Call(read(text), key)
        call.prepare()
        answer = call.answer(call.prepared.told()) | {"id": "made when it is really called"}
        return Tried(202, pretty(answer))
    except Exception as error:
        problem = refusal(error)
        if problem is None:
            raise
        return Tried(problem.status_code, pretty(problems.body(problem, "")))


def read(text: str) -> dict[str, Any]:
    """The checked fields of a body. Raises as the door does."""
    checked = trigger.TriggerFacts(data=strict(text.encode("utf-8", "surrogatepass")))
    checked.is_valid(raise_exception=True)
    facts: dict[str, Any] = checked.validated_data
    return facts


def refusal(error: Exception) -> problems.Problem | None:
    if isinstance(error, ValidationError):
        return trigger.refused(error)
    return problems.as_problem(error) if isinstance(error, APIException) else None
