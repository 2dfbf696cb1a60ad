"""The phones behind one bar of the Review's waterfall, page by page."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from console import phone_words
from console.views.gate import requires
from devices.models import Device
from notifications import reach, reasons
from notifications.models import Notification
from notifications.states import Kind

PAGE = 50


@require_safe
@requires("compose")
def phones(request: HttpRequest, uuid: UUID) -> HttpResponse:
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    why, now = request.GET.get("why", "")[:40].replace("\0", ""), timezone.now()
    after = request.GET.get("after", "")
    found, cursor = page_of(notification, why, after, now)
    rule = reach.policy(now)
    context = {
        "notification": notification,
        "label": reasons.label(why) if why else "Will be sent",
        "sentence": reasons.sentence(why) if why else "The phones that it would be sent to.",
        "phones": [phone_words.phone(device, rule) for device in found],
        "next_url": f"?{urlencode({'why': why, 'after': cursor})}" if cursor else "",
        "first_url": f"?{urlencode({'why': why})}" if after else "",
    }
    return render(request, "console/review_phones.html", context)


def page_of(
    notification: Notification, why: str, after: str, now: datetime
) -> tuple[list[Device], str]:
    """(phones, cursor of the next page or ""). The cursor is slice and pk: people named one by
    one come in slices."""
    first, last_pk = read_cursor(after)
    found: list[Device] = []
    for number, devices in enumerate(reach.phones_because(reach.who(notification), why, now)):
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
    if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in (number, pk)):
        return 0, 0
    return int(number), int(pk)
