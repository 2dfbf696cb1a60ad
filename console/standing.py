"""Where a notification stands, and what this person may do about it now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from console.clock import span
from console.templatetags.beckon import n, plural
from notifications import access, lifecycle, reasons
from notifications.advice import advice
from notifications.models import Notification
from notifications.states import ENDED
from notifications.states import NotificationStatus as S

POLL_FEW_S, POLL_LIVE_S, POLL_SOON_S, POLL_IDLE_S = 1, 2, 2, 15
SOON = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Action:
    """A button: `method` post does it, get leads to a page that asks or edits first."""

    verb: str
    label: str
    icon: str
    url: str
    method: str = "post"
    tone: str = ""
    asks: bool = False  # a question follows: drawn with an ellipsis


@dataclass(frozen=True, slots=True)
class Words:
    """A note in place: what is, what it means, what to do."""

    tone: str
    icon: str
    lead: str
    text: str
    raw: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """The undo window while it runs."""

    seconds: int
    total: int
    due_at: datetime
    phones: int | None
    undo_url: str
    wait_url: str


def url_for(notification: Notification, verb: str) -> str:
    return reverse(f"notification-{verb}", args=[notification.uuid])


def actions(notification: Notification, user: Any, unknown: int) -> list[Action]:
    """What she may do, most likely first; what she may not do is absent."""
    every = _OFFERS.get(S(notification.status), lambda one, unknown: [])(notification, unknown)
    return [one for one in every if access.allowed(user, one.verb, notification)]


def _draft(one: Notification, _: int) -> list[Action]:
    return [
        Action("compose", "Continue editing", "pencil", reverse("compose_edit", args=[one.uuid]),
               "get", "ink"),
        _duplicate(one),
    ]  # fmt: skip


def _scheduled(one: Notification, _: int) -> list[Action]:
    if in_undo_window(one):
        return []
    return [_edit(one), _cancel(one), _duplicate(one)]


def _held(one: Notification, _: int) -> list[Action]:
    return [
        Action("release", "Send now", "send", url_for(one, "release"), "get", "signal", True),
        _edit(one),
        _cancel(one),
    ]


def _sending(one: Notification, _: int) -> list[Action]:
    return [Action("pause", "Pause", "player-pause", url_for(one, "pause")), _stop(one)]


def _paused(one: Notification, _: int) -> list[Action]:
    return [
        Action("resume", "Resume", "player-play", url_for(one, "resume"), "post", "ink"),
        _stop(one),
    ]


def _sent(one: Notification, unknown: int) -> list[Action]:
    offered = [_duplicate(one)]
    if unknown:
        label = f"Resend to {n(unknown)} unknown"
        url = url_for(one, "resend")
        offered.append(Action("resend_unknown", label, "refresh", url, "get", "signal-o", True))
    return offered


def _over(one: Notification, _: int) -> list[Action]:
    return [_duplicate(one)]


def _duplicate(one: Notification) -> Action:
    return Action("duplicate", "Duplicate", "copy", url_for(one, "duplicate"))


def _edit(one: Notification) -> Action:
    return Action("edit", "Edit", "pencil", reverse("compose_edit", args=[one.uuid]), "get")


def _cancel(one: Notification) -> Action:
    return Action("cancel", "Cancel", "ban", url_for(one, "cancel"), "get", "stop", True)


def _stop(one: Notification) -> Action:
    return Action("stop", "Stop", "player-stop", url_for(one, "stop"), "get", "stop", True)


_OFFERS: dict[S, Callable[[Notification, int], list[Action]]] = {
    S.DRAFT: _draft,
    S.SCHEDULED: _scheduled,
    S.HELD: _held,
    S.SENDING: _sending,
    S.PAUSED: _paused,
    S.SENT: _sent,
    S.STOPPED: _over,
    S.CANCELLED: _over,
}


# ---------------------------------------------------------------- the undo window


def in_undo_window(one: Notification) -> bool:
    """Confirmed to go at once, and not started yet; also the moments until a worker takes it."""
    return one.status == S.SCHEDULED and one.send_at is None


def undo(one: Notification, user: Any, now: datetime) -> Undo | None:
    if not in_undo_window(one) or one.due_at is None:
        return None
    left = max(0.0, (one.due_at - now).total_seconds())
    phones = one.reviewed_phones
    total = lifecycle.undo_window(phones).total_seconds() if phones else settings.UNDO_SECONDS
    may = access.allowed(user, "undo", one)
    return Undo(
        seconds=round(left + 0.4999),
        total=max(1, round(total), round(left + 0.4999)),
        due_at=one.due_at,
        phones=phones,
        undo_url=url_for(one, "undo") if may else "",
        wait_url=url_for(one, "wait") if may and left else "",
    )


# ---------------------------------------------------------------- how often to look again


def poll_seconds(one: Notification, now: datetime) -> int:
    """0: nothing will change by itself any more. Whoever sends to one person waits for it."""
    soon = one.due_at is not None and one.due_at - now < SOON
    few = (one.reviewed_phones or lifecycle.FEW_PHONES + 1) <= lifecycle.FEW_PHONES
    if few and (one.status == S.SENDING or (one.status == S.SCHEDULED and soon)):
        return POLL_FEW_S
    if one.status == S.SENDING:
        return POLL_LIVE_S
    if one.status == S.SCHEDULED and soon:
        return POLL_SOON_S
    if one.status in (S.SCHEDULED, S.HELD, S.PAUSED):
        return POLL_IDLE_S
    return 0


# ---------------------------------------------------------------- in words


def note(one: Notification, waiting: int) -> Words | None:
    """Why it does not go on by itself, and the way out."""
    if one.status == S.HELD:
        return _held_words(one)
    if one.status == S.PAUSED:
        return _paused_words(one, waiting)
    return None


def _paused_words(one: Notification, waiting: int) -> Words:
    code = one.paused_reason or "by_person"
    says = reasons.reason(code)
    found = advice(one)
    by_person = code == "by_person"
    left = f" {plural(waiting, 'phone waits,phones wait')}." if waiting and not by_person else ""
    return Words(
        tone="warn" if by_person or code == "guard" else "bad",
        icon="player-pause",
        lead=f"{says.label}.",
        text=f"{says.sentence}{left}{'' if found.steps[1:] else f' {says.next_step}'}",
        raw=found.raw,
        steps=tuple(found.steps) if found.steps[1:] else (),
    )


def _held_words(one: Notification) -> Words:
    code = one.paused_reason or "late"
    says = reasons.reason(code)
    facts = one.paused_facts if isinstance(one.paused_facts, dict) else {}
    text = says.sentence
    if code == "late" and facts.get("late_by_s"):
        text = f"Its time was {span(facts['late_by_s'])} before anything could send."
    elif code == "drift" and "reviewed" in facts:
        text = f"{n(facts['reviewed'])} phones at the review, {n(facts['present'])} now."
    return Words("warn", "hand-stop", f"{says.label}.", f"{text} {says.next_step}")


def who(one: Notification) -> str:
    """Who confirmed or wrote it."""
    person = one.confirmed_by or one.author
    if person is None:
        return one.author_key.name if one.author_key else ""
    return str(person.get_full_name() or person.get_username())


def heading(one: Notification) -> str:
    """The first tab: what the page is about now."""
    if one.status in ENDED - {S.CANCELLED}:
        return "Report"
    return "Live" if one.started_at else "Overview"
