"""Prompts made, changed, copied, and moved from draft to archive. An edit after it was first live
makes the next version; what was counted stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from devices.models import Prompt, PromptVersion
from devices.prompts import rollups
from devices.prompts.checking import FIELDS, NAME_MAX, check, values
from devices.states import PromptFrequency, PromptStatus

S = PromptStatus
MOVES: dict[str, tuple[tuple[str, ...], PromptStatus]] = {  # verb: (from, to)
    "live": ((S.DRAFT, S.PAUSED), S.LIVE),
    "pause": ((S.LIVE,), S.PAUSED),
    "archive": ((S.DRAFT, S.LIVE, S.PAUSED), S.ARCHIVED),
}
TEMPLATE: dict[str, Any] = {
    "name": "Push Permission Prompt",
    "title": "Stay up to date",
    "body": "Allow notifications to hear at once when something important happens. "
    "You choose what you receive, and can turn it off at any time.",
    "accept_label": "Allow notifications",
    "dismiss_label": "Not now",
}
BY_PERSON, BURNED = "by_person", "burned"


class WrongState(Exception):
    def __init__(self, prompt: Prompt, verb: str) -> None:
        status = S(prompt.status).label.lower()
        deeds = {"live": "set live", "pause": "paused", "archive": "archived", "edit": "changed"}
        super().__init__(f"{prompt.name} is {status}; it can’t be {deeds[verb]} any more.")
        self.status = prompt.status


class Conflict(Exception):
    def __init__(self, prompt: Prompt) -> None:
        super().__init__(
            f"Somebody else changed {prompt.name} meanwhile. Look at it again, then save."
        )


def can(prompt: Prompt, verb: str) -> bool:
    """`edit`, `live`, `pause` or `archive`."""
    if verb == "edit":
        return prompt.status != S.ARCHIVED
    return prompt.status in MOVES[verb][0]


@transaction.atomic
def create(fields: Mapping[str, Any], *, by: Any = None) -> Prompt:
    """A draft. Raises ValidationError by field."""
    person = by if getattr(by, "is_authenticated", False) else None
    prompt = Prompt(created_by=person)
    assign(prompt, check(fields))
    prompt.save(force_insert=True)
    write_version(prompt, by)
    return prompt


@transaction.atomic
def change(
    prompt: Prompt,
    fields: Mapping[str, Any],
    *,
    by: Any = None,
    changed_at: datetime | None = None,
) -> Prompt:
    """Only what is named. With `changed_at`, as the editor saw it, raises Conflict where somebody
    was first. Raises ValidationError by field, or WrongState for an archived prompt."""
    kept = Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
    if not can(kept, "edit"):
        raise WrongState(kept, "edit")
    if changed_at is not None and kept.changed_at != changed_at:
        raise Conflict(kept)
    before = values(kept)
    assign(kept, check(fields, kept))
    if values(kept) == before:
        return kept
    if kept.live_at is not None:
        kept.version += 1
        rebase(kept)
    kept.changed_at = timezone.now()
    kept.save()
    write_version(kept, by)
    return kept


def assign(prompt: Prompt, checked: Mapping[str, Any]) -> None:
    for name in FIELDS:
        setattr(prompt, "audience_id" if name == "audience" else name, checked[name])


def write_version(prompt: Prompt, by: Any) -> None:
    fields = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values(prompt).items()
    }
    made_by = by.get_username() if hasattr(by, "get_username") else str(by or "")
    PromptVersion.objects.update_or_create(
        prompt=prompt,
        number=prompt.version,
        defaults={"fields": fields, "made_by": made_by[:150], "at": timezone.now()},
    )


def copy(prompt: Prompt, *, by: Any = None) -> Prompt:
    return create(values(prompt) | {"name": free_name(prompt.name)}, by=by)


def free_name(name: str) -> str:
    """The name itself, or with (copy) behind it."""
    taken = set(Prompt.objects.filter(name__startswith=name[: NAME_MAX - 12]).values_list("name"))
    for number in range(10_000):
        ending = ("", " (copy)")[number] if number < 2 else f" (copy {number})"
        candidate = name[: NAME_MAX - len(ending)] + ending
        if (candidate,) not in taken:
            return candidate
    raise ValidationError({"name": ["Name this prompt differently before copying it."]})


@transaction.atomic
def move(prompt: Prompt, verb: str, *, now: datetime, reason: str = BY_PERSON) -> Prompt:
    """`live`, `pause` or `archive`. Raises WrongState; ValidationError where it can't go live."""
    allowed, to = MOVES[verb]
    kept = Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
    if kept.status not in allowed:
        raise WrongState(kept, verb)
    if verb == "live":
        check_ready(kept, now)
        kept.live_at, kept.paused_reason = now, ""
        rebase(kept)
    else:
        kept.stopped_at = now if kept.status == S.LIVE else kept.stopped_at
        kept.paused_reason = reason if verb == "pause" else ""
    kept.status = to
    kept.save()
    return kept


def check_ready(prompt: Prompt, now: datetime) -> None:
    errors: dict[str, list[str]] = {}
    if prompt.ends_at is not None and prompt.ends_at <= now:
        errors["ends_at"] = ["The end is in the past. Choose a later one, or none."]
    if prompt.audience is not None and prompt.audience.archived_at is not None:
        errors["audience"] = [f"{prompt.audience.name} is archived. Choose another audience."]
    if errors:
        raise ValidationError(errors)


def rebase(prompt: Prompt) -> None:
    """What was asked and burned until now no longer counts for pausing by itself."""
    prompt.asks_before, prompt.burned_before = rollups.asks_and_burned(prompt.pk)


def overlapping(prompt: Prompt) -> list[Prompt]:
    """Other live prompts that the same phones could see, by priority, then the oldest first."""
    others = Prompt.objects.filter(status=S.LIVE).exclude(pk=prompt.pk)
    return [
        other
        for other in others
        if set(other.platforms) & set(prompt.platforms)
        and (
            None in (other.audience_id, prompt.audience_id)
            or other.audience_id == prompt.audience_id
        )
    ]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to think about before it goes live; nothing that forbids it."""

    code: str
    sentence: str


FEW_DAYS_S = 3 * 24 * 3600


def remarks(prompt: Prompt) -> list[Remark]:
    found = []
    if prompt.frequency == PromptFrequency.ONCE:
        told = "Only once: low chance of conversion. Most people say yes at a later time."
        found.append(Remark("once", told))
    if prompt.frequency == PromptFrequency.EVERY_TIME:
        told = "Every time: too aggressive. People learn to dismiss it, or leave the app."
        found.append(Remark("every_time", told))
    elif prompt.frequency == PromptFrequency.MULTIPLE and prompt.gap_seconds < FEW_DAYS_S:
        found.append(Remark("short_gap", "The gap is under three days; 14 days is what we advise."))
    if not prompt.fallback_to_settings:
        told = "Phones without an ask left never see it: nothing leads them to the settings."
        found.append(Remark("no_fallback", told))
    for other in overlapping(prompt):
        told = f"{other.name} is live for some of the same phones, with priority {other.priority}."
        found.append(Remark("overlap", told))
    return found
