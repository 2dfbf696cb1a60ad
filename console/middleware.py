"""What a stranger may not say; the viewer's time zone, from the cookie that the browser sets or
her choice; headers of pages."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from devices.api import proxies

ZONES = available_timezones()


class ProxyMiddleware:
    """First of all: the rest may believe the headers of a proxy that are left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies.strip(request)
        return self.get_response(request)


class ViewerMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("tz", "")
        zone = name if name in ZONES else "UTC"
        with timezone.override(ZoneInfo(zone)):
            response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        return response


class CompressPages(GZipMiddleware):
    """Pages and fragments go out compressed; Django pads them, so that their length tells nothing.
    The API's short answers do not: packing them costs phones more than it saves."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
