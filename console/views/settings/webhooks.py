"""Settings → Webhooks: who is told what happens here, and how that went."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from console import sure
from console.forms.webhooks import WebhookForm
from console.views.gate import address, requires
from console.views.settings.cards import draw
from notifications.models import CallState, WebhookAttempt, WebhookCall, WebhookEndpoint
from notifications.webhooks import boxes, keeping, trying
from notifications.webhooks.addresses import allows_private

ATTEMPTS = 25


@require_http_methods(["GET", "POST"])
@requires("webhooks")
def webhooks(request: HttpRequest) -> HttpResponse:
    """The list; a POST adds one and shows its secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = keeping.add(form.fields_given, by=request.user, ip=address(request))
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            return one(request, made, WebhookForm.of(made), {"secret": secret, "is_new": True})
    context = {"form": form, "endpoints": listed(), "private_too": allows_private()}
    return draw(request, "settings-webhooks", context)


def listed() -> list[WebhookEndpoint]:
    """Each with `waiting` and its `last_attempt`; three queries."""
    waiting = Count("calls", filter=Q(calls__state=CallState.WAITING))
    endpoints: list[WebhookEndpoint] = list(WebhookEndpoint.objects.annotate(waiting=waiting))
    newest = WebhookAttempt.objects.values("endpoint").annotate(newest=Max("pk"))
    rows = WebhookAttempt.objects.filter(pk__in=[row["newest"] for row in newest])
    last = {row.endpoint_id: row for row in rows}
    for one in endpoints:
        one.last_attempt = last.get(one.pk)  # type: ignore[attr-defined]
    return endpoints


@require_http_methods(["GET", "POST"])
@requires("webhooks")
def webhook(request: HttpRequest, uuid: UUID) -> HttpResponse:
    endpoint = found(uuid)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm.of(endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.change(endpoint, form.fields_given, by=request.user, ip=address(request))
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, "Saved. It holds from the next event on.")
            return redirect("settings-webhook", uuid=uuid)
    return one(request, endpoint, form)


def one(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    form: WebhookForm,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    attempts = WebhookAttempt.objects.filter(endpoint=endpoint).select_related("call__event")
    waiting = WebhookCall.objects.filter(endpoint=endpoint, state=CallState.WAITING)
    context = {
        "endpoint": endpoint,
        "form": form,
        "attempts": attempts.order_by("-pk")[:ATTEMPTS],
        "waiting": waiting.count(),
        "next_at": waiting.order_by("due_at").values_list("due_at", flat=True).first(),
        "two_secrets": has_two_secrets(endpoint),
        "now": timezone.now(),
    }
    return draw(request, "settings-webhooks", context | (extra or {}), part="webhook")


def has_two_secrets(endpoint: WebhookEndpoint) -> bool:
    rotated = endpoint.rotated_at
    return rotated is not None and timezone.now() - rotated < keeping.BOTH_SIGN


def found(uuid: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, uuid=uuid)


def endpoint_url(endpoint: WebhookEndpoint) -> str:
    return reverse("settings-webhook", args=[endpoint.uuid])


# ---------------------------------------------------------------- its buttons


@require_POST
@requires("webhooks")
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return done(request, uuid, keeping.pause, "Paused. What happens meanwhile is kept for a day.")


@require_POST
@requires("webhooks")
def resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return done(request, uuid, keeping.resume, "It goes on; what waited is sent now.")


def done(request: HttpRequest, uuid: UUID, deed: Callable[..., None], said: str) -> HttpResponse:
    deed(found(uuid), by=request.user, now=timezone.now(), ip=address(request))
    messages.success(request, said)
    return redirect("settings-webhook", uuid=uuid)


@require_POST
@requires("webhooks")
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    endpoint = found(uuid)
    if asking := sure.ask(request, "remove_webhook", endpoint.name, back=endpoint_url(endpoint)):
        return asking
    keeping.remove(endpoint, by=request.user, ip=address(request))
    messages.success(request, f"Removed. {endpoint} hears nothing more.")
    return redirect("settings-webhooks")


@require_POST
@requires("webhooks")
def rotate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """No redirect: the secret exists in this answer and nowhere else."""
    endpoint = found(uuid)
    if asking := sure.ask(request, "rotate_webhook", back=endpoint_url(endpoint)):
        return asking
    now = timezone.now()
    secret = keeping.rotate(endpoint, by=request.user, now=now, ip=address(request))
    endpoint.refresh_from_db()
    return one(request, endpoint, WebhookForm.of(endpoint), {"secret": secret})


@require_POST
@requires("webhooks")
def test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    endpoint, ip = found(uuid), address(request)
    try:
        reply = trying.send_test(endpoint, by=request.user, now=timezone.now(), ip=ip)
    except boxes.Unreadable as error:
        messages.error(request, str(error))
    else:
        if reply.taken:
            messages.success(request, f"Taken: it answered {reply.status} in {reply.ms} ms.")
        else:
            messages.error(request, f"Not taken. {reply.error}")
    return redirect("settings-webhook", uuid=uuid)
