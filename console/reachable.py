"""Who a form that is not saved yet would reach, and what that means for batches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from devices.models import AppUser, Audience
from notifications import content, reach
from notifications.states import SendTo, TargetOS

NAMED = 20


@dataclass(frozen=True, slots=True)
class Reachable:
    """`unknown` maps a reference that is nobody's id to a near one or ""."""

    send_to: str
    waterfall: reach.Waterfall
    everyone: int
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


def of_typed(typed: Mapping[str, Any], now: datetime) -> Reachable:
    """From what a form holds, unchecked: anything that makes no sense reaches nobody."""
    send_to, target_os = str(typed.get("send_to", "")), str(typed.get("target_os", ""))
    if target_os not in TargetOS.values:
        target_os = TargetOS.ALL
    everyone = AppUser.objects.count()
    if send_to == SendTo.USERS:
        references = content.parse_references(str(typed.get("recipients", "")))
        references = references[: content.RECIPIENTS_MAX]
        known, unknown = content.find_users(references)
        falls = reach.live_count(send_to, known, None, target_os, now)
        return Reachable(send_to, falls, everyone, len(references), unknown)
    audience = None
    if send_to == SendTo.AUDIENCE:
        chosen = str(typed.get("audience", ""))
        is_key = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
        audience = Audience.objects.filter(pk=chosen).first() if is_key else None
        if audience is None:
            return Reachable(send_to, reach.Waterfall(), everyone)
    elif send_to != SendTo.EVERYONE:
        return Reachable(send_to, reach.Waterfall(), everyone)
    return Reachable(send_to, reach.live_count(send_to, [], audience, target_os, now), everyone)
