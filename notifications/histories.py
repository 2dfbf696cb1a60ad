"""What one person, or one phone, was sent: newest first, a bounded number of rows."""

from dataclasses import dataclass, field

from notifications.models import Delivery, Notification
from notifications.states import Outcome

PHONES_EACH = 4  # rows read per notification; a person with more phones shows fewer notifications
REACHED = ("accepted", "received", "opened")
WAY: tuple[str, ...] = (
    Outcome.SKIPPED, Outcome.STOPPED, Outcome.EXPIRED, Outcome.DEAD_TOKEN, Outcome.REJECTED,
    Outcome.UNKNOWN, Outcome.WAITING, *REACHED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One notification to one person: the best that any of her phones did, and each of them."""

    notification: Notification
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return max((outcome_of(row) for row in self.deliveries), key=rank)

    @property
    def first(self) -> Delivery:
        return max(self.deliveries, key=lambda row: rank(outcome_of(row)))


def outcome_of(delivery: Delivery) -> str:
    """received and opened are what the app told on top of accepted."""
    if delivery.opened_at:
        return "opened"
    if delivery.received_at:
        return "received"
    return str(delivery.outcome)


def rank(outcome: str) -> int:
    """How much of the way the message got."""
    return WAY.index(outcome) if outcome in WAY else 0


def of_user(user_pk: int, *, missed: bool = False, limit: int = 50) -> list[Line]:
    """`missed`: only what no phone of hers accepted."""
    rows = (
        Delivery.objects.filter(user=user_pk)
        .select_related("notification", "device")
        .order_by("-notification_id", "device_id")[: limit * PHONES_EACH]
    )
    lines: dict[int, Line] = {}
    for row in rows:
        line = lines.setdefault(row.notification_id, Line(row.notification))
        line.deliveries.append(row)
    kept = [line for line in lines.values() if not missed or line.outcome not in REACHED]
    return kept[:limit]


def of_device(device_pk: int, *, limit: int = 25) -> list[Delivery]:
    """By the primary key's second column there is no index, so it goes through the newest
    notifications: what the phone got of the last `limit` × 8 of them."""
    newest = (
        Notification.objects.exclude(started_at=None).order_by("-pk").values_list("pk", flat=True)
    )
    rows = Delivery.objects.filter(
        notification_id__in=list(newest[: limit * 8]), device_id=device_pk
    )
    return list(rows.select_related("notification", "user").order_by("-notification_id")[:limit])
