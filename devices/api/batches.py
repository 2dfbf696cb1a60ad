"""Events that come many at once: an app tells them when it is online again."""

from typing import Any

from devices.api.problems import Problem

EVENTS_MAX = 100
EVENT_ID_MAX = 64


def events_in(body: Any) -> list[dict[str, Any]]:
    """Of {"events": […]} or a bare list. What can't be named by its event_id can't be rejected by
    it either: 422."""
    if isinstance(body, dict):
        if unknown := set(body) - {"events"}:
            raise Problem(422, "unknown_field", "There is only: events.", field=min(unknown))
        body = body.get("events")
    if not isinstance(body, list) or not body:
        raise Problem(422, "validation", "Send at least one event.", field="events")
    if len(body) > EVENTS_MAX:
        raise Problem(413, "too_large", f"{len(body)} events; {EVENTS_MAX} go into one call.")
    for place, event in enumerate(body):
        event_id = event.get("event_id") if isinstance(event, dict) else None
        if not isinstance(event_id, str) or not 0 < len(event_id.strip()) <= EVENT_ID_MAX:
            said = f"Every event needs an event_id of its own, up to {EVENT_ID_MAX} characters."
            raise Problem(422, "event_id", said, field=f"events.{place}.event_id")
    return body
