"""What a soft prompt may cost before it goes live: the asks that are left, and one person's answer."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from console import phone_words
from devices.models import AppUser, Device, Prompt, PromptState
from devices.prompts import budget as asks
from devices.prompts import reasons
from devices.states import DeviceState, PromptStatus
from notifications import reach


@dataclass(frozen=True, slots=True)
class Line:
    """One phone, one prompt: would it show now?"""

    phone: str
    would_see: bool
    sentence: str
    next_step: str


def budget(prompt: Prompt) -> dict[str, Any]:
    found = asks.budget(prompt, timezone.now())
    parts = [
        {"kind": "retry", "label": "iPhone, its only ask", "count": found.ios_first},
        {"kind": "received", "label": "Android, two asks left", "count": found.android_first},
        {"kind": "unknown", "label": "Android, last ask", "count": found.android_second},
    ]
    why = [(reasons.label(code), count) for code, count in found.reasons.items() if code and count]
    return {
        "prompt": prompt,
        "budget": found,
        "parts": parts,
        "why": why,
        "others": found.phones - found.would_see,
    }


def person(prompt: Prompt, user_id: str) -> dict[str, Any]:
    known = AppUser.objects.filter(user_id=user_id).exists()
    found = asks.for_person(prompt, user_id, timezone.now()) if known else []
    lines = [line(one.device, one.reason, one.would_see, one.next_action) for one in found]
    return {"unknown": not known, "verdicts": lines}


AFTER_YES = {
    "system_prompt": "A yes brings up the phone’s own dialog.",
    "open_settings": "A yes opens the phone’s settings: no ask is left.",
    "opt_in": "A yes opts in again, without a dialog.",
    "none": "",
}


def line(device: Device, reason: str, would_see: bool, next_action: str) -> Line:
    name = phone_words.phone(device, reach.policy(timezone.now())).name
    if would_see:
        return Line(name, True, AFTER_YES.get(next_action, ""), "")
    return Line(name, False, reasons.sentence(reason), reasons.next_step(reason))


@dataclass(frozen=True, slots=True)
class Seen:
    """One prompt on one of her phones: what she did with it, and whether it would show now."""

    prompt: Prompt
    line: Line
    state: PromptState | None


PHONES_MOST = 10


def of_person(devices: list[Device]) -> list[Seen]:
    """Every live prompt on each phone that is hers now; [] while none is live."""
    active = [one for one in devices if one.state == DeviceState.ACTIVE][:PHONES_MOST]
    if not active or not Prompt.objects.filter(status=PromptStatus.LIVE).exists():
        return []
    states = {
        (state.device_id, state.prompt_id): state
        for state in PromptState.objects.filter(device__in=active, displays__gt=0)
    }
    now = timezone.now()
    return [
        Seen(prompt, line(device, reason, not reason, ""), states.get((device.pk, prompt.pk)))
        for device in active
        for prompt, reason in asks.for_device(device, now)
    ]
