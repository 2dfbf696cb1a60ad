"""How long somebody stays signed in, and how long ago she proved who she is.

12 hours at most (SESSION_COOKIE_AGE), less after a pause (SESSION_IDLE_MINUTES). What a page asks
for by itself, such as progress, is no sign of her.
"""

from collections.abc import Callable
from time import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

BEGAN, SEEN, PROVEN = "began_at", "seen_at", "proven_at"
SEEN_EVERY_S = 60  # how often a session is written because she is there
PROVEN_FOR_S = 30 * 60


def begin(request: HttpRequest, **_: Any) -> None:
    """She signed in: told by Django's signal."""
    now = time()
    request.session.update({BEGAN: now, SEEN: now, PROVEN: now})


def prove(request: HttpRequest) -> None:
    request.session[PROVEN] = time()


def is_proven(request: HttpRequest) -> bool:
    return time() - float(request.session.get(PROVEN, 0)) <= PROVEN_FOR_S


class SessionMiddleware:
    """Ends what is over; a fragment then makes its page load anew, which leads to Sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if is_over(request):
                logout(request)
                if "HX-Request" in request.headers:
                    return HttpResponse(headers={"HX-Refresh": "true"})
            elif is_hers(request):
                note(request)
        return self.get_response(request)


def is_over(request: HttpRequest) -> bool:
    now = time()
    idle_s = settings.SESSION_IDLE_MINUTES * 60
    began, seen = (request.session.get(name, now) for name in (BEGAN, SEEN))
    return bool(now - began > settings.SESSION_COOKIE_AGE or now - seen > idle_s)


def is_hers(request: HttpRequest) -> bool:
    """A page she opened or something she sent; scripts say `cors` or `same-origin` here."""
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == (
        "navigate"
    )


def note(request: HttpRequest) -> None:
    now = time()
    if now - request.session.get(SEEN, 0) > SEEN_EVERY_S:
        request.session[SEEN] = now
        request.session.setdefault(BEGAN, now)
