"""The rows behind the numbers of one notification: filters live in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from console import verdicts
from console.phone_words import name_of
from console.typed import whole
from devices.models import ID_MAX
from devices.states import Platform
from notifications import content, reasons, reports
from notifications.models import Delivery, Notification
from notifications.states import Outcome

PAGE = 50
NAMES = ("outcome", "reason", "platform", "seen", "user")
SEEN = {"received": "Received", "opened": "Opened"}


@dataclass(frozen=True, slots=True)
class Row:
    delivery: Delivery

    @property
    def phone(self) -> str:
        return name_of(self.delivery.device)

    @property
    def user_id(self) -> str:
        return self.delivery.user.user_id if self.delivery.user else ""

    @property
    def label(self) -> str:
        one = self.delivery
        return reasons.label(one.reason, one.outcome) if one.reason else ""

    @property
    def sentence(self) -> str:
        one = self.delivery
        return reasons.sentence(one.reason, one.outcome) if one.reason else ""


@dataclass(frozen=True, slots=True)
class Filters:
    outcome: str = ""
    reason: str = ""
    platform: str = ""
    seen: str = ""
    user: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filters":
        """Whatever the address says; nonsense counts as nothing."""
        outcome, platform = asked.get("outcome", ""), asked.get("platform", "")
        seen = asked.get("seen", "")
        return cls(
            outcome=outcome if outcome in Outcome.values else "",
            reason=asked.get("reason", "")[:32].replace("\x00", ""),
            platform=platform if platform in Platform.values else "",
            seen=seen if seen in SEEN else "",
            user=asked.get("user", "").strip()[:ID_MAX].replace("\x00", ""),
        )

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in NAMES)


def context(asked: Mapping[str, str], one: Notification, now: datetime) -> dict[str, Any]:
    filters = Filters.of(asked)
    at = whole(asked.get("cursor", "")) or 0
    found, following = page(one, filters, at, PAGE)
    return {
        "rows": [Row(delivery) for delivery in found],
        "filters": filters,
        "outcomes": Outcome.choices,
        "platforms": Platform.choices,
        "seens": SEEN.items(),
        "reason_choices": reason_choices(one),
        "why": why(filters),
        "next_url": url(one, filters, cursor=following) if following else "",
        "first_url": url(one, filters) if at else "",
        "clear_url": url(one, Filters()),
        "export_url": export_url(one, filters),
        **one_person(asked.get("person", ""), one, now),
    }


def page(
    one: Notification, filters: Filters, cursor: int, limit: int
) -> tuple[list[Delivery], int | None]:
    return reports.deliveries(
        one,
        outcome=filters.outcome,
        reason=filters.reason,
        platform=filters.platform,
        user_id=filters.user,
        seen=filters.seen,
        cursor=cursor,
        limit=limit,
    )


def export_url(one: Notification, filters: Filters) -> str:
    asked = {name: getattr(filters, name) for name in NAMES}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("recipients-export", args=[one.uuid]) + (f"?{query}" if query else "")


def one_person(written: str, one: Notification, now: datetime) -> dict[str, Any]:
    """Who was asked about, as an id or as a reference such as users/ann, and the answer."""
    named = content.parse_references(written.replace("\x00", "")[: 2 * ID_MAX])[:1]
    if not named:
        return {"person": ""}
    return {"person": named[0], "answer": verdicts.answer(one, named[0], now)}


def reason_choices(one: Notification) -> list[tuple[str, str]]:
    """The reasons that any of its phones has."""
    found = reports.counts(one).by_outcome
    labels = {code: reasons.label(code, outcome) for outcome, code in found if code}
    return sorted(labels.items(), key=lambda item: item[1])


def why(filters: Filters) -> reasons.Reason | None:
    """The sentence above rows that share one reason."""
    return reasons.reason(filters.reason, filters.outcome) if filters.reason else None


def url(one: Notification, filters: Filters, cursor: int | None = None) -> str:
    asked = {name: getattr(filters, name) for name in NAMES} | {"cursor": cursor}
    query = urlencode({"tab": "recipients"} | {name: v for name, v in asked.items() if v})
    return f"{one.get_absolute_url()}?{query}"
