"""Pretend phones: the page, and what only a phone or the app's own back end could do for them.

All of it is 404 unless the sandbox is in use.
"""

import json
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from console import sandbox
from console.typed import whole
from console.views.gate import View, address, requires
from devices import identity, preferences
from devices.models import ID_MAX, TOKEN_MAX, Device, TestDevice
from devices.prompts import ageing
from notifications import access, own_phones
from notifications.sending import channel

BODY_MAX_BYTES = 10_000
DAYS_MAX = 400


def only_in_sandbox(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not channel.in_sandbox():
            raise Http404("Real phones are in use.")
        return view(request, *args, **kwargs)

    return guarded


@only_in_sandbox
@require_safe
@requires("view")
def phones(request: HttpRequest) -> HttpResponse:
    may_use = access.allowed(request.user, "test")
    mine = TestDevice.objects.filter(staff=request.user.pk)
    context = {
        "may_use": may_use,
        "may_compose": access.allowed(request.user, "compose"),
        "client_key": sandbox.client_key(request.user) if may_use else "",
        "app_name": preferences.get("app_name"),
        "test_devices": " ".join(mine.values_list("device__device_id", flat=True)),
    }
    return render(request, "console/sandbox.html", context)


@only_in_sandbox
@require_GET
@requires("view")
def inbox(request: HttpRequest) -> HttpResponse:
    """What FCM accepted for this token, oldest first, after the message named `after`."""
    token = request.GET.get("token", "")
    if not token or len(token) > TOKEN_MAX:
        return JsonResponse({"error": "Which token?"}, status=400)
    try:
        return JsonResponse({"messages": sandbox.inbox(token, request.GET.get("after", ""))})
    except sandbox.SandboxSilent as silent:
        return JsonResponse({"error": str(silent), "messages": []}, status=502)


@only_in_sandbox
@require_POST
@requires("test")
def sign(request: HttpRequest) -> HttpResponse:
    """The part of the app's back end: it knows who is signed in to the app, and vouches for it."""
    user_id = told(request).get("user_id")
    if not isinstance(user_id, str) or not user_id.strip() or len(user_id) > ID_MAX:
        return JsonResponse({"error": f"user_id must be 1 to {ID_MAX} characters."}, status=400)
    return JsonResponse(
        {"user_id": user_id, "signature": identity.sign(user_id, identity.current())}
    )


@only_in_sandbox
@require_POST
@requires("test")
def state(request: HttpRequest) -> HttpResponse:
    """The phone goes offline, comes back, or lost the app: what FCM would notice by itself."""
    said = told(request)
    token, wanted = said.get("token"), said.get("state")
    if not isinstance(token, str) or wanted not in sandbox.STATES:
        return JsonResponse({"error": "token and state are needed."}, status=400)
    try:
        sandbox.set_phone(token, str(wanted))
    except sandbox.SandboxSilent as silent:
        return JsonResponse({"error": str(silent)}, status=502)
    return JsonResponse({"state": wanted})


@only_in_sandbox
@require_POST
@requires("test")
def test_phone(request: HttpRequest) -> HttpResponse:
    """This phone shows the signed-in person's tests from now on, or no longer."""
    said = told(request)
    device = get_object_or_404(Device, device_id=str(said.get("device_id", "")).replace("\0", ""))
    wanted = bool(said.get("on", True))
    try:
        if wanted:
            own_phones.mark(device, by=request.user, ip=address(request))
        else:
            own_phones.unmark(device, by=request.user)
    except ValidationError as full:
        return JsonResponse({"error": " ".join(full.messages)}, status=409)
    return JsonResponse({"on": wanted})


test_phone.__test__ = False  # type: ignore[attr-defined]  # a view, not a test


@only_in_sandbox
@require_POST
@requires("test")
def later(request: HttpRequest) -> HttpResponse:
    """Days pass on one phone: what we remember of its prompts becomes so much older."""
    said = told(request)
    device = get_object_or_404(Device, device_id=str(said.get("device_id", "")).replace("\0", ""))
    days = whole(said.get("days", "")) or 0
    if not 1 <= days <= DAYS_MAX:
        return JsonResponse({"error": f"days must be 1 to {DAYS_MAX}."}, status=400)
    ageing.age(device, timedelta(days=days))
    return JsonResponse({"days": days})


def told(request: HttpRequest) -> dict[str, Any]:
    """The body, as JSON or as a form."""
    if request.content_type != "application/json":
        return {name: str(value) for name, value in request.POST.items()}
    try:
        said = json.loads(request.body[:BODY_MAX_BYTES])
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
