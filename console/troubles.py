"""What is wrong with the installation right now, worst first: cause, effect, way out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console import halted
from console.clock import ago_text
from console.context import heartbeat, held_count, url_of
from console.templatetags import beckon
from devices import preferences
from notifications import health, reports
from notifications.models import Notification, ProjectPause
from notifications.sending import channel
from notifications.states import Kind
from notifications.states import NotificationStatus as S
from notifications.webhooks.keeping import deaf

GONE_AT_LEAST = 100  # phones; fewer say nothing
GONE_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Trouble:
    tone: str
    icon: str
    lead: str
    text: str
    url: str = ""
    action: str = ""


def troubles(now: datetime) -> list[Trouble]:
    found = [
        no_key(),
        all_paused(),
        held(),
        silent_worker(now),
        slowed_down(now),
        many_gone(now),
        deaf_webhook(now),
    ]
    return [trouble for trouble in found if trouble]


def no_key() -> Trouble | None:
    if channel.in_sandbox() or channel.project_id():
        return None
    return Trouble(
        "bad", "key", "The Firebase key cannot be used.", "Nothing can be sent until it is replaced.",
        url_of("settings-app"), "Look at the key",
    )  # fmt: skip


def all_paused() -> Trouble | None:
    if not preferences.get("pause_all_since"):
        return None
    return Trouble(
        "bad", "player-pause", "All sending is paused.", "Nothing starts until someone lifts it.",
        url_of("health"), "Open Health",
    )  # fmt: skip


def held() -> Trouble | None:
    """What waits for a person; the newest is named."""
    waiting = Notification.objects.filter(status=S.HELD).order_by("-due_at", "-pk")
    newest = waiting.first() if held_count() else None
    if newest is None:
        return None
    more = waiting.count() - 1
    return Trouble(
        "warn", "hand-stop", f"“{newest}” is held.",
        f"{halted.held_text(newest)}{f' {more} more wait as well.' if more else ''}",
        newest.get_absolute_url() if not more else url_of("schedule"), "Look at it" if not more else "Open Schedule",
    )  # fmt: skip


def silent_worker(now: datetime) -> Trouble | None:
    pulse = heartbeat()
    if pulse.alive:
        return silent_part(now)
    last = f"The last sign was {ago_text(now - pulse.at)}." if pulse.at else "None ever started."
    return Trouble(
        "bad", "heartbeat", "No sign of a worker.", f"{last} Scheduled sends wait until one runs.",
        url_of("health"), "Open Health",
    )  # fmt: skip


def silent_part(now: datetime) -> Trouble | None:
    """Somebody works, but one of the parts that no other stands in for does not."""
    silent = next(
        (one for one in (health.workers(now), health.clock(now)) if one.ok is False), None
    )
    if silent is None:
        return None
    return Trouble("bad", "heartbeat", silent.sentence, "", url_of("health"), "Open Health")


def slowed_down(now: datetime) -> Trouble | None:
    pause = ProjectPause.objects.filter(until__gt=now).first()
    if pause is None or pause.until is None:
        return None
    return Trouble(
        "warn", "gauge", "Google asked us to slow down.",
        f"Sending goes on by itself {ago_text(now - pause.until)}.",
    )  # fmt: skip


def many_gone(now: datetime) -> Trouble | None:
    """The newest broadcast of the last day lost far more phones than usual: one or two in a
    hundred are normal, a spike means a wrong Firebase project or a bad release of the app."""
    newest = (
        Notification.objects.filter(kind=Kind.BROADCAST, started_at__gte=now - timedelta(days=1))
        .order_by("-pk")
        .first()
    )
    if newest is None:
        return None
    found = reports.counts(newest)
    if found.targeted < GONE_AT_LEAST or found.dead_token / found.targeted < GONE_SHARE:
        return None
    return Trouble(
        "warn", "device-mobile-off",
        f"{beckon.percent(found.dead_token, found.targeted)} of “{newest}” met a phone without the app.",
        "Unusually many: look whether the app’s last release still registers with this project.",
        newest.get_absolute_url(), "Open the report",
    )  # fmt: skip


def deaf_webhook(now: datetime) -> Trouble | None:
    """One that was given up on, or that took nothing for an hour."""
    endpoint = deaf(now).order_by("failing_since", "pk").first()
    if endpoint is None:
        return None
    text = "What happens is kept for it for 24 hours, then it is paused."
    if endpoint.paused_at:
        text = "It is paused now and hears nothing until someone resumes it."
    return Trouble(
        "warn", "broadcast", f"The webhook “{endpoint}” takes no calls.", text,
        url_of("settings-webhooks"), "Open Webhooks",
    )  # fmt: skip
