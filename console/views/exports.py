"""Lists as files: the phones behind a bar of the Review, recipients with their outcomes, and the
list of notifications."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import csv_files, recipients
from console.phone_words import name_of
from console.views import notifications, review_phones
from console.views.gate import requires
from devices.models import Device
from notifications import listing, reports
from notifications.models import Notification
from notifications.states import Kind

PART = 1_000
PHONE = ("user_id", "device_id", "phone", "platform", "app_version", "time_zone", "last_seen_at")
RECIPIENT = (
    "user_id", "device_id", "phone", "platform", "outcome", "reason", "why", "tries", "message_id",
    "at", "received_at", "opened_at",
)  # fmt: skip
NOTIFICATION = (
    "id", "title", "kind", "status", "send_to", "author", "created_at", "due_at", "started_at",
    "finished_at", "targeted", "accepted", "rejected", "dead_token", "skipped", "expired",
    "stopped", "unknown", "waiting", "received", "opened",
)  # fmt: skip


@require_GET
@requires("compose")
def phones(request: HttpRequest, uuid: UUID) -> StreamingHttpResponse:
    """What review_phones shows, whole."""
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    asked = review_phones.Asked.of(request)
    rows = (
        phone_row(device)
        for devices in review_phones.lists(notification, asked, timezone.now())
        for device in parts(devices)
    )
    return csv_files.answer(f"phones-{asked.why or 'will-be-sent'}-{uuid}", PHONE, rows)


def parts(devices: Any) -> Iterator[Device]:
    """By keys: no cursor stays open in the database while somebody downloads."""
    after = 0
    rows = devices.select_related("owner").order_by("pk")
    while found := list(rows.filter(pk__gt=after)[:PART]):
        yield from found
        after = found[-1].pk


def phone_row(device: Device) -> tuple[Any, ...]:
    return (
        device.owner.user_id if device.owner else "", device.device_id, name_of(device),
        device.platform, device.app_version, device.timezone, device.last_seen_at,
    )  # fmt: skip


@require_GET
@requires("view")
def outcomes(request: HttpRequest, uuid: UUID) -> StreamingHttpResponse:
    """The Recipients tab with its filters, whole."""
    notification = get_object_or_404(Notification, uuid=uuid)
    filters = recipients.Filters.of(request.GET)
    rows = outcome_rows(notification, filters)
    return csv_files.answer(f"recipients-{uuid}", RECIPIENT, rows)


def outcome_rows(
    notification: Notification, filters: recipients.Filters
) -> Iterator[tuple[Any, ...]]:
    cursor: int | None = 0
    while cursor is not None:
        found, cursor = recipients.page(notification, filters, cursor, PART)
        for row in map(recipients.Row, found):
            one = row.delivery
            yield (
                row.user_id, one.device.device_id, row.phone, one.platform, one.outcome,
                one.reason, row.label, one.attempts, one.message_id, one.at, one.received_at,
                one.opened_at,
            )  # fmt: skip


@require_GET
@requires("view")
def listed(request: HttpRequest) -> StreamingHttpResponse:
    """The list of notifications with its filters, whole."""
    rows = listed_rows(notifications.Filters.of(request), request.user.pk)
    return csv_files.answer("notifications", NOTIFICATION, rows)


def listed_rows(filters: notifications.Filters, me: Any) -> Iterator[tuple[Any, ...]]:
    cursor: int | None = None
    while True:
        found, cursor = listing.page(
            tab=filters.tab,
            kind=filters.kind,
            search=filters.search,
            author=me if filters.mine else None,
            cursor=cursor,
            limit=200,
        )
        counts = reports.counts_of(found)
        for one in found:
            n = counts[one.pk]
            yield (
                str(one.uuid), one.title, one.kind, one.status, one.send_to,
                one.author.get_username() if one.author else "", one.created_at, one.due_at,
                one.started_at, one.finished_at, n.targeted, n.accepted, n.rejected, n.dead_token,
                n.skipped, n.expired, n.stopped, n.unknown, n.waiting, n.received, n.opened,
            )  # fmt: skip
        if cursor is None:
            return
