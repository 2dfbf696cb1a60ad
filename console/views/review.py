"""Review: what would go to whom, and the typed phrase that sends it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console import drafts, numbers, reviewing, to_one
from console.clock import full_time
from console.forms.review import ConfirmForm
from console.read_as import reading
from console.views.gate import address, requires
from devices.models import AppUser
from notifications import access, content, lifecycle, reach, role_limits, tasks
from notifications.explain.outside import outside
from notifications.models import Notification
from notifications.revision import texts_of
from notifications.states import Kind, NotificationStatus, SendTo

OURS = {
    "phrase",
    "ticked",
    "ticket",
}  # errors that stand on this page; all others stand on Compose's


FREQUENT = 2  # so many in a day is worth a word


@require_http_methods(["GET", "POST"])
@requires("compose")
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    if notification.status != NotificationStatus.DRAFT:
        return already(request, notification)
    if request.method == "POST":
        return confirmed(request, notification)
    if "count" not in request.GET and counts_long(notification):
        return counting(request, notification)
    return draw(request, notification, ConfirmForm())


def counts_long(notification: Notification) -> bool:
    return notification.send_to != SendTo.USERS and not numbers.has_few_phones()


def counting(request: HttpRequest, notification: Notification) -> HttpResponse:
    """At once, while the browser asks for the same page with its counts; it can be left."""
    asked = request.GET.copy()
    asked["count"] = "now"
    context = {"notification": notification, "counted_url": f"?{asked.urlencode()}"}
    return render(request, "console/review_counting.html", context)


def confirmed(request: HttpRequest, notification: Notification) -> HttpResponse:
    form = ConfirmForm(request.POST)
    try:
        lifecycle.confirm(
            notification, by=request.user, now=timezone.now(), ip=address(request), **form.read()
        )
    except lifecycle.StaleReview as stale:
        return draw(request, notification, ConfirmForm(), changes=stale.changes, status=409)
    except lifecycle.WrongState as gone:
        notification.refresh_from_db()
        if notification.status != NotificationStatus.DRAFT:
            return already(request, notification)
        return draw(request, notification, ConfirmForm(), changes=[str(gone)], status=409)
    except ValidationError as error:
        if not hasattr(error, "error_dict") or set(error.error_dict) - OURS:
            return redirect(f"{drafts.edit_url(notification)}?check=1")
        form.is_valid()
        for name, reasons in error.message_dict.items():
            form.add_error(name, reasons)
        return draw(request, notification, form, status=422)
    tasks.ring(tasks.tick)
    return redirect(notification)


def already(request: HttpRequest, notification: Notification) -> HttpResponse:
    """A replayed or second confirm changes nothing and says who was first."""
    if notification.confirmed_by and notification.confirmed_at:
        who = notification.confirmed_by.get_username()
        messages.info(
            request, f"Already confirmed by {who} at {full_time(notification.confirmed_at)}."
        )
    else:
        messages.info(request, f"This is no draft any more: it is {notification.status}.")
    return redirect(notification)


def draw(
    request: HttpRequest,
    notification: Notification,
    form: ConfirmForm,
    *,
    changes: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {
        "notification": notification,
        "form": form,
        "changes": changes,
        "refusal": access.refusal(request.user, "confirm", notification),
        "ticked": form.ticks,
        "phrase": content.PHRASE,
        **one_person(request, notification, now),
    }
    try:
        found = lifecycle.review(notification, by=request.user, now=now)
    except lifecycle.WrongState:
        return already(request, notification)
    except ValidationError as error:
        if set(error.message_dict) != {"send_to"}:
            return redirect(f"{drafts.edit_url(notification)}?check=1")
        context |= reviewing.nobody(notification, now)
        return render(request, "console/review_nobody.html", context, status=status)
    context |= reviewing.context(notification, found, now)
    context["refusal"] = context["refusal"] or role_limits.over(request.user, found.people)
    context["must_say_why"] = role_limits.needs_ticket(request.user)
    context |= often_told(notification, now) if "often" in request.GET else {}
    return render(request, "console/review.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires("compose")
def often(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How many of them got much lately: a fragment, since the count takes its time. POST leaves
    them out, or takes that back."""
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    if request.method == "GET":
        context = often_told(notification, timezone.now()) | {"notification": notification}
        return render(request, "console/review/_often.html", context)
    spare = FREQUENT if request.POST.get("spare") == "on" else None
    try:
        lifecycle.revise(
            notification,
            {"spare_after": spare},
            by=request.user,
            version=notification.version,
        )
    except (lifecycle.WrongState, lifecycle.Conflict) as gone:
        messages.warning(request, str(gone))
    return redirect("review", uuid)


def often_told(notification: Notification, now: datetime) -> dict[str, Any]:
    most = notification.spare_after or FREQUENT
    return {"frequent": reach.frequent(reach.who(notification), most, now), "frequent_most": most}


@require_GET
@requires("compose")
def person(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Will this person get it? The fragment of the review's box."""
    notification = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    context = one_person(request, notification, timezone.now())
    return render(request, "console/review/_person.html", context)


def one_person(request: HttpRequest, notification: Notification, now: datetime) -> dict[str, Any]:
    """Who was asked about with `?user_id=`, and each of their phones."""
    asked = content.parse_references(request.GET.get("user_id", ""))[:1]
    addressee = to_one.only(notification)
    if not asked and addressee:
        asked = [addressee.user_id]
    if not asked:
        return {"asked": ""}
    known, unknown = content.find_users(asked)
    lanes = reach.lanes(notification, asked[0], now) if known else []
    texts = texts_of(notification)
    return {
        "reads": None if addressee or not known or texts.is_plain else reading(texts, asked[0]),
        "asked": asked[0],
        "known": bool(known),
        "near": unknown.get(asked[0], ""),
        "lanes": lanes,
        "outside": outside_words(notification, asked[0], lanes),
        "lanes_yes": sum(not lane.reason for lane in lanes),
    }


def outside_words(notification: Notification, user_id: str, lanes: list[reach.Lane]) -> str:
    """Why it is not for this person at all, whatever their phones; "" where it is."""
    if not lanes or any(lane.reason != "not_in_audience" for lane in lanes):
        return ""
    return outside(notification, AppUser.objects.get(user_id=user_id))
