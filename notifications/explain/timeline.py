"""What happened when: to the notification and on each phone, oldest first."""

from typing import Any

from django.utils import timezone

from devices import names
from notifications import reasons
from notifications.explain.facts import Explanation, Lane, Moment
from notifications.explain.words import lower, zone
from notifications.models import AuditEntry, Notification
from notifications.states import NotificationStatus as S


def of_phone(lane: Lane) -> list[Moment]:
    """What happened on that phone, oldest first."""
    device, found = lane.device, []
    if lane.since and lane.reason in ("no_permission_denied", "opted_out"):
        text = "Notifications switched off" if lane.reason != "opted_out" else "Opted out"
        found.append(Moment(lane.since, "off", text, "", device))
    if lane.since and lane.reason == "unregistered":
        found.append(Moment(lane.since, "gone", "App removed", "", device))
    if lane.since and lane.reason in ("registered_later", "signed_in_later", "other_person"):
        found.append(Moment(lane.since, "phone", "They signed in on this phone", "", device))
    if lane.since and lane.reason == "signed_out":
        found.append(Moment(lane.since, "gone", "They signed out of this phone", "", device))
    if lane.outcome in _ANSWERS and lane.at:
        kind, text = _ANSWERS[lane.outcome]
        why = "" if lane.message_id else reasons.label(lane.reason, lane.outcome)
        if lane.outcome not in ("skipped", "waiting", "expired", "stopped") and lane.started_at:
            found.append(Moment(lane.started_at, "sent", "Sent to Google", "", device))
        hint = lane.message_id or (why if lane.reason else "")
        found.append(Moment(lane.at, kind, text, hint, device))
    if lane.received_at:
        found.append(
            Moment(lane.received_at, "received", "The app reported it arrived", "", device)
        )
    if lane.opened_at:
        found.append(Moment(lane.opened_at, "opened", "Opened", "", device))
    return sorted(found, key=lambda moment: moment.at)


_ANSWERS = {
    "accepted": ("accepted", "Google accepted it"),
    "rejected": ("rejected", "Google refused it"),
    "dead_token": ("rejected", "Google knows no such phone"),
    "unknown": ("unknown", "No usable answer from Google"),
    "skipped": ("skipped", "Skipped, nothing was sent"),
    "waiting": ("waiting", "Not taken, to be tried again"),
    "expired": ("expired", "Given up: its time ran out"),
    "stopped": ("stopped", "Stopped before it went out"),
}


def whole(one: Notification, lanes: list[Lane]) -> list[Moment]:
    """The notification's own moments and every phone's, oldest first."""
    by = _who(one.author) or (one.author_key.name if one.author_key else "")
    found = [Moment(one.created_at, "composed", f"Composed by {by}" if by else "Composed")]
    if one.confirmed_at and one.status != S.DRAFT:
        who = _who(one.confirmed_by)
        found.append(
            Moment(one.confirmed_at, "confirmed", f"Confirmed by {who}" if who else "Confirmed")
        )
    if one.started_at:
        found.append(Moment(one.started_at, "sent", "Sending started"))
    if one.finished_at:
        text = {S.SENT: "Sending ended", S.STOPPED: "Stopped", S.CANCELLED: "Cancelled"}
        if (said := text.get(S(one.status))) is not None:
            by = _ended_by(one)
            found.append(Moment(one.finished_at, "ended", f"{said} by {by}" if by else said))
    for lane in lanes:
        found += [
            Moment(each.at, each.kind, f"{lane.name}: {lower(each.text)}", each.hint, each.device)
            for each in lane.moments
        ]
    return sorted(found, key=lambda moment: moment.at)


def _ended_by(one: Notification) -> str:
    """Who stopped or cancelled it; "" where it came to its end by itself."""
    if one.status not in (S.STOPPED, S.CANCELLED):
        return ""
    entries = AuditEntry.objects.filter(
        object_type="notification", object_id=str(one.uuid), action=one.status
    )
    return entries.order_by("-pk").values_list("actor_name", flat=True).first() or ""


def _who(staff: Any) -> str:
    if staff is None:
        return ""
    return str(staff.get_full_name() or staff.get_username())


def ticket(found: Explanation) -> str:
    """Plain text for a ticket."""
    name = names.person(found.person) if found.person else ""
    called = f"{name} ({found.user_id})" if name not in ("", found.user_id) else found.user_id
    lines = [f"Notification: {found.words.title} ({found.notification.uuid})", f"Person: {called}"]
    lines += ["", found.sentence]
    if found.next_step:
        lines.append(f"Next step: {found.next_step}")
    lines.append("")
    for each in found.timeline:
        local = timezone.localtime(each.at)
        hint = f" ({each.hint})" if each.hint else ""
        lines.append(f"{local:%Y-%m-%d %H:%M:%S} {zone(local)}  {each.text}{hint}")
    return "\n".join(lines)
