"""Why a notification does not go on by itself, in words, and the way out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console import roles
from console.clock import full_time, span
from console.templatetags.beckon import n, percent, plural
from notifications import access, reasons, reports
from notifications.advice import advice
from notifications.models import Notification
from notifications.sending import guards
from notifications.states import NotificationStatus as S


@dataclass(frozen=True, slots=True)
class Words:
    """A note in place: what is, what it means, what to do."""

    tone: str
    icon: str
    lead: str
    text: str
    raw: str = ""
    steps: tuple[str, ...] = ()


def note(one: Notification, user: Any, counts: reports.Counts, pace: reports.Pace) -> Words | None:
    """Why it does not go on by itself, and the way out."""
    if pace.all_paused:
        return ALL_PAUSED
    if one.status == S.HELD:
        return _held_words(one)
    if one.status == S.PAUSED and one.paused_reason == guards.GUARD:
        return _guarded_words(one, user, reports.remainder(one, counts))
    if one.status == S.PAUSED:
        return _paused_words(one, counts.waiting)
    return None


ALL_PAUSED = Words(
    "warn", "player-pause", "All sending is paused.",
    "Nothing more of this leaves until someone lifts that under Health; then it goes on by itself.",
)  # fmt: skip


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


GUARDS = {  # what the phones of each guard answered
    "dead_token": ("dead tokens", "say that the app was removed"),
    "rejected": ("refusals", "refuse the message"),
    "mismatch": ("other projects", "say that the token is of another Firebase project"),
}


def _guarded_words(one: Notification, user: Any, left: reports.Remainder) -> Words:
    """Which guard, with its numbers, and who may go on."""
    facts = one.paused_facts
    name, said = GUARDS[facts["guard"]]
    count, answered = facts["count"], facts["answered"]
    since = " since it was last resumed" if facts.get("seen") else ""
    if access.allowed(user, "resume", one):
        way_out = "Resume anyway lets the next wave go; this guard is not asked again."
    else:
        who = " or ".join(role for role, may in roles.ROLES.items() if "resume_guarded" in may)
        way_out = f"To resume it takes {who}."
    return Words(
        tone="warn",
        icon="hand-stop",
        lead=f"Halted: too many {name}.",
        text=(
            f"{n(count)} of {n(answered)} answers{since} ({percent(count, answered)}) {said}; the "
            f"limit is {facts['limit_percent']} %. {n(left.not_sent)} not sent, {n(left.out)} already "
            f"out. {way_out}"
        ),
    )


def _held_words(one: Notification) -> Words:
    says = reasons.reason(one.paused_reason or "late")
    return Words("warn", "hand-stop", f"{says.label}.", f"{held_text(one)} {says.next_step}")


def held_text(one: Notification) -> str:
    """Why, with its numbers."""
    code = one.paused_reason or "late"
    facts = one.paused_facts if isinstance(one.paused_facts, dict) else {}
    if code in ("late", "superseded") and facts.get("late_by_s"):
        return f"Its time was {span(facts['late_by_s'])} before anything could send."
    if code == "drift" and "reviewed" in facts:
        return f"{n(facts['reviewed'])} phones at the review, {n(facts['present'])} now."
    if code == "zone_rules" and "wall" in facts:
        was, now = (datetime.fromisoformat(facts[name]) for name in ("was", "is"))
        wall = datetime.fromisoformat(facts["wall"])
        return (
            f"{wall:%H:%M} {facts['zone']} was {full_time(was, 'UTC')} when it was confirmed, and "
            f"is {full_time(now, 'UTC')} by the present rules."
        )
    return reasons.reason(code).sentence
