"""What every page's frame needs. All of it is lazy: a fragment that extends nothing asks nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from notifications import access, kill_switch
from notifications.models import Heartbeat, Notification
from notifications.sending.channel import in_sandbox
from notifications.states import NotificationStatus as Status

THEMES = ("light", "dark")
THEME_CHOICES = (
    ("auto", "Auto", "device-desktop"),
    ("light", "Light", "sun"),
    ("dark", "Dark", "moon"),
)
FRAME_SECONDS = 3  # live count and heartbeat are at most this old
PAUSED = "paused"  # what is kept of that all sending is paused
SILENT_SECONDS = 60  # a worker that said nothing for so long is called silent


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the rail can lead to. `verb` is what `access` must allow her."""

    label: str
    url_name: str
    icon: str
    group: int
    verb: str = "view"


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    group: int
    active: bool
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The newest sign of life of any worker; `at` None: there never was one."""

    at: datetime | None
    seconds: int
    alive: bool


PLACES = (
    Place("Overview", "overview", "home", 1),
    Place("Notifications", "notifications", "send", 1),
    Place("Schedule", "schedule", "calendar-event", 1),
    Place("Message cards", "cards", "template", 1),
    Place("Audiences", "audiences", "users-group", 2),
    Place("People", "people", "user-search", 2),
    Place("Devices", "devices", "device-mobile", 2),
    Place("Permission prompts", "prompts", "message-question", 3),
    Place("Triggers", "triggers", "bolt", 3),
    Place("Insights", "insights", "chart-line", 3),
    Place("Settings", "settings", "adjustments-horizontal", 4, "settings"),
    Place("Audit", "audit", "history", 4, "audit"),
    Place("Health", "health", "heartbeat", 4),
    Place("Sandbox", "sandbox", "flask-2", 4),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in THEMES else "auto",
        "theme_choices": THEME_CHOICES,
        "environment": SimpleLazyObject(lambda: "sandbox" if in_sandbox() else "live"),
        "nav": SimpleLazyObject(lambda: nav(request)),
        "search_url": SimpleLazyObject(lambda: url_of("people")),
        "compose_url": SimpleLazyObject(lambda: compose_url(request)),
        "live_count": SimpleLazyObject(live_count),
        "held_count": SimpleLazyObject(held_count),
        "all_paused": SimpleLazyObject(all_paused),
        "heartbeat": SimpleLazyObject(heartbeat),
    }


def nav(request: HttpRequest) -> list[NavItem]:
    """The places that exist in this installation and that this role may use, in order."""
    open_places = [
        (place, url)
        for place in PLACES
        if (url := url_of(place.url_name)) and may_use(request, place)
    ]
    here = active_url(request.path, [url for _, url in open_places])
    return [
        NavItem(
            label=place.label,
            url=url,
            icon=place.icon,
            group=place.group,
            active=url == here,
            badge=live_badge() if place.url_name == "notifications" else "",
        )
        for place, url in open_places
    ]


def url_of(name: str) -> str:
    """Its address, or "" while no page has that name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def compose_url(request: HttpRequest) -> str:
    return url_of("compose") if access.allowed(request.user, "compose") else ""


def may_use(request: HttpRequest, place: Place) -> bool:
    if place.url_name == "sandbox" and not in_sandbox():
        return False
    return access.allowed(request.user, place.verb)


def active_url(path: str, urls: list[str]) -> str:
    """The longest address that `path` lies under; "/" only covers itself."""
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(fitting, key=len, default="")


def live_count() -> int:
    return int(kept("live", lambda: Notification.objects.live().count()))


def held_count() -> int:
    """Notifications that wait for a person."""
    return int(kept("held", lambda: Notification.objects.filter(status=Status.HELD).count()))


def all_paused() -> bool:
    """Whether somebody paused all sending. Who presses the button calls `forget` after it."""
    return bool(kept(PAUSED, kill_switch.since))


def live_badge() -> str:
    count = live_count()
    return f"{count} live" if count else ""


def heartbeat() -> Pulse:
    written = kept("heartbeat", last_heartbeat)
    if written is None:
        return Pulse(at=None, seconds=0, alive=False)
    newest = datetime.fromisoformat(written)
    seconds = max(0, int((timezone.now() - newest).total_seconds()))
    return Pulse(at=newest, seconds=seconds, alive=seconds <= SILENT_SECONDS)


def last_heartbeat() -> str | None:
    beats = Heartbeat.objects.filter(role__startswith="worker").order_by("-at")
    newest = beats.values_list("at", flat=True).first()
    return newest.isoformat() if newest else None


def kept(name: str, ask: Callable[[], Any], seconds: int = FRAME_SECONDS) -> Any:
    """`ask()`, at most once in `seconds` for the whole installation. Its answer is plain JSON."""
    key = f"shell:{name}"
    found = cache.get(key)
    if found is None:
        found = (ask(),)
        cache.set(key, found, seconds)
    return found[0]


def forget(name: str) -> None:
    """What is kept under it is not true any more."""
    cache.delete(f"shell:{name}")
