"""Where a notification stands, and what this person may do about it now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from console.templatetags.beckon import n
from notifications import access, correcting, lifecycle, reports
from notifications.models import Notification
from notifications.sending import guards
from notifications.states import ENDED
from notifications.states import NotificationStatus as S

POLL_DUE_S = 0.5  # few phones, whose turn is now
POLL_TOLD_S = 5  # and afterwards, while their owners are asked whether they see it
POLL_FEW_S, POLL_LIVE_S, POLL_SOON_S, POLL_IDLE_S = 1, 2, 2, 15
SOON, DUE_FOR = timedelta(minutes=2), timedelta(seconds=10)
TOLD_FOR = timedelta(minutes=2)
RELATED_MOST = 10


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
class Undo:
    """The undo window while it runs."""

    seconds: int
    left_ms: int
    total: int
    due_at: datetime
    phones: int | None
    undo_url: str
    wait_url: str


def url_for(notification: Notification, verb: str) -> str:
    return reverse(f"notification-{verb}", args=[notification.uuid])


def actions(
    notification: Notification, user: Any, counts: reports.Counts, now: datetime
) -> list[Action]:
    """What she may do, most likely first; what she may not do is absent."""
    offers = _OFFERS.get(S(notification.status))
    every = offers(notification, counts) if offers else []
    if counts.accepted and correcting.can_correct(notification):
        every.append(_correct(notification))
    if counts.accepted > counts.opened and correcting.can_resend(notification, now):
        every.append(_resend_unopened(notification))
    return [one for one in every if access.allowed(user, one.verb, notification)]


def _correct(one: Notification) -> Action:
    return Action("correct", "Correct", "pencil", url_for(one, "correct"), "get", "", True)


def _resend_unopened(one: Notification) -> Action:
    url = url_for(one, "resend-unopened")
    return Action("resend_unopened", "Resend to those who did not open", "refresh", url)


def _draft(one: Notification, _: reports.Counts) -> list[Action]:
    return [
        Action("compose", "Continue editing", "pencil", reverse("compose_edit", args=[one.uuid]),
               "get", "ink"),
        _duplicate(one),
    ]  # fmt: skip


def _scheduled(one: Notification, _: reports.Counts) -> list[Action]:
    if in_undo_window(one):
        return []
    return [_edit(one), _cancel(one), _duplicate(one)]


def _held(one: Notification, _: reports.Counts) -> list[Action]:
    return [
        Action("release", "Send now", "send", url_for(one, "release"), "get", "signal", True),
        Action("release", "Reschedule", "clock", url_for(one, "reschedule"), "get"),
        _edit(one),
        _cancel(one),
    ]


def _sending(one: Notification, _: reports.Counts) -> list[Action]:
    return [Action("pause", "Pause", "player-pause", url_for(one, "pause")), _stop(one)]


def _paused(one: Notification, _: reports.Counts) -> list[Action]:
    label = "Resume anyway" if one.paused_reason == guards.GUARD else "Resume"
    return [
        Action("resume", label, "player-play", url_for(one, "resume"), "post", "ink"),
        _stop(one),
    ]


def _sent(one: Notification, counts: reports.Counts) -> list[Action]:
    offered = [_duplicate(one)]
    if counts.unknown:
        label = f"Resend to {n(counts.unknown)} unknown"
        url = url_for(one, "resend")
        offered.append(Action("resend_unknown", label, "refresh", url, "get", "signal-o", True))
    return offered


def _over(one: Notification, _: reports.Counts) -> list[Action]:
    return [_duplicate(one)]


def _duplicate(one: Notification) -> Action:
    return Action("duplicate", "Duplicate", "copy", url_for(one, "duplicate"))


def _edit(one: Notification) -> Action:
    return Action("edit", "Edit", "pencil", reverse("compose_edit", args=[one.uuid]), "get")


def _cancel(one: Notification) -> Action:
    return Action("cancel", "Cancel", "ban", url_for(one, "cancel"), "get", "stop", True)


def _stop(one: Notification) -> Action:
    return Action("stop", "Stop", "player-stop", url_for(one, "stop"), "get", "stop", True)


_OFFERS: dict[S, Callable[[Notification, reports.Counts], list[Action]]] = {
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
        left_ms=round(left * 1000),
        total=max(1, round(total), round(left + 0.4999)),
        due_at=one.due_at,
        phones=phones,
        undo_url=url_for(one, "undo") if may else "",
        wait_url=url_for(one, "wait") if may and left else "",
    )


# ---------------------------------------------------------------- how often to look again


def poll_seconds(one: Notification, now: datetime) -> float:
    """0: nothing will change by itself any more."""
    soon = one.due_at is not None and one.due_at - now < SOON
    few = (one.reviewed_phones or lifecycle.FEW_PHONES + 1) <= lifecycle.FEW_PHONES
    if few and (found := _poll_of_few(one, now)):
        return found
    if one.status == S.SENDING:
        return POLL_LIVE_S
    if one.status == S.SCHEDULED and soon:
        return POLL_SOON_S
    if one.status in (S.SCHEDULED, S.HELD, S.PAUSED):
        return POLL_IDLE_S
    return 0


def _poll_of_few(one: Notification, now: datetime) -> float:
    """Whoever sends to one person waits for it, and then asks them whether they see it."""
    turn = one.started_at or one.due_at or now
    if one.status in (S.SCHEDULED, S.SENDING) and turn <= now < turn + DUE_FOR:
        return POLL_DUE_S
    if one.status == S.SENDING or (one.status == S.SCHEDULED and turn - now < SOON):
        return POLL_FEW_S
    if one.status == S.SENT and now < (one.finished_at or turn) + TOLD_FOR:
        return POLL_TOLD_S
    return 0


# ---------------------------------------------------------------- beside it


def related(one: Notification) -> list[tuple[str, Notification]]:
    """Those that it corrects or sends again, and that correct it or send it again."""
    found = [("Corrects", one.corrects), ("Goes to who did not open", one.resends)]
    if one.started_at:
        others = Notification.objects.filter(Q(corrects=one) | Q(resends=one)).order_by("pk")
        for other in others[:RELATED_MOST]:
            word = "Corrected by" if other.corrects_id else "Sent again to who did not open it:"
            found.append((word, other))
    return [(words, other) for words, other in found if other is not None]


def who(one: Notification) -> str:
    """Who confirmed or wrote it."""
    person = one.confirmed_by or (None if one.confirmed_by_key else one.author)
    if person is None:
        key = one.confirmed_by_key or one.author_key
        return key.name if key else ""
    return str(person.get_full_name() or person.get_username())


def heading(one: Notification) -> str:
    """The first tab: what the page is about now."""
    if one.status in ENDED - {S.CANCELLED}:
        return "Report"
    return "Live" if one.started_at else "Overview"
