"""Is this process alive, and is what it needs there? For load balancers and supervisors."""

import redis
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST, require_safe

from console import metrics
from console.context import PAUSED, forget
from console.forms.phrase import typed_phrase
from console.views.gate import address, requires
from devices import keys
from devices.api import proxies
from devices.states import KeyKind
from notifications import access, kill_switch, tasks
from notifications import health as examination
from notifications.models import Heartbeat
from notifications.pulse import SILENT_AFTER
from notifications.sending import clock

ANSWER_S = 1.0


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else, so it says nothing about them."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database and Redis answer, 503 and which does not otherwise."""
    checks = {"database": database_answers(), "redis": redis_answers()}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except Error:
        return False


def redis_answers() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


@require_GET
@requires("view")
def health(request: HttpRequest) -> HttpResponse:
    """What is and is not well, each with its remedy."""
    return page(request)


class PauseAllForm(forms.Form):
    phrase = typed_phrase(kill_switch.PHRASE)
    spare_triggers = forms.BooleanField(
        required=False,
        label="Let triggers go on",
        help_text="What the app itself starts for single people. Off: they wait, too.",
    )
    use_required_attribute = False


@require_POST
@requires("settings")
def pause_all(request: HttpRequest) -> HttpResponse:
    """The kill switch: its phrase is typed, as for a send."""
    form = PauseAllForm(request.POST)
    phrase = str(form.data.get("phrase", ""))
    try:
        kill_switch.throw(
            by=request.user, phrase=phrase, now=clock.now(), ip=address(request),
            triggers="spare_triggers" not in form.data,
        )  # fmt: skip
    except ValidationError as wrong:
        form.is_valid()
        form.add_error("phrase", wrong.message_dict["phrase"])
        return page(request, form, status=422)
    forget(PAUSED)
    messages.success(request, "All sending is paused. What is on the wire is still recorded.")
    return redirect("health")


@require_POST
@requires("settings")
def resume_all(request: HttpRequest) -> HttpResponse:
    kill_switch.lift(by=request.user, now=clock.now(), ip=address(request))
    forget(PAUSED)
    tasks.ring(tasks.tick)
    messages.success(request, "Sending goes on.")
    return redirect("health")


def page(request: HttpRequest, form: PauseAllForm | None = None, status: int = 200) -> HttpResponse:
    checks = examination.examine(clock.now())
    context = {
        "checks": checks,
        "wrong": [check for check in checks if check.ok is False],
        "beats": Heartbeat.objects.order_by("role", "name"),
        "now": clock.now(),
        "silent_before": clock.now() - SILENT_AFTER,
        "window": settings.SEND_WINDOW,
        "paused_since": parse_datetime(kill_switch.since()),
        "triggers_wait": kill_switch.holds_triggers(),
        "form": form or PauseAllForm(),
        "may_pause": access.allowed(request.user, "settings"),
    }
    return render(request, "console/health.html", context, status=status)


@login_not_required
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """Prometheus' text; for this machine alone, or with a server key of scope read."""
    if proxies.address(request) not in ("127.0.0.1", "::1") and not may_read(request):
        return HttpResponse("A server key with scope read is needed.\n", status=401)
    return HttpResponse(metrics.text(), content_type=metrics.TYPE)


def may_read(request: HttpRequest) -> bool:
    key = keys.find(request.headers.get("Authorization", "").removeprefix("Bearer "))
    return key is not None and key.kind == KeyKind.SERVER and "read" in key.scopes
