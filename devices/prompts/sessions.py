"""A session starts: which prompts could come up in it, and by which rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devices import consent
from devices.locking import serialized
from devices.models import Device, Prompt, PromptSession, PromptState
from devices.permission import Derived
from devices.prompts import converting, offers, rollups, rules
from devices.prompts.knowing import Knowledge, know, live_prompts, rules_of
from devices.prompts.rules import Rules
from devices.prompts.triggers import Happening

LATER = frozenset({"", "gap", "global_cap"})  # could come up before the session ends
COUNTED = LATER | {"max_displays"}  # found eligible; those before are not


@dataclass(frozen=True, slots=True)
class Started:
    offers: list[dict[str, Any]]
    guard_until: datetime | None
    derived: Derived


@serialized
def start(
    device_id: str,
    session_id: str,
    *,
    now: datetime,
    started_at: datetime | None = None,
    app_version: str | None = None,
) -> Started:
    """Raises Device.DoesNotExist. The same session again asks no audience anew."""
    device = consent.locked(device_id)
    touched: dict[str, Any] = {"last_seen_at": max(device.last_seen_at, now)}
    if app_version is not None and app_version != device.app_version:
        device.app_version = touched["app_version"] = app_version
    prompts = live_prompts()
    derived = consent.derived_of(device)
    known, reasons = look(device, session_id, prompts, now)
    save_session(known, session_id, min(started_at or now, now))
    Device.objects.filter(pk=device.pk).update(**touched)
    count_eligible(known, prompts, reasons, now)
    offered = [
        offers.offer(prompt, rules_of(prompt), known, derived)
        for prompt in prompts
        if reasons[prompt.pk] in LATER
    ]
    return Started(offered, offers.guard_until(known), derived)


def look(
    device: Device, session_id: str, prompts: Sequence[Prompt], now: datetime
) -> tuple[Knowledge, dict[int, str]]:
    """Why each prompt can't be shown, without its triggers. A phone that no prompt is for by what
    is known already costs no further query."""
    asked = [rules_of(prompt) for prompt in prompts]
    bare = Knowledge(device, {}, session_id)
    possible = [one for one in asked if rules.could_be_a_member(one, bare.bare(), now)]
    known = bare
    if possible:
        known = know(device, session_id)
        known.session_id = known.session_id or session_id
        known.ask_audiences(possible, now)
    return known, {one.pk: rules.evaluate(one, known.facts(one, now), now) for one in asked}


def save_session(known: Knowledge, session_id: str, at: datetime) -> None:
    device = known.device
    PromptSession.objects.bulk_create(
        [
            PromptSession(
                device=device,
                session_id=session_id,
                owner_pk=device.owner_id,
                members=known.members,
                started_at=at,
            )
        ],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=["session_id", "owner_pk", "members", "started_at"],
    )


def count_eligible(
    known: Knowledge, prompts: Sequence[Prompt], reasons: dict[int, str], now: datetime
) -> None:
    """Once for each phone and prompt: found eligible, or held out of those who are."""
    for prompt in prompts:
        reason = reasons[prompt.pk]
        if reason not in COUNTED and reason != "holdout":
            continue
        state = known.states.get(prompt.pk)
        if state is not None and state.eligible_at is not None:
            continue
        state = state or PromptState(device=known.device, prompt=prompt)
        state.platform = state.platform or known.device.platform
        before = rollups.of_state(state)
        state.held_out = reason == "holdout"
        state.eligible_at, state.eligible_version = now, prompt.version
        converting.settle(state, before)


@dataclass(frozen=True, slots=True)
class Evaluated:
    offer: dict[str, Any] | None
    reasons: dict[int, str]


@serialized
def evaluate(
    device_id: str,
    session_id: str,
    trigger: Happening,
    earlier: Sequence[Happening],
    *,
    now: datetime,
) -> Evaluated:
    """For apps that leave the decision to us: the one prompt to show now, or none. Raises
    Device.DoesNotExist."""
    device = consent.locked(device_id)
    prompts = live_prompts()
    known, able = look(device, session_id, prompts, now)
    if known.asked_anew:
        save_session(known, session_id, now)
    count_eligible(known, prompts, able, now)
    asked = {prompt.pk: rules_of(prompt) for prompt in prompts}
    reasons = decide(list(asked.values()), known, trigger, earlier, now)
    winner = next((prompt for prompt in prompts if not reasons[prompt.pk]), None)
    derived = consent.derived_of(device)
    offer = offers.offer(winner, asked[winner.pk], known, derived) if winner else None
    return Evaluated(offer, reasons)


def decide(
    asked: Sequence[Rules],
    known: Knowledge,
    trigger: Happening | None,
    earlier: Sequence[Happening],
    now: datetime,
) -> dict[int, str]:
    reasons = {
        one.pk: rules.evaluate(one, known.facts(one, now), now, trigger, earlier) for one in asked
    }
    return rules.choose(reasons, asked)
