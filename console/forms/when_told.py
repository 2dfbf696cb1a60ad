"""What a chosen time comes to, in words: in the form, on a saved draft, and at the review."""

from datetime import date, datetime
from typing import Any

from console import when_words
from console.forms import moments
from console.forms.compose_when import WhenFields
from notifications import moments as timing
from notifications.models import Notification
from notifications.timing import rules, walls

SOON = 5  # times that the page tells ahead


def told(form: WhenFields) -> dict[str, Any]:
    """What the chosen time comes to: `lines`, what is `odd` about it, a `quieter` minute."""
    if form.moment:
        odd = [form.moment.note] if form.moment.note else []
        return {"lines": [form.moment.text], "odd": odd, "quieter": form.moment.busy}
    if form.wall:
        return _told_each(form.wall, form.now)
    if form.rule:
        return _told_rule(form.rule, form.now)
    return {}


def told_of(draft: Notification, now: datetime) -> dict[str, Any]:
    """The same, of a saved draft."""
    if draft.repeat:
        return _told_rule(rules.of_json(draft.repeat), now)
    wall = walls.of_text(draft.wall)
    if draft.each_clock:
        return _told_each(wall, now) if wall else {}
    if draft.send_at is None:
        return {}
    one = moments.kept(draft.send_at, draft.timezone, draft.wall)
    return {"lines": [one.text], "odd": [one.note] if one.note else [], "quieter": one.busy}


def _told_each(wall: datetime, now: datetime) -> dict[str, Any]:
    first, last = walls.first_anywhere(wall), walls.last_anywhere(wall)
    lines = [
        f"Between {when_words.moment_words(first, 'UTC')} and {when_words.moment_words(last, 'UTC')}, "
        f"as each clock comes to {wall:%H:%M}.",
        f"Who has no zone is on the app’s: {timing.app_zone()}.",
    ]
    odd = ["Somewhere that time has passed already."] if first <= now else []
    return {"lines": lines, "odd": odd, "quieter": _quieter(wall)}


def _told_rule(rule: rules.Rule, now: datetime) -> dict[str, Any]:
    soon = []
    for one in rules.occurrences(rule, not_before=now):
        soon.append(one)
        if len(soon) == SOON:
            break
    lines = [when_words.rule_words(rule.as_json())]
    odd = [note for one in soon if (note := moments.note_of(one.moment))]
    return {
        "lines": lines,
        "soon": [(one.at, rule.zone) for one in soon],
        "odd": odd,
        "quieter": ""
        if rule.every == rules.CRON
        else _quieter(datetime.combine(date.min, rule.clock)),
    }


def _quieter(wall: datetime) -> str:
    return f"{wall.replace(minute=wall.minute + 7):%H:%M}" if wall.minute in moments.BUSY else ""
