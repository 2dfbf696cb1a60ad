"""The first page: what is being sent, what is next, who can be reached, what needs someone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import charts, setup
from console.context import kept
from console.troubles import troubles
from console.views.gate import requires
from devices.reachability import Reachability, reachability
from notifications import reports
from notifications.models import Notification

SLOW_SECONDS = 30  # numbers that walk every phone or a week of batches
PLOT_HEIGHT = 96
GROUPS = {  # (label, note)
    "granted": ("Allowed", "they show banners"),
    "provisional": ("Quietly", "iPhone, no banner"),
    "unreported": ("Never reported", "sent to, it may not show"),
    "should_request": ("Not asked yet", "an ask is left"),
    "denied": ("Off in Settings", "only they can change it"),
    "opted_out": ("Opted out", "in the app"),
    "app_removed": ("App removed", "retired"),
    "no_token": ("No address yet", "comes with the next start"),
}
ALWAYS = ("granted", "provisional", "should_request", "denied", "opted_out", "app_removed")


@dataclass(frozen=True, slots=True)
class LiveCard:
    notification: Notification
    counts: reports.Counts
    pace: reports.Pace
    parts: list[dict[str, Any]]
    share: int

    @property
    def total(self) -> int:
        return max(self.notification.planned or 0, self.counts.targeted)


@require_GET
@requires("view")
def overview(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    steps = setup.steps(request.user)
    reach = kept("reachability", reachability, SLOW_SECONDS)
    if not reach.phones and not Notification.objects.exists():
        return render(request, "console/overview_first.html", {"steps": steps})
    scheduled = reports.next_scheduled()
    cards = live_cards(now)
    context = {
        "greeting": greeting(request, now),
        "now": now,
        "live": cards,
        "scheduled": scheduled,
        "troubles": troubles(now),
        "needs": sum(one.status == "held" for one in scheduled)
        + sum(card.notification.status == "paused" for card in cards),
        "reach": reach,
        "groups": groups(reach),
        "week": week(now),
        "steps": steps,
        "done": sum(step.done for step in steps),
    }
    return render(request, "console/overview.html", context)


@require_GET
@requires("view")
def live(request: HttpRequest) -> HttpResponse:
    """The cards of what is being sent, alone: the page asks for them every few seconds."""
    return render(
        request, "console/partials/_live_cards.html", {"live": live_cards(timezone.now())}
    )


def greeting(request: HttpRequest, now: datetime) -> str:
    hour = timezone.localtime(now).hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 else "evening"
    part = "evening" if hour < 4 else part
    name = getattr(request.user, "first_name", "") or request.user.get_username()
    return f"Good {part}, {name}"


def live_cards(now: datetime) -> list[LiveCard]:
    sending = reports.live()
    counts = reports.counts_of(sending)
    return [live_card(one, counts[one.pk], now) for one in sending]


def live_card(notification: Notification, found: reports.Counts, now: datetime) -> LiveCard:
    total = max(notification.planned or 0, found.targeted)
    return LiveCard(
        notification=notification,
        counts=found,
        pace=reports.pace(notification, found, now),
        parts=parts(found),
        share=int(100 * found.handled / total) if total else 0,
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


def groups(reach: Reachability) -> list[dict[str, Any]]:
    """The six groups everybody has, and the others only where they are not empty."""
    return [
        {"kind": name, "label": label, "note": note, "count": reach.groups[name]}
        for name, (label, note) in GROUPS.items()
        if name in ALWAYS or reach.groups[name]
    ]


def week(now: datetime) -> dict[str, Any]:
    """Two columns a day, and the sentence that says the point."""
    days = kept(
        f"week:{timezone.get_current_timezone_name()}", lambda: reports.week(now), SLOW_SECONDS
    )
    top = max((day.accepted for day in days), default=0)
    highest = max(days, key=lambda day: day.accepted)
    accepted = [(f"{day.day:%a}", day.accepted) for day in days]
    opened = [(f"{day.day:%a}", day.opened) for day in days]
    return {
        "days": days,
        "accepted": sum(day.accepted for day in days),
        "opened": sum(day.opened for day in days),
        "columns": charts.columns(accepted, top, PLOT_HEIGHT),
        "opened_columns": charts.columns(opened, top, PLOT_HEIGHT, shift=6.6),
        "height": PLOT_HEIGHT,
        "highest": highest if top else None,
        "sent": sum(day.sent for day in days),
    }
