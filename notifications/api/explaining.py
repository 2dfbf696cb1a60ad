"""`GET /users/{user_id}/notifications/{id}/explain`: why did, or didn't, they get it?"""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from notifications import access
from notifications.api.serializers import ExplanationAnswer
from notifications.explain import Explanation, Lane, Moment, explain
from notifications.models import Notification

MayRead = allow(scope="read", staff=lambda person: access.allowed(person, "view"))


class ExplainDoor(Door):
    permission_classes = (MayRead,)

    @described({200: ExplanationAnswer})
    def get(self, request: Request, user_id: str, uuid: UUID) -> Response:
        """Tell why one person got it, or why not: one sentence and the next step. With the words
        they read, the timeline, and each of their phones. Before the sending began it answers for
        now. 404 for a person who is unknown here, named or not."""
        notification = get_object_or_404(Notification, uuid=uuid)
        found = explain(notification, user_id, timezone.now())
        if found.person is None:
            raise Problem(404, "not_found", f"{found.sentence} {found.next_step}")
        return Response(written(found))


def written(found: Explanation) -> dict[str, Any]:
    return {
        "user_id": found.user_id,
        "notification_id": str(found.notification.uuid),
        "verdict": found.verdict,
        "sentence": found.sentence,
        "next_step": found.next_step,
        "message": {
            "title": found.words.title,
            "body": found.words.body,
            "language": found.words.language,
        },
        "timeline": [moment(each) for each in found.timeline],
        "devices": [device(lane) for lane in found.lanes],
    }


def moment(one: Moment) -> dict[str, Any]:
    return {
        "at": one.at,
        "kind": one.kind,
        "text": one.text,
        "hint": one.hint,
        "device_id": one.device.device_id if one.device else None,
    }


def device(lane: Lane) -> dict[str, Any]:
    return {
        "device_id": lane.device.device_id,
        "platform": lane.device.platform,
        "outcome": lane.outcome,
        "reason": lane.reason,
        "sentence": lane.sentence,
        "next_step": lane.next_step,
        "message_id": lane.message_id,
        "attempts": lane.attempts,
        "at": lane.at,
        "received_at": lane.received_at,
        "opened_at": lane.opened_at,
    }
