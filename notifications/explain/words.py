"""The words of an explanation: names or “they”, accepted, received, opened, times with their zone."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from devices import names
from devices.models import AppUser
from notifications import reasons
from notifications.explain import steps
from notifications.explain.facts import Lane
from notifications.explain.outside import outside
from notifications.models import Notification
from notifications.states import NotificationStatus as S

MINUS = "\u2212"
SYSTEMS = {"ios": "iPhones", "android": "Android phones"}


class Times:
    """Moments with date and zone; inside one day the clock alone after the first."""

    def __init__(self) -> None:
        self._day = ""

    def at(self, moment: datetime) -> str:
        local = timezone.localtime(moment)
        day, clock = date(local), f"at {local:%H:%M:%S}"
        if day == self._day:
            return clock
        self._day = day
        return f"{clock} {zone(local)} on {day}"


def date(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b %Y}"


def day(moment: datetime) -> str:
    return date(timezone.localtime(moment))


def zone(local: datetime) -> str:
    """UTC, or Europe/Vienna (UTC+1)."""
    name = str(local.tzinfo)
    if name == "UTC":
        return name
    offset = local.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    sign = MINUS if minutes < 0 else "+"
    return f"{name} (UTC{sign}{hours}{f':{rest:02}' if rest else ''})"


# ---------------------------------------------------------------- one phone


def fill(lane: Lane, one: Notification, person: AppUser) -> None:
    """Its sentence and next step."""
    lane.sentence = sentence(lane, one, f"{names.person(person)}’s {lane.name}", Times())
    lane.next_step = steps.next_step(lane, one)


def fill_short(lane: Lane, one: Notification) -> None:
    """The same of a draft, where the phone is named beside it."""
    if lane.reason:
        told = clause(lane, one)
        lane.sentence = f"{told[0].upper()}{told[1:]}."
    elif lane.again_at:
        lane.sentence = (
            f"It waits until {timezone.localtime(lane.again_at):%H:%M}, when quiet hours end."
        )
    lane.next_step = steps.next_step(lane, one)


def sentence(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    return _SAYS[lane.shown](lane, one, phone, times)


def _accepted(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    took = _took(lane)
    return f"Accepted for {phone} {times.at(lane.at)}{took}, not opened."  # type: ignore[arg-type]


def _received(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    assert lane.received_at is not None  # noqa: S101  or it were not received
    return f"Received on {phone} {times.at(lane.received_at)}, not opened."


def _opened(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    assert lane.opened_at is not None  # noqa: S101  or it were not opened
    return f"Opened on {phone} {times.at(lane.opened_at)}."


def _took(lane: Lane) -> str:
    return f" after {lane.attempts} tries" if lane.attempts > 1 else ""


def _skipped(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    again = lane.reachable_now and lane.reason not in steps.MEANT
    now_on = " It can be reached now." if again else ""
    return f"Not sent to {phone}: {clause(lane, one)}.{now_on}"


def _dead(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    why = reasons.sentence(lane.reason, lane.outcome)
    return f"Sent to {phone} {times.at(lane.at)}, but Google had no phone there: {lower(why)}"  # type: ignore[arg-type]


def _rejected(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    why = reasons.sentence(lane.reason, lane.outcome)
    return f"Google refused it for {phone} {times.at(lane.at)}: {lower(why)}"  # type: ignore[arg-type]


def _unknown(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    why = reasons.sentence(lane.reason, lane.outcome)
    return f"Unknown whether {phone} has it: sent {times.at(lane.at)}, {lower(why)}"  # type: ignore[arg-type]


def _waiting(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    why = lower(reasons.sentence(lane.reason, lane.outcome))
    if one.status == S.PAUSED:
        held = reasons.reason(one.paused_reason or "by_person").label
        return f"Not yet sent to {phone}: {why} The notification is paused ({lower(held)})."
    again = f" Next try {times.at(lane.again_at)}." if lane.again_at else ""
    return f"Not yet sent to {phone}: {why}{again}"


def _expired(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    why = lower(reasons.sentence(lane.reason, lane.outcome))
    tried = f" It was tried {lane.attempts} times." if lane.attempts > 1 else ""
    return f"Not sent to {phone}: its time ran out {times.at(lane.at)}. Last: {why}{tried}"  # type: ignore[arg-type]


def _stopped(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    when = f" {times.at(lane.at)}" if lane.at else ""
    return f"Not sent to {phone}: the notification was stopped{when} before its turn."


def _not_sent(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    if lane.reason == "stopped":
        return _stopped(lane, one, phone, times)
    return f"Not sent to {phone}: {clause(lane, one)}."


def _not_yet(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    holds = {
        "turn": "its turn has not come",
        "on_the_wire": "it is on its way to Google, whose answer is not in",
        "all_paused": "all sending is paused",
        "project": "Google asked us to slow down",
    }.get(lane.reason)
    if holds is None:
        holds = f"the notification is paused ({lower(reasons.label(lane.reason))})"
    again = f" It goes on {times.at(lane.again_at)}." if lane.again_at else ""
    return f"Not yet sent to {phone}: {holds}.{again}"


def _would(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    if lane.again_at:
        return f"It would wait for quiet hours to end and be sent to {phone} {times.at(lane.again_at)}."
    return f"As things are now it would be sent to {phone}."


def _would_not(lane: Lane, one: Notification, phone: str, times: Times) -> str:
    return f"As things are now it would not be sent to {phone}: {clause(lane, one)}."


_SAYS: dict[str, Callable[[Lane, Notification, str, Times], str]] = {
    "accepted": _accepted, "received": _received, "opened": _opened, "skipped": _skipped,
    "dead_token": _dead, "rejected": _rejected, "unknown": _unknown, "waiting": _waiting,
    "expired": _expired, "stopped": _stopped, "not_sent": _not_sent, "not_yet": _not_yet,
    "would_send": _would, "would_not_send": _would_not,
}  # fmt: skip


# ---------------------------------------------------------------- why not, as a clause


def clause(lane: Lane, one: Notification) -> str:
    """A reason as the end of a sentence, without its full stop."""
    since = f" since {day(lane.since)}" if lane.since else ""
    on = f" on {day(lane.since)}" if lane.since else ""
    if lane.reason == "frequency_cap" and lane.lately is not None:
        return lane.lately.clause
    told = {
        "no_permission_denied": f"notifications are off{since}",
        "no_permission_never_asked": "the app has not asked for permission yet",
        "opted_out": f"they opted out in the app{on}",
        "unregistered": f"the app was removed{on}" if on else "nobody was signed in on it",
        "stale": f"it was last seen{on}, more than 30 days before",
        "time_passed": "the chosen time had passed where they are",
        "other_os": f"the notification is for {SYSTEMS.get(one.target_os, 'other phones')} only",
        "not_in_audience": outside(one),
        "registered_later": f"it registered{on}, after the sending had started",
        "signed_in_later": f"they signed in on it{on}, after the sending had started",
        "joined_later": "it came into the audience after its turn had passed",
        "signed_out": f"they signed out of it{on}",
        "other_person": f"someone else was signed in on it then; it is theirs{since}",
        "forgotten": "what became of it is no longer kept",
        "cancelled": "the notification was cancelled before it started",
    }.get(lane.reason)
    return told or lower(reasons.sentence(lane.reason, lane.outcome)).rstrip(".")


def lower(text: str) -> str:
    """Inside a sentence; names and acronyms keep their capital."""
    first = text.split(" ", 1)[0].strip(",.’s")
    keeps = first in ("Google", "Apple", "FCM", "Beckon", "APNs", "API", "Firebase")
    return text if keeps or not text else text[0].lower() + text[1:]


# ---------------------------------------------------------------- the whole


def unknown_person(user_id: str, named: bool) -> tuple[str, str]:
    was = " It was named among the people, so nothing was sent for it." if named else ""
    return (
        f"Beckon does not know “{user_id}”.{was}",
        "Ids are case-sensitive: try the id that your app sends.",
    )


def whole(verdict: str, lanes: list[Lane], one: Notification, person: AppUser) -> tuple[str, str]:
    name, times = names.person(person), Times()
    before = standing(one, times)
    if verdict == "not_in_audience":
        told = f"{name} was not sent it: {outside(one, person)}." if one.started_at else (
            f"{name} would not get it: {outside(one, person)}."
        )  # fmt: skip
        return told, "If they should have it, send it to them from their page."
    if verdict == "no_phone":
        return (
            f"{name} has no phone: nobody is signed in to the app as {person.user_id}.",
            "It works once they sign in.",
        )
    if verdict == "cancelled":
        return before, ""
    ranked = sorted(lanes, key=lambda lane: lane.shown != verdict)
    said = [
        sentence(lane, one, f"{name}’s {lane.name}" if number == 0 else f"the {lane.name}", times)
        for number, lane in enumerate(ranked)
    ]
    if not one.started_at and len(said) > 1:
        said[1:] = [text.replace("As things are now it", "It", 1) for text in said[1:]]
    # What is said of the notification itself comes after the answer.
    return " ".join([*said, before]).strip(), steps.foremost(ranked)


def standing(one: Notification, times: Times) -> str:
    """Where it stands while nothing has started."""
    if one.started_at:
        return ""
    if one.status == S.CANCELLED:
        when = f" {times.at(one.finished_at)}" if one.finished_at else ""
        return f"Nobody got it: it was cancelled{when} before it started."
    if one.status == S.SCHEDULED and one.due_at:
        return f"It is scheduled {times.at(one.due_at)}."
    if one.status == S.HELD:
        return f"It is held: {lower(reasons.sentence(one.paused_reason or 'late'))}"
    return "It is still a draft."
