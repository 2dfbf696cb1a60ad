"""The first page: what is being sent, what is next, who can be reached, what needs someone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import numbers, setup
from console.troubles import troubles
from console.views.gate import requires
from devices.models import Device
from notifications import access, kill_switch, lifecycle, listing, reports
from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class LiveCard:
    notification: Notification
    counts: reports.Counts
    pace: reports.Pace
    parts: list[dict[str, Any]]
    share: int
    may_pause: bool

    @property
    def total(self) -> int:
        return max(self.notification.planned or 0, self.counts.targeted)


@require_GET
@requires("view")
def overview(request: HttpRequest) -> HttpResponse:
    """`?count=now` counts while one waits, for those without JavaScript."""
    now = timezone.now()
    steps = setup.steps(request.user)
    if not Device.objects.exists() and not Notification.objects.exists():
        return render(request, "console/overview_first.html", {"steps": steps})
    scheduled = listing.next_scheduled()
    cards = live_cards(request.user, now)
    found = numbers.count(now) if "count" in request.GET else numbers.at_hand(now)
    context = {
        "greeting": greeting(request, now),
        "now": now,
        "live": cards,
        "scheduled": scheduled,
        "troubles": troubles(now),
        "needs": sum(one.status == "held" for one in scheduled)
        + sum(card.notification.status == "paused" for card in cards),
        "steps": steps,
        "done": sum(step.done for step in steps),
        **numbers.as_context(found, now),
    }
    return render(request, "console/overview.html", context)


@require_GET
@requires("view")
def counted(request: HttpRequest) -> HttpResponse:
    """The expensive numbers, counted anew: what a page asks for that came without, or with old
    ones."""
    now = timezone.now()
    context = numbers.as_context(numbers.anew(now), now, asks=False)
    return render(request, "console/partials/_overview_numbers.html", context)


@require_GET
@requires("view")
def live(request: HttpRequest) -> HttpResponse:
    """The cards of what is being sent, alone: the page asks for them every few seconds."""
    cards = live_cards(request.user, timezone.now())
    return render(request, "console/partials/_live_cards.html", {"live": cards})


def greeting(request: HttpRequest, now: datetime) -> str:
    hour = timezone.localtime(now).hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 else "evening"
    part = "evening" if hour < 4 else part
    name = getattr(request.user, "first_name", "") or request.user.get_username()
    return f"Good {part}, {name}"


def live_cards(user: Any, now: datetime) -> list[LiveCard]:
    sending = listing.live()
    counts = reports.counts_of(sending)
    held = kill_switch.held_kinds()
    return [live_card(one, counts[one.pk], held, user, now) for one in sending]


def live_card(
    notification: Notification,
    found: reports.Counts,
    held: Collection[str],
    user: Any,
    now: datetime,
) -> LiveCard:
    total = max(notification.planned or 0, found.targeted)
    return LiveCard(
        notification=notification,
        counts=found,
        pace=reports.pace(notification, found, now, held),
        parts=parts(found),
        share=int(100 * found.handled / total) if total else 0,
        may_pause=lifecycle.can(notification, "pause")
        and access.allowed(user, "pause", notification),
    )


def parts(found: reports.Counts) -> list[dict[str, Any]]:
    """Every phone handled so far, in one part each; parts of 0 are left out."""
    named = [
        ("accepted", "Accepted", found.accepted),
        ("skipped", "Skipped", found.skipped),
        ("rejected", "Rejected", found.rejected + found.dead_token),
        ("expired", "Expired", found.expired),
        ("stopped", "Stopped", found.stopped),
        ("unknown", "Unknown", found.unknown),
        ("retry", "Waiting", found.waiting),
    ]
    return [{"kind": kind, "label": label, "count": n} for kind, label, n in named if n]
