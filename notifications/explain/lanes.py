"""A notification and a person, phone by phone: what became of each, or why nothing did."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from devices import audiences
from devices.models import AppUser, Device, RegistrationEvent
from devices.states import DeviceState, RegistrationKind
from notifications import histories, reach, reached
from notifications.explain import lately
from notifications.explain.facts import NOT_SENT, NOT_YET, WOULD, WOULD_NOT, Lane
from notifications.models import Batch, Delivery, Notification
from notifications.sending import pairs, pause
from notifications.states import ENDED, BatchKind, Outcome, SendTo
from notifications.states import NotificationStatus as S

WAY = (
    NOT_SENT, WOULD_NOT, *(one for one in histories.WAY if one not in histories.REACHED),
    NOT_YET, WOULD, *histories.REACHED,
)  # fmt: skip
FORMER_PHONES, LEFT_WITHIN = 5, timedelta(days=30)  # phones they signed out of, the newest few


@dataclass(slots=True)
class Case:
    """One notification and one person, phone by phone."""

    notification: Notification
    person: AppUser
    now: datetime
    policy: reach.Policy = field(init=False)
    member: bool = field(init=False)
    batches: list[dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        self.policy = reach.policy(self.now)
        self.member = self._is_member()

    def _is_member(self) -> bool:
        one = self.notification
        if one.send_to == SendTo.USERS:
            return self.person.user_id in one.recipients
        if one.send_to == SendTo.AUDIENCE and one.audience is not None:
            return audiences.people(one.audience).filter(pk=self.person.pk).exists()
        if one.send_to == SendTo.REACHED:
            return reached.people(one).filter(pk=self.person.pk).exists()
        return one.send_to == SendTo.EVERYONE

    def verdict(self, lanes: list[Lane]) -> str:
        if lanes and any(lane.reason != "not_in_audience" for lane in lanes):
            best = max(lanes, key=lambda lane: WAY.index(lane.shown))
            return "cancelled" if best.reason == "cancelled" else best.shown
        if not self.member:
            return "not_in_audience"
        return "no_phone"

    def lanes(self) -> list[Lane]:
        if self.notification.started_at is None:
            return self._before()
        rows = Delivery.objects.filter(notification=self.notification.pk, user=self.person.pk)
        told = [self._told(row) for row in rows.select_related("device", "batch")]
        with_row = {lane.device.pk for lane in told}
        owned = Device.objects.filter(owner=self.person.pk).exclude(pk__in=with_row)
        silent = [self._silent(device) for device in owned.order_by("pk")]
        seen = with_row | {lane.device.pk for lane in silent}
        lanes = sorted(told + silent, key=lambda lane: lane.device.pk)
        return lanes + self._former(seen)

    # ------------------------------------------------------------ before it started

    def _before(self) -> list[Lane]:
        cancelled = self.notification.status == S.CANCELLED
        found = []
        for one in reach.lanes(self.notification, self.person.user_id, self.now):
            outcome = WOULD_NOT if one.reason else WOULD
            lane = Lane(one.device, outcome, one.reason, again_at=one.until)
            if cancelled:
                lane = Lane(one.device, NOT_SENT, "cancelled", at=self.notification.finished_at)
            found.append(self._dated(lane))
        return found

    # ------------------------------------------------------------ after its turn

    def _told(self, row: Delivery) -> Lane:
        waits = row.outcome == Outcome.WAITING
        lane = Lane(
            row.device, row.outcome, row.reason, row.at, row.message_id, row.attempts,
            row.started_at, row.received_at, row.opened_at,
            again_at=row.batch.due_at if waits and not row.batch.blocked_by else None,
        )  # fmt: skip
        return self._dated(lane)

    def _dated(self, lane: Lane) -> Lane:
        """Since when its reason holds, and whether the phone could be reached now."""
        device, at = lane.device, lane.at or self.now
        since = {
            "no_permission_denied": device.perm_changed_at,
            "opted_out": device.opted_out_at,
            "unregistered": device.invalid_at,
            "stale": device.last_seen_at,
        }.get(lane.reason)
        if since is not None and since <= at:
            lane.since = since
        if lane.reason == "frequency_cap":
            lane.lately = lately.before(self.notification, self.person, at, self.now)
        hers = device.owner_id == self.person.pk
        lane.reachable_now = hers and not reach.evaluate(reach.facts_of(device), self.policy)
        return lane

    # ------------------------------------------------------------ no row

    def _silent(self, device: Device) -> Lane:
        one = self.notification
        reason, since = self._why_never(device)
        if reason:
            return self._dated(Lane(device, NOT_SENT, reason, since=since))
        if self._is_forgotten():
            return Lane(device, NOT_SENT, "forgotten")
        if self._on_the_wire(device):
            return Lane(device, NOT_YET, "on_the_wire")
        if self._passed(device):
            return self._dated(Lane(device, NOT_SENT, "joined_later"))
        if one.status == S.STOPPED:
            return self._dated(Lane(device, NOT_SENT, "stopped", at=one.finished_at))
        return self._dated(Lane(device, NOT_YET, self._what_holds(), again_at=self._until()))

    def _why_never(self, device: Device) -> tuple[str, datetime | None]:
        """Why its turn was never to come; the first that holds."""
        one = self.notification
        started = one.started_at or self.now
        if Delivery.objects.filter(notification=one.pk, device_id=device.pk).exists():
            return "other_person", self._theirs_since(device)
        if not self.member:
            return "not_in_audience", None
        if one.target_os not in ("all", device.platform):
            return "other_os", None
        since = self._theirs_since(device)
        if one.audience_edge is not None and device.pk > one.audience_edge:
            return "registered_later", max(since, device.registered_at)
        if device.state != DeviceState.ACTIVE:
            return "unregistered", device.invalid_at
        if since > started and self._passed(device):
            late = device.registered_at > started
            return "registered_later" if late else "signed_in_later", since
        return "", None

    def _theirs_since(self, device: Device) -> datetime:
        came = (
            RegistrationEvent.objects.filter(device=device.pk, user_after=self.person.pk)
            .filter(Q(user_before=None) | ~Q(user_before=F("user_after")))
            .order_by("-pk")
            .values_list("at", flat=True)
            .first()
        )
        return came or device.registered_at

    def _is_forgotten(self) -> bool:
        one = self.notification
        if one.status not in ENDED or one.finished_at is None:
            return False
        return one.finished_at < self.now - timedelta(days=settings.KEEP_DAYS)

    def _batches(self) -> list[dict[str, Any]]:
        if self.batches is None:
            rows = (
                Batch.objects.filter(notification=self.notification.pk)
                .exclude(kind=BatchKind.PLAN)
                .values("kind", "first_pk", "last_pk", "cursor", "members", "manifest",
                        "finished_at", "primary", "blocked_by")
            )  # fmt: skip
            self.batches = [dict(row) for row in rows]
        return self.batches

    def _on_the_wire(self, device: Device) -> bool:
        """Opened, and Google's answer not written down yet."""
        pair = (device.pk, self.person.pk)
        return any(pair in pairs.unpack(batch["manifest"]) for batch in self._batches())

    def _passed(self, device: Device) -> bool:
        """Whether every window it could have been in is over."""
        mine = [batch for batch in self._batches() if self._holds(batch, device)]
        if not mine:
            return self._is_planned()
        return all(batch["finished_at"] or self._is_behind(batch, device) for batch in mine) and (
            self.notification.status != S.STOPPED
            or any(self._is_behind(batch, device) for batch in mine)
        )

    def _is_planned(self) -> bool:
        return self.notification.planned is not None

    def _holds(self, batch: dict[str, Any], device: Device) -> bool:
        if batch["kind"] == BatchKind.RANGE:
            return bool(batch["first_pk"] <= device.pk <= batch["last_pk"])
        return (device.pk, self.person.pk) in pairs.unpack(batch["members"])

    def _is_behind(self, batch: dict[str, Any], device: Device) -> bool:
        if batch["kind"] == BatchKind.RANGE:
            return bool(batch["cursor"] >= device.pk)
        place = pairs.unpack(batch["members"]).index((device.pk, self.person.pk))
        return bool(batch["cursor"] > place)

    def _what_holds(self) -> str:
        if self.notification.status == S.PAUSED:
            return self.notification.paused_reason or "by_person"
        if pause.all_holds(self.notification.kind):
            return "all_paused"
        return "project" if pause.until(self.now) else "turn"

    def _until(self) -> datetime | None:
        if self.notification.status == S.PAUSED or pause.all_holds(self.notification.kind):
            return None
        return pause.until(self.now)

    # ------------------------------------------------------------ phones they left

    def _former(self, seen: set[int]) -> list[Lane]:
        """Phones that were theirs and are not now; one left before its turn came has no row."""
        if not self.member:
            return []
        hers = RegistrationEvent.objects.filter(user_after=self.person.pk).values("device_id")
        left = (
            RegistrationEvent.objects.filter(device__in=hers, user_before=self.person.pk)
            .filter(kind__in=(RegistrationKind.UNREGISTER, RegistrationKind.TAKEOVER))
            .filter(at__gte=(self.notification.started_at or self.now) - LEFT_WITHIN)
            .exclude(device__in=seen)
            .exclude(device__owner=self.person.pk)
            .select_related("device")
            .order_by("-pk")
        )
        last: dict[int, RegistrationEvent] = {}
        for event in left[: 4 * FORMER_PHONES]:
            last.setdefault(event.device_id, event)
        return [
            Lane(event.device, NOT_SENT, "signed_out", since=event.at)
            for event in list(last.values())[:FORMER_PHONES]
        ]
