"""Schedule: the week, what comes next, and what repeats."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console import schedule as pages
from console import when_words
from console.forms.reschedule import RescheduleForm
from console.views.gate import address, requires
from console.views.notification import found
from notifications import access, lifecycle, occurrences, series, tasks
from notifications.models import Notification, Series
from notifications.states import NotificationStatus as S

TOLD = {
    "pause": (series.pause, "Paused. No more are made until it is resumed."),
    "resume": (series.resume, "Going on."),
    "end": (series.end, "Ended. Nothing more comes of it."),
}
LISTED, AHEAD = 60, 5


@require_GET
@requires("view")
def schedule(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = pages.context(request.GET.get("week", ""), now)
    context["sends"] = [
        {
            "one": one,
            "both": both,
            "most": max((phones for _, phones in both), default=0),
            "may_edit": lifecycle.can(one, "edit") and access.allowed(request.user, "edit", one),
            "may_cancel": access.allowed(request.user, "cancel", one),
            "may_release": one.status == S.HELD and access.allowed(request.user, "release", one),
            "at_once": one.send_at is None and one.status == S.SCHEDULED,
        }
        for one, both in context["sends"]
    ]
    context["may_pause"] = access.allowed(request.user, "settings")
    return render(request, "console/schedule.html", context)


# ---------------------------------------------------------------- a series


@require_http_methods(["GET", "POST"])
@requires("view")
def one_series(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What repeats: its times so far and to come. POST pauses or resumes; ending asks first."""
    one = get_object_or_404(Series.objects.select_related("author", "confirmed_by"), uuid=uuid)
    if request.method == "POST":
        return act(request, one, request.POST.get("do", ""))
    rows = one.occurrences.select_related("notification").order_by("-at")
    context: dict[str, Any] = {
        "series": one,
        "rule": when_words.rule_words(one.rule),
        "zone": one.rule["zone"],
        "rows": rows[:LISTED],
        "total": one.occurrences.count(),
        "ahead": [each.at for each in occurrences.to_come(one, AHEAD)],
        "may": access.allowed(request.user, "series"),
        "can": {verb: series.can(one, verb) for verb in TOLD},
    }
    return render(request, "console/series.html", context)


def act(request: HttpRequest, one: Series, verb: str) -> HttpResponse:
    access.check(request.user, "series")
    if verb not in TOLD:
        return redirect(one)
    move, said = TOLD[verb]
    try:
        move(one, by=request.user, now=timezone.now(), ip=address(request))
    except lifecycle.WrongState as late:
        messages.warning(request, str(late))
    else:
        messages.success(request, said)
        tasks.ring(tasks.tick)
    return redirect(one)


@require_http_methods(["GET", "POST"])
@requires("series")
def end_series(request: HttpRequest, uuid: UUID) -> HttpResponse:
    one = get_object_or_404(Series, uuid=uuid)
    if request.method == "POST":
        return act(request, one, "end")
    if not series.can(one, "end"):
        return redirect(one)
    return render(request, "console/series_end.html", {"series": one})


@require_http_methods(["POST"])
@requires("series")
def take_back(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The whole series back into one draft."""
    one = get_object_or_404(Notification, uuid=uuid)
    try:
        series.take_back(one, by=request.user, now=timezone.now(), ip=address(request))
    except lifecycle.WrongState as gone:
        messages.warning(request, str(gone))
        return redirect(one)
    messages.info(request, "The series ended and is one draft. It repeats only after a new review.")
    return redirect("compose_edit", one.uuid)


# ---------------------------------------------------------------- held: another time


@require_http_methods(["GET", "POST"])
@requires("release")
def reschedule(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Held → scheduled at a new time. Only the time changes, so it needs no new review."""
    one, now = found(uuid), timezone.now()
    access.check(request.user, "release", one)
    if not lifecycle.can(one, "release"):
        messages.warning(request, f"Can’t reschedule this notification: it is {one.status}.")
        return redirect(one)
    form = RescheduleForm(request.POST or None, now=now, zone=one.timezone)
    if request.method == "POST" and form.is_valid() and form.moment:
        return rescheduled(request, one, form)
    status = 422 if request.method == "POST" else 200
    context = {"notification": one, "form": form, "schedule_url": reverse("schedule")}
    return render(request, "console/notification/reschedule.html", context, status=status)


def rescheduled(request: HttpRequest, one: Notification, form: RescheduleForm) -> HttpResponse:
    assert form.moment is not None  # noqa: S101  the form is valid
    now = timezone.now()
    try:
        lifecycle.release(
            one,
            by=request.user,
            now=now,
            due_at=form.moment.at,
            zone=form.moment.zone,
            ip=address(request),
        )
    except (lifecycle.WrongState, ValidationError) as late:
        messages.warning(request, str(late))
    else:
        messages.success(request, f"Scheduled for {form.moment.text}. {form.moment.note}".strip())
    return redirect(one)
