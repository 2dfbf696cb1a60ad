"""`GET /notifications…`: the numbers, and the rows behind them."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api import paging
from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from devices.states import Platform
from notifications import access, opens, reports
from notifications.api.serializers import DeliveryPage, NotificationPage
from notifications.models import Delivery, Notification
from notifications.states import Kind, NotificationStatus, Outcome

MayRead = allow(scope="read", staff=lambda person: access.allowed(person, "view"))
CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the page before.")
LIMIT = OpenApiParameter("limit", int, description="1 to 200; 50 unless said.")


class NotificationsDoor(Door):
    permission_classes = (MayRead,)

    @described(
        {200: NotificationPage},
        operation_id="notifications_list",
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter("kind", str, enum=Kind.values),
            OpenApiParameter("status", str, enum=NotificationStatus.values),
        ],
    )
    def get(self, request: Request) -> Response:
        """All notifications with their numbers, newest first."""
        asked = chosen(request, {"kind": Kind.values, "status": NotificationStatus.values})
        page = paging.take(request, Notification.objects.filter(**asked))
        found, dismissed = reports.counts_of(page.rows), opens.dismissed_of(page.rows)
        return Response(
            paging.answer(page, lambda one: reports.as_dict(one, found[one.pk], dismissed[one.pk]))
        )


class DeliveriesDoor(Door):
    permission_classes = (MayRead,)

    @described(
        {200: DeliveryPage},
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter("outcome", str, enum=Outcome.values),
            OpenApiParameter("reason", str),
            OpenApiParameter("platform", str, enum=Platform.values),
            OpenApiParameter("user_id", str),
        ],
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        """The rows behind the numbers: one outcome per device whose turn came."""
        notification = get_object_or_404(Notification, uuid=uuid)
        asked = chosen(request, {"outcome": Outcome.values, "platform": Platform.values})
        for name in ("reason", "user_id"):
            if value := request.query_params.get(name, "").replace("\0", ""):
                asked[name] = value
        cursor = request.query_params.get("cursor")
        rows, following = reports.deliveries(
            notification,
            cursor=paging.decode(cursor) if cursor else 0,
            limit=paging.limit_of(request),
            **asked,
        )
        return Response(
            {
                "data": [written(row) for row in rows],
                "next_cursor": paging.encode(following) if following is not None else None,
            }
        )


def chosen(request: Request, known: dict[str, Any]) -> dict[str, str]:
    """The filters that are named, each one of what it can be. Raises 422."""
    named = {}
    for name, choices in known.items():
        value = request.query_params.get(name)
        if not value:
            continue
        if value not in choices:
            told = f"{value!r:.40} is none of {', '.join(choices)}."
            raise Problem(422, "validation", told, field=name)
        named[name] = value
    return named


def written(row: Delivery) -> dict[str, Any]:
    return {
        "device_id": row.device.device_id,
        "user_id": row.user.user_id if row.user else None,
        "platform": row.platform,
        "outcome": row.outcome,
        "reason": row.reason,
        "message_id": row.message_id,
        "attempts": row.attempts,
        "at": row.at,
        "received_at": row.received_at,
        "opened_at": row.opened_at,
    }
