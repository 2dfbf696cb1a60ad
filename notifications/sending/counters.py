"""A batch's counters: final outcomes per system, as JSON; `waiting` is computed, never stored."""

from collections import Counter
from typing import Any

from devices.states import Platform
from notifications.states import FINAL, Outcome

Delta = Counter[tuple[str, str, str]]  # (platform, outcome or "targeted", reason) → how many


def apply(counters: dict[str, Any], delta: Delta) -> dict[str, Any]:
    """`counters` with `delta` added, in place."""
    for (platform, outcome, reason), n in delta.items():
        if not n or outcome == Outcome.WAITING:
            continue
        mine = counters.setdefault(platform, {})
        mine[outcome] = mine.get(outcome, 0) + n
        if reason and outcome != "targeted":
            reasons = mine.setdefault("reasons", {})
            key = f"{outcome}:{reason}"
            reasons[key] = reasons.get(key, 0) + n
    return counters


def total(many: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The sum of many batches' counters: {"ios": {…, "reasons": {…}}, "android": {…}}."""
    names = ("targeted", *(outcome.value for outcome in FINAL))
    summed: dict[str, dict[str, Any]] = {
        platform: dict.fromkeys(names, 0) | {"reasons": Counter()} for platform in Platform.values
    }
    for counters in many:
        for platform, mine in counters.items():
            into = summed.setdefault(platform, dict.fromkeys(names, 0) | {"reasons": Counter()})
            for name, value in mine.items():
                if name == "reasons":
                    into["reasons"].update(value)
                else:
                    into[name] = into.get(name, 0) + value
    return summed
