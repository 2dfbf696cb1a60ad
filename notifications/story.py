"""The story of one notification: who did what, when it started and ended."""

from dataclasses import dataclass
from datetime import datetime

from notifications import reasons
from notifications.models import AuditEntry, Notification
from notifications.states import NotificationStatus as S


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    icon: str
    text: str
    hint: str = ""
    actor: str = ""


ICONS = {
    "composed": "pencil", "edited": "pencil", "confirmed": "user-check", "undid": "arrow-back-up",
    "cancelled": "ban", "paused": "player-pause", "resumed": "player-play",
    "stopped": "player-stop", "held": "hand-stop", "released": "player-play",
    "duplicated": "copy",
}  # fmt: skip


def of(notification: Notification) -> list[Moment]:
    """Newest first."""
    entries = AuditEntry.objects.filter(
        object_type="notification", object_id=str(notification.uuid)
    ).order_by("-pk")[:100]
    moments = []
    for entry in entries:
        code = str(entry.facts.get("reason", ""))
        hint = reasons.sentence(code) if code else _hint(entry)
        text = f"{entry.actor_name} {entry.action}"
        moments.append(
            Moment(entry.at, ICONS.get(entry.action, "point"), text, hint, entry.actor_name)
        )
    if notification.started_at:
        moments.append(Moment(notification.started_at, "send", "Sending started"))
    if notification.finished_at and notification.status == S.SENT:
        moments.append(Moment(notification.finished_at, "circle-check", "Sent"))
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _hint(entry: AuditEntry) -> str:
    phones, ticket = entry.facts.get("phones"), entry.facts.get("ticket")
    word = "phone" if phones == 1 else "phones"
    told = [f"{phones:,} {word}".replace(",", "\u202f")] if phones is not None else []
    return " · ".join([*told, str(ticket)] if ticket else told)
