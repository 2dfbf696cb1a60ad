"""“Confirm it is you”: the password once more before what opens doors, when she last gave it long
ago. What she sent waits in the page and goes on with it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from console import sessions

FIELD = "proof"
View = Callable[..., HttpResponseBase]


def proven(view: View) -> View:
    """Below `requires`. Reading is free."""

    @wraps(view)
    @sensitive_post_parameters(FIELD)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not sessions.is_proven(request):
            typed = taken_out(request)
            if not typed or not fits(request, typed):
                return asked(request, wrong=typed is not None)
            sessions.prove(request)
        return view(request, *args, **kwargs)

    return guarded


def taken_out(request: HttpRequest) -> str | None:
    """The password; nothing after this sees it among the fields."""
    fields = request.POST.copy()
    typed = fields.pop(FIELD, None)
    request.POST = fields  # type: ignore[assignment]
    return str(typed[-1]) if typed else None


def fits(request: HttpRequest, password: str) -> bool:
    """Guessing is slowed as at Sign in."""
    name = cast(User, request.user).get_username()
    return authenticate(request, username=name, password=password) == request.user


def asked(request: HttpRequest, *, wrong: bool) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {
        "sent": [pair for pair in sent if pair[0] != "csrfmiddlewaretoken"],
        "field": FIELD,
        "wrong": wrong,
    }
    return render(request, "registration/prove.html", context)
