"""What became of notifications: frozen numbers for pages and API. Reads only.

Counters live on the batches (hundreds of rows), so no page counts millions.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Sum

from devices.paging import cut
from devices.states import Platform
from notifications import opens
from notifications.models import Batch, Delivery, Notification
from notifications.sending import counters
from notifications.states import FINAL, BatchKind
from notifications.states import NotificationStatus as S

NAMES = (
    "targeted", "waiting", "accepted", "rejected", "dead_token", "skipped", "expired", "stopped",
    "unknown", "received", "opened",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """One outcome per device whose window was opened: targeted = waiting + all final outcomes."""

    targeted: int = 0
    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    dead_token: int = 0
    skipped: int = 0
    expired: int = 0
    stopped: int = 0
    unknown: int = 0
    received: int = 0
    opened: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # code → n, over all outcomes
    by_outcome: dict[tuple[str, str], int] = field(default_factory=dict)  # (outcome, code) → n
    planned: int | None = None
    platforms: dict[str, "Counts"] = field(default_factory=dict)
    batches_planned: int = 0
    batches_done: int = 0

    @property
    def handled(self) -> int:
        return self.targeted - self.waiting

    @property
    def not_sent(self) -> int:
        """Planned, but their window was never opened."""
        return max(0, (self.planned or 0) - self.targeted)

    def numbers(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in NAMES}


def counts(notification: Notification) -> Counts:
    return counts_of([notification])[notification.pk]


def counts_of(notifications: list[Notification]) -> dict[int, Counts]:
    """Two queries, however many notifications."""
    pks = [one.pk for one in notifications]
    rows = Batch.objects.filter(notification__in=pks).values_list(
        "notification_id", "counters", "kind", "primary", "finished_at",
        "received_ios", "received_android", "opened_ios", "opened_android",
    )  # fmt: skip
    by_notification: dict[int, list[tuple[Any, ...]]] = {pk: [] for pk in pks}
    for row in rows:
        by_notification[row[0]].append(row)
    return {one.pk: _count(one, by_notification[one.pk]) for one in notifications}


def _count(notification: Notification, rows: list[tuple[Any, ...]]) -> Counts:
    summed = counters.total([row[1] for row in rows])
    seen = {
        "ios": (sum(row[5] for row in rows), sum(row[7] for row in rows)),
        "android": (sum(row[6] for row in rows), sum(row[8] for row in rows)),
    }
    platforms = {one: _platform(summed[one], *seen[one]) for one in Platform.values}
    together = [platforms[one] for one in Platform.values]
    shown = [row for row in rows if row[3] and row[2] != BatchKind.PLAN]
    numbers = {name: sum(getattr(one, name) for one in together) for name in NAMES}
    return Counts(
        **numbers,
        reasons=_add(one.reasons for one in together),
        by_outcome=_add(one.by_outcome for one in together),
        planned=notification.planned,
        platforms=platforms,
        batches_planned=len(shown),
        batches_done=sum(1 for row in shown if row[4] is not None),
    )


def _platform(mine: dict[str, Any], received: int, opened: int) -> Counts:
    final = {outcome.value: mine.get(outcome, 0) for outcome in FINAL}
    by_outcome: dict[tuple[str, str], int] = {}
    for key, n in mine["reasons"].items():
        outcome, _, code = key.partition(":")
        if n:
            by_outcome[outcome, code] = n
    reasons: dict[str, int] = {}
    for (_, code), n in by_outcome.items():
        reasons[code] = reasons.get(code, 0) + n
    return Counts(
        **final,
        targeted=mine["targeted"],
        waiting=mine["targeted"] - sum(final.values()),
        received=received,
        opened=opened,
        reasons=reasons,
        by_outcome=by_outcome,
    )


def _add(many: Any) -> dict[Any, int]:
    summed: dict[Any, int] = {}
    for one in many:
        for key, n in one.items():
            summed[key] = summed.get(key, 0) + n
    return summed


def as_dict(
    notification: Notification, found: Counts | None = None, dismissed: int | None = None
) -> dict[str, Any]:
    """The API's numbers (contract: "Reading numbers")."""
    found = found or counts(notification)
    dismissed = opens.dismissed(notification) if dismissed is None else dismissed
    return {
        "id": str(notification.uuid),
        "kind": notification.kind,
        "status": notification.status,
        "due_at": notification.due_at,
        "started_at": notification.started_at,
        "finished_at": notification.finished_at,
        "planned": notification.planned or 0,
        **found.numbers(),
        "dismissed": dismissed,
        "reasons": found.reasons,
        "platforms": {
            name: one.numbers() | {"reasons": one.reasons} for name, one in found.platforms.items()
        },
        "batches": {"planned": found.batches_planned, "done": found.batches_done},
        "paused_reason": notification.paused_reason or None,
        "revision": notification.revision_sha256,
    }


# ---------------------------------------------------------------- pace


@dataclass(frozen=True, slots=True)
class Pace:
    """`all_paused`: a person paused all sending, so no end can be foretold."""

    per_minute: int
    eta_s: float | None
    all_paused: bool = False


def pace(
    notification: Notification, found: Counts, now: datetime, held: Collection[str] = ()
) -> Pace:
    """Since it started; None where nothing can be said yet. `held` are the kinds that a person let
    wait (kill_switch.held_kinds)."""
    if notification.status == S.SENDING and notification.kind in held:
        return Pace(0, None, all_paused=True)
    if notification.status != S.SENDING or not notification.started_at or not found.handled:
        return Pace(0, None)
    spent = max(0.5, (now - notification.started_at).total_seconds())
    per_second = found.handled / spent
    left = max(0, (notification.planned or found.targeted) - found.handled)
    return Pace(int(per_second * 60), left / per_second)


# ---------------------------------------------------------------- rows


def deliveries(
    notification: Notification,
    *,
    outcome: str = "",
    reason: str = "",
    platform: str = "",
    user_id: str = "",
    seen: str = "",
    cursor: int = 0,
    limit: int = 50,
) -> tuple[list[Delivery], int | None]:
    """Rows in device order after `cursor`, and the next cursor. `seen` is received or opened."""
    rows = Delivery.objects.filter(notification=notification, device_id__gt=cursor)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if reason:
        rows = rows.filter(reason=reason)
    if platform:
        rows = rows.filter(platform=platform)
    if user_id:
        rows = rows.filter(user__user_id=user_id)
    if seen in ("received", "opened"):
        rows = rows.filter(**{f"{seen}_at__isnull": False})
    rows = rows.select_related("device", "user").order_by("device_id")
    return cut(rows, limit, "device_id")


# ---------------------------------------------------------------- what is left


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a pause or a stop leaves: phones not sent to, phones that have it or may have it. The
    rest of the planned ones have an outcome that says they did not get it."""

    not_sent: int
    out: int
    on_the_wire: int


def remainder(notification: Notification, found: Counts) -> Remainder:
    """Phones on the wire count as out: what Google has can't be called back."""
    wire = min(in_doubt(notification), found.waiting)
    left = max(notification.planned or 0, found.targeted) - found.handled
    stopped = found.stopped if notification.status == S.STOPPED else 0
    return Remainder(left - wire + stopped, found.accepted + found.unknown + wire, wire)


def in_doubt(notification: Notification) -> int:
    """Devices on the wire right now: opened, not yet recorded."""
    return Batch.objects.filter(notification=notification).aggregate(n=Sum("in_doubt"))["n"] or 0
