"""Who a form that is not saved yet would reach, and what that means for batches."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings

from console.forms import leave_out
from console.typed import whole
from devices.models import AppUser, Audience
from notifications import content, reach
from notifications.states import QuietHours, SendTo, TargetOS

NAMED = 20
NAMES = (  # of the form's fields that say who it is for
    "send_to", "recipients", "audience", "target_os", "exclude_audience", "exclude_people",
    "quiet_hours",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reachable:
    """`unknown` maps a reference that is nobody's id to a near one or ""."""

    send_to: str
    waterfall: reach.Waterfall
    everyone: int
    counting: bool = False  # not counted yet
    named: int = 0
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> int:
        return self.named - len(self.unknown)

    @property
    def unknown_first(self) -> list[tuple[str, str]]:
        """The first of them with their near ones: a page names so many, a list may have thousands."""
        return list(self.unknown.items())[:NAMED]

    @property
    def unknown_rest(self) -> int:
        return max(0, len(self.unknown) - NAMED)

    @property
    def forced(self) -> bool:
        """Batch mode is not a choice above the threshold."""
        most = max(self.waterfall.planned, self.waterfall.people)
        return most > settings.BATCH_THRESHOLD

    @property
    def batches(self) -> int:
        """How many, where batch mode is on."""
        return max(1, -(-self.waterfall.planned // settings.BATCH_SIZE))

    @property
    def threshold(self) -> int:
        return settings.BATCH_THRESHOLD

    @property
    def batch_size(self) -> int:
        return settings.BATCH_SIZE

    @property
    def bar(self) -> list[dict[str, Any]]:
        falls = self.waterfall
        return [
            {"kind": "accepted", "label": "Would get it", "count": falls.will_send},
            {"kind": "skipped", "label": "Would not", "count": falls.not_sent},
        ]


def of_typed(typed: Mapping[str, Any], now: datetime, *, counts: bool = True) -> Reachable:
    """From what a form holds, unchecked: anything that makes no sense reaches nobody."""
    send_to, target_os = str(typed.get("send_to", "")), str(typed.get("target_os", ""))
    if target_os not in TargetOS.values:
        target_os = TargetOS.ALL
    everyone = AppUser.objects.count()
    wanted = reach.Who(send_to, target_os, **_held(typed))
    if send_to == SendTo.USERS:
        references = content.parse_references(str(typed.get("recipients", "")))
        references = references[: content.RECIPIENTS_MAX]
        known, unknown = content.find_users(references)
        falls = reach.count(replace(wanted, recipients=tuple(known)), now)
        return Reachable(send_to, falls, everyone, named=len(references), unknown=unknown)
    if not counts:
        return Reachable(send_to, reach.Waterfall(), everyone, counting=True)
    audience = None
    if send_to == SendTo.AUDIENCE:
        audience = _audience(typed.get("audience", ""))
        if audience is None:
            return Reachable(send_to, reach.Waterfall(), everyone)
    elif send_to != SendTo.EVERYONE:
        return Reachable(send_to, reach.Waterfall(), everyone)
    return Reachable(send_to, reach.count(replace(wanted, audience=audience), now), everyone)


def _held(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Who of them is left out, or waits."""
    references = content.parse_references(str(typed.get("exclude_people") or ""))
    choice = str(typed.get("quiet_hours", ""))
    return {
        "exclude_audience": _audience(typed.get("exclude_audience", "")),
        "exclude_users": tuple(references[: leave_out.PEOPLE_MAX]),
        "quiet_hours": choice if choice in QuietHours.values else QuietHours.DEFER,
    }


def _audience(chosen: Any) -> Audience | None:
    key = whole(chosen)
    return None if key is None else Audience.objects.filter(pk=key).first()
