"""The phones behind one bar of the Review's waterfall, page by page, or those of one person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from console import numbers, phone_words
from console.typed import whole
from console.views.gate import requires
from devices.models import ID_MAX, Device
from devices.querysets import DeviceQuerySet
from notifications import content, reach, reasons
from notifications.models import Notification
from notifications.states import Kind

PAGE = 50
WORDS = {  # what is no reason: (label, sentence)
    "": ("Will be sent", "The phones that it would be sent to."),
    "deferred": ("Waits for quiet hours to end", "As things are now it would go to them later."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which bar, and whether only one person's phones of it."""

    why: str = ""
    user: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        asked = {name: str(text).replace("\0", "") for name, text in request.GET.items()}
        named = content.parse_references(asked.get("user", "")[: 2 * ID_MAX])[:1]
        return cls(asked.get("why", "")[:40], named[0] if named else "")

    def query(self, **more: str) -> str:
        asked = {"why": self.why, "user": self.user} | more
        return f"?{urlencode({name: text for name, text in asked.items() if text})}"


@require_safe
@requires("compose")
def phones(request: HttpRequest, uuid: UUID) -> HttpResponse:
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    asked, now = Asked.of(request), timezone.now()
    after = request.GET.get("after", "")
    found, cursor = page_of(notification, asked, after, now)
    rule = reach.policy(now)
    label, sentence = WORDS.get(asked.why) or (
        reasons.label(asked.why),
        reasons.sentence(asked.why),
    )
    context = {
        "notification": notification,
        "asked": asked,
        "label": label,
        "sentence": sentence,
        "count": count_of(notification, asked, now),
        "phones": [phone_words.phone(device, rule) for device in found],
        "next_url": asked.query(after=cursor) if cursor else "",
        "first_url": asked.query() if after else "",
        "export_url": reverse("review_phones_export", args=[uuid]) + asked.query(),
        "clear_url": Asked(asked.why).query(),
    }
    return render(request, "console/review_phones.html", context)


def count_of(notification: Notification, asked: Asked, now: datetime) -> int | None:
    """As the bar says it; None where that takes long to count, or one person is asked about."""
    if asked.user or not numbers.has_few_phones():
        return None
    falls = reach.waterfall(notification, now)
    counts = {step.reason: step.count for step in falls.steps}
    return ({"": falls.will_send, "deferred": falls.deferred} | counts).get(asked.why)


def lists(notification: Notification, asked: Asked, now: datetime) -> Iterator[DeviceQuerySet]:
    """Slice by slice: people named one by one come in slices."""
    for devices in reach.phones_because(reach.who(notification), asked.why, now):
        yield devices.filter(owner__user_id=asked.user) if asked.user else devices


def page_of(
    notification: Notification, asked: Asked, after: str, now: datetime
) -> tuple[list[Device], str]:
    """(phones, cursor of the next page or ""). The cursor is slice and pk."""
    first, last_pk = read_cursor(after)
    found: list[Device] = []
    for number, devices in enumerate(lists(notification, asked, now)):
        if number < first:
            continue
        rows = devices.select_related("owner").order_by("pk")
        rows = rows.filter(pk__gt=last_pk) if number == first else rows
        part = list(rows[: PAGE + 1 - len(found)])
        room = PAGE - len(found)
        found += part[:room]
        if len(part) > room:
            return found, f"{number}-{found[-1].pk}" if room else f"{number}-0"
    return found, ""


def read_cursor(after: str) -> tuple[int, int]:
    number, _, pk = after.partition("-")
    place, key = whole(number), whole(pk)
    return (0, 0) if place is None or key is None else (place, key)
