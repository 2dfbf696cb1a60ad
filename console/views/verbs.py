"""What people do to a notification: one POST each. What can't be taken back asks on a page first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from console.templatetags.beckon import n, plural
from console.views.gate import address, requires
from console.views.notification import found
from notifications import access, copying, lifecycle, reports, tasks
from notifications.models import Notification

Move = Callable[..., Notification]


@dataclass(frozen=True, slots=True)
class Question:
    """A page that asks before it happens. `says` gets the notification's counts."""

    title: str
    says: Callable[[Notification, reports.Counts], str]
    button: str
    icon: str
    tone: str = "stop"


def doing(
    verb: str,
    move: Move,
    said: str | Callable[[Notification], str],
    question: Question | None = None,
) -> Any:
    """The view of one verb: GET asks (where there is a question), POST does it once; whoever comes
    too late reads why."""

    @requires(verb)
    def view(request: HttpRequest, uuid: UUID) -> HttpResponse:
        one = found(uuid)
        access.check(request.user, verb, one)
        if request.method != "POST" and question is not None:
            return ask(request, one, verb, question)
        try:
            move(one, by=request.user, now=timezone.now(), ip=address(request))
        except lifecycle.WrongState as late:
            messages.warning(request, str(late))
        else:
            messages.success(request, said if isinstance(said, str) else said(one))
            tasks.ring(tasks.tick)
        return redirect(one)

    methods = ["GET", "HEAD", "POST"] if question else ["POST"]
    return require_http_methods(methods)(view)


def ask(request: HttpRequest, one: Notification, verb: str, question: Question) -> HttpResponse:
    if not lifecycle.can(one, verb):
        late = f"Can’t {verb.replace('_', ' ')} this notification: it is {one.status}."
        messages.warning(request, late)
        return redirect(one)
    context = {
        "notification": one,
        "question": question,
        "says": question.says(one, reports.counts(one)),
    }
    return render(request, "console/notification/ask.html", context)


def left_words(one: Notification, counts: reports.Counts) -> str:
    """31 400 not sent, 14 622 already out."""
    left = reports.remainder(one, counts)
    wire = f", {n(left.on_the_wire)} of them on the wire" if left.on_the_wire else ""
    return f"{n(left.not_sent)} not sent, {n(left.out)} already out{wire}."


def stop_says(one: Notification, counts: reports.Counts) -> str:
    return (
        f"{left_words(one, counts)} What is out can’t be called back, and a stopped send can’t "
        "go on."
    )


def paused(one: Notification) -> str:
    return f"Paused: {left_words(one, reports.counts(one))}"


def stopped(one: Notification) -> str:
    return f"Stopped: {left_words(one, reports.counts(one))}"


def cancel_says(one: Notification, counts: reports.Counts) -> str:
    return "Nothing went out. It stays here as cancelled; duplicate it to use it again."


def release_says(one: Notification, counts: reports.Counts) -> str:
    return "It starts at once, with the phones as they are now, and is not held for this again."


def resend_says(one: Notification, counts: reports.Counts) -> str:
    return (
        f"Google’s answer about {plural(counts.unknown, 'phone,phones')} never reached us. Some may have the "
        "message already; there it replaces the banner instead of adding one."
    )


undo = doing("undo", lifecycle.undo, "Undone. It is a draft again, exactly as you left it.")
pause = doing("pause", lifecycle.pause, paused)
resume = doing("resume", lifecycle.resume, "Going on.")
stop = doing(
    "stop", lifecycle.stop, stopped,
    Question("Stop this send?", stop_says, "Stop", "player-stop"),
)  # fmt: skip
cancel = doing(
    "cancel", lifecycle.cancel, "Cancelled.",
    Question("Cancel this notification?", cancel_says, "Cancel it", "ban"),
)  # fmt: skip
release = doing(
    "release", lifecycle.release, "Released. It starts now.",
    Question("Send it now?", release_says, "Send now", "send", "signal"),
)  # fmt: skip
resend = doing(
    "resend_unknown", lifecycle.resend_unknown, "Sending again to the unknown.",
    Question("Resend to the unknown?", resend_says, "Resend", "refresh", "signal"),
)  # fmt: skip


@require_POST
@requires("undo")
def wait(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Half a minute more to think."""
    one = found(uuid)
    try:
        lifecycle.extend_undo(one, by=request.user, now=timezone.now())
    except lifecycle.WrongState as late:
        messages.warning(request, str(late))
    return redirect(one)


@require_POST
@requires("duplicate")
def duplicate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    copied = found(uuid)
    draft = copying.duplicate(copied, by=request.user)
    mended = " It has the corrected words." if draft.body != copied.body else ""
    messages.success(request, f"A draft of its own, nothing of it was sent.{mended}")
    return redirect("compose_edit", draft.uuid)
