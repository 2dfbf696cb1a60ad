"""New text for those who got the old one; and again, for those who did not open it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from console.forms.correct import CorrectForm
from console.templatetags.beckon import plural
from console.views.gate import address, requires
from console.views.notification import found, preview
from notifications import (
    access,
    content,
    correcting,
    lifecycle,
    reached,
    reports,
    role_limits,
    tasks,
)
from notifications.models import Notification
from notifications.states import LIVE


@require_http_methods(["GET", "HEAD", "POST"])
@requires("correct")
def correct(request: HttpRequest, uuid: UUID) -> HttpResponse:
    one = found(uuid)
    access.check(request.user, "correct", one)
    if not correcting.can_correct(one):
        messages.warning(request, f"Can’t correct this notification: it is {one.status}.")
        return redirect(one)
    form = CorrectForm(request.POST if request.method == "POST" else None, notification=one)
    if not form.is_bound:
        return draw(request, one, form)
    return corrected(request, one, form)


def corrected(request: HttpRequest, one: Notification, form: CorrectForm) -> HttpResponse:
    if not form.is_valid() and form.errors.keys() & {"title", "body", "ticket"}:
        return draw(request, one, form, status=422)  # the domain says the rest
    try:
        new = correcting.correct(
            one,
            form.changes(),
            by=request.user,
            phrase=str(form.data.get("phrase", "")),
            now=timezone.now(),
            stop="stop" in form.data,
            ip=address(request),
            ticket=str(form.data.get("ticket", "")),
        )
    except ValidationError as error:
        for name, reasons in error.message_dict.items():
            form.add_error(name if name in form.fields else None, reasons)
        return draw(request, one, form, status=422)
    except lifecycle.WrongState as late:
        messages.warning(request, str(late))
        one.refresh_from_db()
        return redirect(one) if not correcting.can_correct(one) else draw(
            request, one, form, status=409
        )  # fmt: skip
    tasks.ring(tasks.tick)
    return redirect(new)


def draw(
    request: HttpRequest, one: Notification, form: CorrectForm, *, status: int = 200
) -> HttpResponse:
    counts = reports.counts(one)
    context: dict[str, Any] = {
        "notification": one,
        "form": form,
        "counts": counts,
        "left": reports.remainder(one, counts),
        "is_live": one.status in LIVE,
        "phrase": content.PHRASE,
        "must_say_why": role_limits.needs_ticket(request.user),
        "undo_s": lifecycle.undo_window(counts.accepted).total_seconds(),
        **preview(one),
    }
    return render(request, "console/notification/correct.html", context, status=status)


@require_POST
@requires("resend_unopened")
def resend_unopened(request: HttpRequest, uuid: UUID) -> HttpResponse:
    one = found(uuid)
    try:
        draft = correcting.resend_unopened(
            one, by=request.user, now=timezone.now(), ip=address(request)
        )
    except lifecycle.WrongState as why:
        messages.warning(request, str(why))
        return redirect(one)
    count = reached.unopened(one).count()
    messages.success(
        request,
        f"A draft for {plural(count, 'phone,phones')} that accepted it and told of no opening. "
        "Nothing goes out before you review and confirm it.",
    )
    return redirect("compose_edit", draft.uuid)
