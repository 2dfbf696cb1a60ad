"""`/settings/`: every card with why it matters and how it stands; the list beside each card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_safe

from console import team
from console.views.gate import requires
from devices import preferences
from devices.models import ApiKey
from notifications import access
from notifications.models import Page, WebhookEndpoint
from notifications.sending import channel


@dataclass(frozen=True, slots=True)
class Card:
    url_name: str
    title: str
    icon: str
    why: str
    stands: Callable[[], str]
    verb: str = "settings"

    @property
    def url(self) -> str:
        return reverse(self.url_name)


def pages_stand() -> str:
    count = Page.objects.count()
    return f"{count} page{pluralize(count)}" if count else "No pages yet"


def sound_stands() -> str:
    chosen = preferences.read("sound_channel", "silent_channel")
    named = [channel_id for channel_id in chosen.values() if channel_id]
    return " and ".join(named) or "No channels named yet"


def app_stands() -> str:
    return "Sandbox, no real phones" if channel.in_sandbox() else "Connected to Firebase"


def team_stands() -> str:
    count = team.members().filter(is_active=True).count()
    return f"{count} member{pluralize(count)}"


def keys_stand() -> str:
    count = ApiKey.objects.filter(revoked_at=None).count()
    return f"{count} key{pluralize(count)} in use" if count else "No keys yet"


def webhooks_stand() -> str:
    states = WebhookEndpoint.objects.aggregate(
        every=Count("pk"),
        failing=Count("pk", filter=Q(failing_since__isnull=False) | ~Q(paused_reason="")),
    )
    if not states["every"]:
        return "Nobody listens yet"
    count = f"{states['every']} endpoint{pluralize(states['every'])}"
    return f"{count}, {states['failing']} not called" if states["failing"] else count


def policy_stands() -> str:
    return f"{settings.UNDO_SECONDS:g} s to undo"


def waves_stand() -> str:
    limit = preferences.get("guard_dead_token_percent")
    return f"Halts above {limit} % dead tokens"


CARDS = (
    Card(
        "settings-pages", "Pages", "file-text",
        "A tap can open any page of your app, with its parameters, once it is registered here.",
        pages_stand,
    ),
    Card(
        "settings-sound", "Sound and channels", "volume",
        "Since Android 8 the channel decides about sound, not the message. Name your two.",
        sound_stands,
    ),
    Card(
        "settings-app", "App & Firebase", "cloud-check",
        "Firebase carries every message. See whether it would take ours, and what to do if not.",
        app_stands,
    ),
    Card(
        "settings-policy", "Sending policy", "shield-check",
        "What happens between Send Notification and the first phone, and who is left out.",
        policy_stands,
    ),
    Card(
        "settings-waves", "Waves", "gauge",
        "A send in waves halts by itself when too much goes wrong. Here is how much that is.",
        waves_stand,
    ),
    Card(
        "settings-team", "Team", "users",
        "Who may sign in, and what each may do. A role is a promise to everyone who gets a push.",
        team_stands, "team",
    ),
    Card(
        "settings-keys", "API keys", "key",
        "Phones register with a client key; your back end sends with a server key.",
        keys_stand, "keys",
    ),
    Card(
        "settings-webhooks", "Webhooks", "broadcast",
        "Your other systems hear what happens here, signed, without asking every minute.",
        webhooks_stand, "webhooks",
    ),
)  # fmt: skip


def cards_for(request: HttpRequest) -> list[Card]:
    return [card for card in CARDS if access.allowed(request.user, card.verb)]


@require_safe
@requires("settings")
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "console/settings/index.html", {"cards": cards_for(request)})


def draw(
    request: HttpRequest,
    url_name: str,
    context: dict[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """One card's page, with the list of cards beside it. `part`: another template of the card."""
    card = next(each for each in CARDS if each.url_name == url_name)
    template = f"console/settings/{part or url_name.removeprefix('settings-')}.html"
    frame = {"card": card, "cards": cards_for(request)}
    return render(request, template, frame | context, status=status)
