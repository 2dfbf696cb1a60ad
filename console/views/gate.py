"""The door of every page: asks `access` before the view runs, and says why when it stays shut."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from devices.api import proxies
from notifications import access

View = Callable[..., HttpResponseBase]


def requires(verb: str) -> Callable[[View], View]:
    """`access` must allow the verb; otherwise a 403 page with its sentence. The view may still
    raise NotAllowed where it depends on the object: that becomes the same page."""

    def door(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                access.check(request.user, verb)
                return view(request, *args, **kwargs)
            except access.NotAllowed as no:
                return refused(request, str(no))

        return guarded

    return door


def refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "console/refused.html", {"sentence": sentence}, status=403)


def address(request: HttpRequest) -> str | None:
    """Where the visitor is, for the audit log and against guessing; see `proxies.address`."""
    return proxies.address(request) or None
