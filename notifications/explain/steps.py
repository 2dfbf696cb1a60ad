"""What would change it: one next step for each phone, and the one that counts."""

from collections.abc import Sequence

from devices import preferences
from devices.states import Platform, SystemPermission
from notifications import reasons
from notifications.explain.facts import Lane
from notifications.models import Notification

ASKS = ("can’t ask again", "may ask once more", "may ask twice more")
# Left out on purpose, or as it would be again.
MEANT = (
    "not_in_audience", "other_os", "cancelled", "excluded", "frequency_cap", "quiet_hours",
    "too_big", "stopped",
)  # fmt: skip
TOOK_IT = ("accepted", "received")
UNSEEN = {
    "accepted": "If they did not see it: a phone that was off gets it once it is online, and Focus "
    "or Do Not Disturb keeps it silent. Ask them to look through the phone’s list of notifications.",
    "received": "It arrived. If they did not see it: Focus or Do Not Disturb keeps it silent, and "
    "a swipe puts it away. Ask them to look through the phone’s list of notifications.",
}
QUIETLY = (
    "The {phone} shows it without banner or sound: they find it in Notification Centre until they "
    "choose Keep there."
)


def next_step(lane: Lane, one: Notification) -> str:
    if lane.outcome == "would_send" or lane.shown == "opened":
        return ""
    if lane.shown in TOOK_IT:
        return unseen(lane)
    missed = lane.outcome in ("skipped", "not_sent", "expired")
    if lane.reachable_now and missed and lane.reason not in MEANT:
        return "The phone can be reached now. Send it to them again if it still matters."
    if lane.reason == "no_permission_denied":
        return switch_on(lane)
    if lane.reason == "no_permission_never_asked":
        return f"Show a permission prompt in the app. {asks(lane)}."
    if lane.reason == "frequency_cap" and lane.lately is not None:
        return lane.lately.step
    known = {
        "not_in_audience": "If they should have it, send it to them from their page.",
        "other_os": "If they should have it, send it for all systems.",
        "registered_later": "It gets the next notification.",
        "signed_out": "It is reachable again once they sign in on it.",
        "forgotten": "Results per phone are kept for a limited time.",
        "cancelled": "",
        "stopped": "Ask who stopped it whether they shall have it; their page sends it to them.",
        "turn": "Wait: it goes on by itself.",
        "on_the_wire": "Look again in a moment.",
        "all_paused": "Someone paused all sending; Health says who may resume it.",
        "project": "Wait: it goes on by itself.",
    }
    if lane.reason in known:
        return known[lane.reason]
    return reasons.next_step(lane.reason, lane.outcome)


def unseen(lane: Lane) -> str:
    """For who says that it never came, though Google took it."""
    if lane.device.perm_system == SystemPermission.PROVISIONAL:
        return QUIETLY.format(phone=lane.name)
    return UNSEEN[lane.shown]


def switch_on(lane: Lane) -> str:
    app = preferences.get("app_name") or "the app"
    if lane.device.platform == Platform.IOS:
        where = f"Settings → Notifications → {app} → Allow Notifications"
    else:
        where = f"Settings → Apps → {app} → Notifications, switch on"
    return f"On the {lane.name}: {where}. {asks(lane)}."


def asks(lane: Lane) -> str:
    return f"The app {ASKS[min(lane.device.asks_left, 2)]}"


def foremost(ranked: Sequence[Lane]) -> str:
    """Of all phones: what a phone without it needs comes before what one that has it may need."""
    told = [lane for lane in ranked if lane.next_step]
    found = next((lane for lane in told if lane.shown not in TOOK_IT), told[0] if told else None)
    if found is None:
        return ""
    several = len(ranked) > 1 and found.name not in found.next_step
    return f"{found.name}: {found.next_step}" if several else found.next_step
