"""A prompt as a phone gets it: the texts in its language, the rules to follow by itself."""

from datetime import datetime
from typing import Any

from django.conf import settings

from devices.models import Prompt
from devices.permission import Derived, NextAction
from devices.prompts.checking import TEXTS
from devices.prompts.knowing import Knowledge
from devices.prompts.rules import GUARD, gap_of, most_displays
from devices.prompts.rules import Rules as PromptRules

CLICK_ACTION = "push_permission_prompt"


def offer(prompt: Prompt, rules: PromptRules, known: Knowledge, derived: Derived) -> dict[str, Any]:
    state = known.states.get(prompt.pk)
    last = state.last_display_at if state else None
    waits = [moment for moment in (last and last + gap_of(rules), guard_until(known)) if moment]
    return {
        "id": prompt.pk,
        "version": prompt.version,
        "priority": prompt.priority,
        "content": content(prompt, known.device.locale),
        "triggers": prompt.triggers,
        "frequency": {
            "kind": prompt.frequency,
            "max_displays": most_displays(rules),
            "gap_seconds": int(gap_of(rules).total_seconds()),
        },
        "state": {"displays": state.displays if state else 0, "last_display_at": last},
        "not_before": max(waits, default=None),
        "ends_at": prompt.ends_at,
        "action": {
            "click_action": CLICK_ACTION,
            "fallback_to_settings": prompt.fallback_to_settings,
        }
        | action(prompt, derived),
    }


def action(prompt: Prompt, derived: Derived) -> dict[str, Any]:
    """What a tap does now. Where only our own opt-out stands in the way it is the opt-in; where
    that stands beside the system's answer, it comes first."""
    next_action = derived.next_action(fallback_to_settings=prompt.fallback_to_settings)
    return {
        "next_action": next_action,
        "opt_in_first": derived.opted_out and next_action != NextAction.OPT_IN,
    }


def guard_until(known: Knowledge) -> datetime | None:
    shown = [one.last_display_at for one in known.states.values() if one.last_display_at]
    return max(shown) + GUARD if shown else None


def content(prompt: Prompt, locale: str) -> dict[str, Any]:
    chosen, texts = language(prompt, locale)
    return (
        {name: texts.get(name) or getattr(prompt, name) for name in TEXTS}
        | {"image": image_url(prompt.image)}
        | {"layout": prompt.layout, "locale": chosen}
    )


def language(prompt: Prompt, locale: str) -> tuple[str, dict[str, str]]:
    """`de-AT` is served with itself, then with `de`, then with the texts of all."""
    known = {name.replace("_", "-").lower(): name for name in prompt.locales}
    wanted = locale.replace("_", "-").lower()
    while wanted:
        if wanted in known:
            return known[wanted], prompt.locales[known[wanted]]
        wanted = wanted.rpartition("-")[0]
    return "", {}


def image_url(image: str) -> str:
    return image if not image or "://" in image else settings.MEDIA_URL + image
