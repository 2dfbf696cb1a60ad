"""`POST /events`: what phones tell of what they received and opened."""

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import ClientOnly
from devices.api.batches import events_in
from devices.api.door import Door
from devices.api.schema import described
from notifications import receipts
from notifications.api.examples import EVENTS
from notifications.api.serializers import EventFacts, EventsAnswer, EventsBody


class EventsDoor(Door):
    permission_classes = (ClientOnly,)

    @described({202: EventsAnswer}, request=EventsBody, examples=EVENTS)
    def post(self, request: Request) -> Response:
        """Tell what was received and opened, up to 100 at a time. Each event counts once,
        however often it is sent; each delivery is opened once, however many events say so.

        One bad event never holds up the others: it is named in `rejected`."""
        events, rejected = [], []
        for told in events_in(alone_or_many(request.data)):
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


def alone_or_many(body: Any) -> Any:
    """This door takes one event without a list around it, too."""
    return [body] if isinstance(body, dict) and "events" not in body else body


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
