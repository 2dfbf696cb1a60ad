"""What audiences can ask about notifications: whether a person opened one, or any, lately."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from devices import audiences
from notifications.models import Delivery, Notification

OPS = ("did", "did_not")
ANY = "any"
DAYS_MAX = 365


def register() -> None:
    audiences.register("opened", opened, label="Opened", check=check)


def opened(condition: audiences.Condition, now: datetime) -> Q:
    """`did_not` is everyone else: also those who were sent nothing."""
    since = now - timedelta(days=condition["days"])
    rows = Delivery.objects.filter(user=OuterRef("pk"), opened_at__gte=since)
    if condition["notification"] != ANY:
        named = Notification.objects.filter(uuid=condition["notification"]).values("pk")
        rows = rows.filter(notification__in=named)
    found = Q(Exists(rows))
    return found if condition["op"] == "did" else ~found


def check(condition: audiences.Condition) -> dict[str, str]:
    wrong = dict.fromkeys(
        condition.keys() - {"field", "op", "notification", "days"},
        "A condition on opened has no such part.",
    )
    if condition.get("op") not in OPS:
        wrong["op"] = "There are did and did_not."
    days = condition.get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= DAYS_MAX:
        wrong["days"] = f"Give a whole number of days from 1 to {DAYS_MAX}."
    if told := _wrong_notification(condition.get("notification")):
        wrong["notification"] = told
    return wrong


def _wrong_notification(named: Any) -> str:
    if named == ANY:
        return ""
    try:
        uuid = UUID(named) if isinstance(named, str) else None
    except ValueError:
        uuid = None
    if uuid is None:
        return "Name a notification by its id, or any."
    if not Notification.objects.filter(uuid=uuid).exists():
        return f"There is no notification {uuid}."
    return ""
