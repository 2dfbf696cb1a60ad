"""What the app's back end started in the last day, what was refused, and how to call."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from console import calls
from console.views.gate import requires
from devices.api import problems
from devices.models import ApiKey, TestDevice
from notifications import access, lifecycle, tasks, triggers
from notifications.api import trigger as door

BODY_MAX = 20_000


@require_safe
@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    """`?card=` and `?key=` choose whose call is shown to be pasted."""
    return page(request)


@require_POST
@requires("test")
def attempt(request: HttpRequest) -> HttpResponse:
    """Check a body, or send it to one's own test phones; never to those it names."""
    body = request.POST.get("body", "")[:BODY_MAX]
    key = chosen_key(request.POST.get("key", ""))
    if request.POST.get("do") == "test":
        return send_test(request, body, key)
    if key is None:
        return page(request, {"said": "Make a server key with the scope trigger first."}, body)
    return page(request, {"tried": calls.rehearse(body, key)}, body)


def send_test(request: HttpRequest, body: str, key: ApiKey | None) -> HttpResponse:
    now = timezone.now()
    try:
        draft = triggers.draft_of(door.order_of(calls.read(body)), now)
        test = lifecycle.send_test(draft, by=request.user, now=now)
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            return page(request, {"said": " ".join(error.messages)}, body)
        return page(request, {"tried": refused(error)}, body)
    except Exception as error:
        if calls.refusal(error) is None:
            raise
        return page(request, {"tried": refused(error)}, body)
    batch = test.batches.first()
    if batch is not None:
        tasks.ring(tasks.deliver, batch.pk, queue=batch.queue)
    return redirect(test)


def refused(error: Exception) -> calls.Tried:
    problem = calls.refusal(error)
    assert problem is not None  # noqa: S101  asked before
    return calls.Tried(problem.status_code, calls.pretty(problems.body(problem, "")))


def page(request: HttpRequest, extra: dict[str, Any] | None = None, body: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    keys, cards = calls.keys_that_may(), calls.callable_cards()
    card = next((one for one in cards if one.key == asked.get("card")), None)
    key = next((one for one in keys if one.public_id == asked.get("key")), None)
    key = key or next(iter(keys), None)
    sample = calls.sample_body(card, own_user_id(request))
    context = {
        "day": calls.day(timezone.now()),
        "keys": keys,
        "key": key,
        "cards": cards,
        "card": card,
        "curl": calls.curl(sample, key),
        "body": body or calls.pretty(sample),
        "may_try": access.allowed(request.user, "test"),
        "may_make_keys": access.allowed(request.user, "keys"),
    }
    status = 422 if extra and "said" in extra else 200
    return render(request, "console/triggers.html", context | (extra or {}), status=status)


def chosen_key(public_id: str) -> ApiKey | None:
    keys = calls.keys_that_may()
    return next((one for one in keys if one.public_id == public_id), next(iter(keys), None))


def own_user_id(request: HttpRequest) -> str:
    """Of the person's own test phone, so that the sample can be tried as it is."""
    mine = TestDevice.objects.filter(staff=request.user.pk, device__owner__isnull=False)
    return mine.values_list("device__owner__user_id", flat=True).first() or ""
