"""The counts of a prompt, slowly and obviously: phone by phone, from what was told."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from devices.models import PermissionEvent, Prompt, PromptDay, PromptEvent, PromptState
from devices.prompts import rules
from devices.prompts.knowing import rules_of
from devices.prompts.rollups import COLUMNS

Counts = Counter[tuple[date, int, str, str]]  # (day, version, platform, column)
DAY = timedelta(hours=24)


def by_phone(rows: Any) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.device_id].append(row)
    return found


def recount(prompt: Prompt) -> Counts:
    counts: Counts = Counter()
    told = by_phone(PromptEvent.objects.order_by("at", "pk"))
    permissions = by_phone(PermissionEvent.objects.filter(applied=True).order_by("pk"))
    for state in PromptState.objects.filter(prompt=prompt).select_related("device"):
        one_phone(counts, prompt, state, told[state.device_id], permissions[state.device_id])
    return +counts


def one_phone(
    counts: Counts,
    prompt: Prompt,
    state: PromptState,
    told: list[PromptEvent],
    permissions: list[PermissionEvent],
) -> None:
    mine = [event for event in told if event.prompt_id == prompt.pk]
    allowed = allowed_moments(permissions)
    if state.eligible_at:
        held_out = rules.held_out(rules_of(prompt), state.device.device_id)
        name = "held_out" if held_out else "eligible"
        place = (day(state.eligible_at), state.eligible_version, state.platform)
        counts[(*place, name)] += 1
        counts[(*place, f"{name}_allowed")] += any(at >= state.eligible_at for at in allowed)
    events_of(counts, mine)
    impressions = [event for event in mine if event.type == "impression"]
    if not impressions:
        return
    every = [event for event in told if event.type == "impression"]
    convinced = [one for one in (convincing(every, at) for at in allowed) if one in impressions]
    counted = convinced[0] if convinced else impressions[-1]
    place = (day(counted.at), counted.version, state.platform)

    def said(kind: str, result: str | None = None) -> list[PromptEvent]:
        return [e for e in mine if e.type == kind and result in (None, e.result)]

    opened = [event.at for event in said("settings_opened")]
    settled = [
        event.observed_at or event.at
        for event in permissions
        if event.source == "settings" and event.after == "granted" != event.before
    ]
    results = said("system_prompt_result")
    unshown = [event for event in results if event.result == "not_shown"]
    asked = max(len(said("system_prompt_shown")) - len(unshown), len(results) - len(unshown))
    flags = {
        "shown": True,
        "tapped": said("click"),
        "asked": asked > 0,
        "granted": said("system_prompt_result", "granted"),
        "sent_to_settings": opened,
        "recovered": any(timedelta(0) <= at - o <= DAY for at in settled for o in opened),
        "opted_in": said("opt_in", "was_opted_out"),
        "converted": convinced,
    }
    for name, flag in flags.items():
        counts[(*place, name)] += bool(flag)


def events_of(counts: Counts, mine: list[PromptEvent]) -> None:
    names = {
        "impression": "impressions", "click": "clicks", "dismiss": "dismissals",
        "settings_opened": "settings_opened",
    }  # fmt: skip
    results = {"granted": "grants", "denied": "burned", "dismissed": "swiped"}
    opened = answered = unshown = asks = 0
    for event in sorted(mine, key=lambda event: event.pk):
        place = (day(event.at), event.version, event.platform)
        if event.type in names:
            counts[(*place, names[event.type])] += 1
        opened += event.type == "system_prompt_shown"
        if event.type == "system_prompt_result":
            if event.result in results:
                counts[(*place, results[event.result])] += 1
            unshown += event.result == "not_shown"
            answered += event.result != "not_shown"
        now = max(opened - unshown, answered, 0)
        counts[(*place, "asks")] += now - asks
        asks = now


def convincing(every: list[PromptEvent], at: datetime) -> PromptEvent | None:
    """The last display of any prompt in the day before."""
    before = [event for event in every if timedelta(0) <= at - event.at <= DAY]
    return before[-1] if before else None


def allowed_moments(permissions: list[PermissionEvent]) -> list[datetime]:
    """When the phone came to allow notifications, by the system and by its person."""
    found, opted_out, allowed = [], False, None
    for event in permissions:
        if event.kind in ("opt_out", "opt_in"):
            was = event.before == "granted" and event.kind == "opt_out"
            opted_out = event.kind == "opt_out"
        else:
            was = event.before == "granted" and not opted_out
        allows = event.after == "granted" and not opted_out
        if allows and not (was if allowed is None else allowed):
            found.append(event.observed_at or event.at)
        allowed = allows
    return found


def day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def kept(prompt: Prompt) -> Counts:
    """What the rollups say."""
    counts: Counts = Counter()
    for row in PromptDay.objects.filter(prompt=prompt):
        for name in COLUMNS:
            counts[(row.day, row.version, row.platform, name)] += getattr(row, name)
    return +counts
