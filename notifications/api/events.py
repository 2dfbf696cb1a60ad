"""`POST /events`: what phones tell of what they received and opened."""

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import ClientOnly
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from notifications import receipts
from notifications.api.examples import EVENTS
from notifications.api.serializers import EVENTS_MAX, EventFacts, EventsAnswer, EventsBody

EVENT_ID_MAX = 64


class EventsDoor(Door):
    permission_classes = (ClientOnly,)

    @described({202: EventsAnswer}, request=EventsBody, examples=EVENTS)
    def post(self, request: Request) -> Response:
        """Tell what was received and opened, up to 100 at a time. Each event counts once,
        however often it is sent; each delivery is opened once, however many events say so.

        One bad event never holds up the others: it is named in `rejected`."""
        events, rejected = [], []
        for told in told_in(request.data):
            checked = EventFacts(data=told)
            if checked.is_valid():
                events.append(read(checked.validated_data))
            else:
                rejected.append((told["event_id"], first_code(checked.errors)))
        taken = receipts.take(events, timezone.now())
        return Response(
            {
                "accepted": taken.accepted,
                "duplicates": taken.duplicates,
                "rejected": [
                    {"event_id": event_id, "code": code}
                    for event_id, code in [*rejected, *taken.rejected]
                ],
            },
            status=202,
        )


def told_in(body: Any) -> list[dict[str, Any]]:
    """{"events": […]}, a bare list, or one event alone. What can't be named by its event_id can't
    be rejected by it either: 422."""
    if isinstance(body, dict) and "events" in body:
        if unknown := set(body) - {"events"}:
            raise Problem(422, "unknown_field", "There is only: events.", field=min(unknown))
        body = body["events"]
    told = [body] if isinstance(body, dict) else body
    if not isinstance(told, list) or not told:
        raise Problem(422, "validation", "Send at least one event.", field="events")
    if len(told) > EVENTS_MAX:
        raise Problem(413, "too_large", f"{len(told)} events; {EVENTS_MAX} go into one call.")
    for place, event in enumerate(told):
        event_id = event.get("event_id") if isinstance(event, dict) else None
        if not isinstance(event_id, str) or not 0 < len(event_id.strip()) <= EVENT_ID_MAX:
            said = f"Every event needs an event_id of its own, up to {EVENT_ID_MAX} characters."
            raise Problem(422, "event_id", said, field=f"events.{place}.event_id")
    return told


def read(facts: dict[str, Any]) -> receipts.Event:
    return receipts.Event(
        event_id=facts["event_id"],
        type=facts["type"],
        device_id=facts["device_id"],
        notification_id=facts.get("notification_id"),
        name=facts.get("name", ""),
        props=facts.get("props", {}),
        at=facts.get("at"),
    )


def first_code(errors: Any) -> str:
    """The code of the first error; a framework's own becomes the name of its field."""
    field, found = next(iter(errors.items()))
    while isinstance(found, list | dict):
        found = found[0] if isinstance(found, list) else next(iter(found.values()))
    code = found.code if isinstance(found, ErrorDetail) else "invalid"
    return str(code) if code in ("type", "unknown_field") else str(field)
