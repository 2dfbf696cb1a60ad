"""Compose: a new notification or a draft, one form, one address each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from console import drafts, numbers
from console.forms.compose import ComposeForm
from console.forms.compose_languages import REMOVE
from console.forms.message import REDRAW
from console.typed import whole
from console.views.gate import address, requires
from notifications import access, lifecycle, occurrences, tasks
from notifications.models import Notification
from notifications.states import Kind, NotificationStatus, SendTo

MODES = ("review", "save", "autosave", "test", *REDRAW)


@require_http_methods(["GET", "POST"])
@requires("compose")
def compose(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return posted(request, None)
    return draw(request, ComposeForm(initial=named(request.GET)))


def named(query: Mapping[str, str]) -> dict[str, Any]:
    """Whom the page that led here is about: one person, or an audience."""
    if to := query.get("to", ""):
        return {"send_to": SendTo.USERS, "recipients": to}
    if audience := query.get("audience", ""):
        return {"send_to": SendTo.AUDIENCE, "audience": audience}
    return {}


@require_http_methods(["GET", "POST"])
@requires("compose")
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A draft. What is already confirmed is first taken back, and the page asks before."""
    draft = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST)
    if draft.status != NotificationStatus.DRAFT:
        return taken_back(request, draft)
    if draft.card_id is not None:
        return redirect("card-refill", draft.uuid)
    if request.method == "POST":
        return posted(request, draft)
    if "check" in request.GET:
        return draw(request, drafts.checked(draft, request.user, timezone.now()), draft)
    return draw(request, ComposeForm(notification=draft), draft)


def posted(request: HttpRequest, draft: Notification | None) -> HttpResponse:
    mode = mode_of(request)
    form = ComposeForm(request.POST, request.FILES, notification=draft, mode=mode)
    if mode in REDRAW or not form.is_valid():
        if mode == "autosave":
            return JsonResponse({"sentence": first_error(form)}, status=422)
        return draw(request, form, draft, status=200 if mode in REDRAW else 422)
    try:
        saved = save(request, form, draft)
    except lifecycle.WrongState as gone:
        return gone_elsewhere(request, draft, str(gone))
    except lifecycle.Conflict:
        return conflict(request, form, draft)
    return NEXT[mode](request, saved)


def mode_of(request: HttpRequest) -> str:
    if REMOVE in request.POST:
        return REMOVE
    mode = request.POST.get("action", "save")
    return mode if mode in MODES else "save"


def save(request: HttpRequest, form: ComposeForm, draft: Notification | None) -> Notification:
    fields = form.notification_fields()
    if draft is None:
        return lifecycle.compose(fields, by=request.user)
    told = whole(request.POST.get("version", ""))
    version = draft.version if told is None else told
    return lifecycle.revise(draft, fields, by=request.user, version=version)


# ---------------------------------------------------------------- what each button does next


def saved_draft(request: HttpRequest, saved: Notification) -> HttpResponse:
    messages.success(request, "Draft saved.")
    return redirect("compose_edit", saved.uuid)


def autosaved(request: HttpRequest, saved: Notification) -> HttpResponse:
    """Where the draft lives from now on, for the script that asked."""
    return JsonResponse(
        {
            "url": drafts.edit_url(saved),
            "version": saved.version,
            "name": str(saved),
        }
    )


def tested(request: HttpRequest, saved: Notification) -> HttpResponse:
    try:
        test = lifecycle.send_test(saved, by=request.user, now=timezone.now())
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        tasks.ring(tasks.tick)
        phones = test.planned or 0
        words = "your test phone" if phones == 1 else f"your {phones} test phones"
        messages.success(request, f"Test sent to {words}.")
    return redirect("compose_edit", saved.uuid)


def reviewed(request: HttpRequest, saved: Notification) -> HttpResponse:
    return redirect("review", saved.uuid)


NEXT = {"save": saved_draft, "autosave": autosaved, "test": tested, "review": reviewed}


# ---------------------------------------------------------------- when someone else was there


def conflict(request: HttpRequest, form: ComposeForm, draft: Notification | None) -> HttpResponse:
    """Nothing is lost: their version is saved, ours still stands in the form."""
    assert draft is not None  # noqa: S101  a new draft has no rival
    draft.refresh_from_db()
    clash = drafts.clash(form, draft)
    if form.mode == "autosave":
        return render(
            request, "console/compose/_conflict.html", {"clash": clash, "draft": draft}, status=409
        )
    return draw(request, form, draft, status=409, clash=clash)


def gone_elsewhere(request: HttpRequest, draft: Notification | None, sentence: str) -> HttpResponse:
    assert draft is not None  # noqa: S101  a new draft is nowhere else
    if request.POST.get("action") == "autosave":
        return JsonResponse({"sentence": sentence, "stop": True}, status=422)
    messages.warning(request, sentence)
    return redirect(draft)


def taken_back(request: HttpRequest, notification: Notification) -> HttpResponse:
    """Scheduled or held: editing needs a new review, so ask; anything else only has its page."""
    if not lifecycle.can(notification, "edit"):
        return gone_elsewhere(
            request, notification, f"This can’t be edited any more: it is {notification.status}."
        )
    if request.method == "POST" and request.POST.get("action") == "take_back":
        try:
            lifecycle.edit(notification, by=request.user, now=timezone.now(), ip=address(request))
        except lifecycle.WrongState as gone:
            return gone_elsewhere(request, notification, str(gone))
        messages.info(request, "Back to a draft. It goes out only after a new review.")
        return redirect("compose_edit", notification.uuid)
    if request.POST.get("action") == "autosave":
        return gone_elsewhere(request, notification, "This is no draft any more.")
    one = occurrences.of(notification)
    context = {
        "notification": notification,
        "series": one.series if one else None,
        "may_series": one is not None and access.allowed(request.user, "series"),
    }
    return render(request, "console/take_back.html", context)


# ---------------------------------------------------------------- the page


def first_error(form: ComposeForm) -> str:
    name, reasons = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {reasons[0]}" if label else str(reasons[0])


def draw(
    request: HttpRequest,
    form: ComposeForm,
    draft: Notification | None = None,
    *,
    status: int = 200,
    clash: drafts.Clash | None = None,
) -> HttpResponse:
    counts = numbers.has_few_phones()
    context: dict[str, Any] = drafts.page_context(form, draft, timezone.now(), counts=counts)
    return render(request, "console/compose.html", context | {"clash": clash}, status=status)
