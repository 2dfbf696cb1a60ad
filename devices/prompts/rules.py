"""May this phone see this prompt now? Pure: no database, no clock. First failing reason wins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from devices.permission import Status
from devices.prompts import triggers
from devices.prompts.triggers import Happening
from devices.states import PromptFrequency, PromptStatus

GUARD = timedelta(hours=24)
VERSION_PARTS = 4


@dataclass(frozen=True, slots=True)
class Rules:
    """A prompt, as far as it decides who sees it. `live_at` and `stopped_at`: when it last went
    live, and last stopped."""

    pk: int
    status: str
    platforms: frozenset[str]
    priority: int = 0
    live_at: datetime | None = None
    stopped_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    min_app_version: str = ""
    max_app_version: str = ""
    include_provisional: bool = True
    include_opted_out: bool = False
    fallback_to_settings: bool = True
    audience: int | None = None
    holdout_pct: int = 0
    frequency: str = PromptFrequency.MULTIPLE.value
    max_displays: int = 9_999
    gap: timedelta = timedelta(days=14)
    triggers: Sequence[Sequence[Mapping[str, Any]]] = field(default_factory=list)

    def was_live(self, at: datetime) -> bool:
        """A display that is told late counts if the prompt was live when it happened."""
        if self.live_at is not None and at < self.live_at:
            return False
        if self.status == PromptStatus.LIVE:
            return True
        return self.live_at is not None and self.stopped_at is not None and at < self.stopped_at

    def as_if_live(self) -> "Rules":
        """For asking beforehand what a draft would do."""
        return replace(self, status=PromptStatus.LIVE.value, live_at=None, stopped_at=None)


@dataclass(frozen=True, slots=True)
class Facts:
    """A phone, and what it did with this prompt and with the others. `prompted_at` is the last
    display of any prompt; `prompted_this_session` whether one was in this session."""

    device_id: str
    platform: str
    status: str
    active: bool = True
    app_version: str = ""
    quiet: bool = False
    opted_out: bool = False
    in_audience: bool = True
    displays: int = 0
    last_display_at: datetime | None = None
    prompted_at: datetime | None = None
    prompted_this_session: bool = False


Rule = Callable[[Rules, Facts, datetime], bool]


def held_out(rules: Rules, device_id: str) -> bool:
    """The same phones each time, and others for each prompt."""
    return crc32(f"{rules.pk}:{device_id}".encode()) % 100 < rules.holdout_pct


def version_key(version: str) -> tuple[int, ...] | None:
    """Compares part by part as numbers; None for what is no dotted number."""
    parts = version.split(".")
    if len(parts) > VERSION_PARTS or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    return tuple(int(part) for part in [*parts, *"0" * (VERSION_PARTS - len(parts))])


def _outside_schedule(rules: Rules, facts: Facts, now: datetime) -> bool:
    early = rules.starts_at is not None and now < rules.starts_at
    return early or (rules.ends_at is not None and now >= rules.ends_at)


def _app_version_excluded(rules: Rules, facts: Facts, now: datetime) -> bool:
    if not rules.min_app_version and not rules.max_app_version:
        return False
    version = version_key(facts.app_version)
    if version is None:
        return True
    low, high = version_key(rules.min_app_version), version_key(rules.max_app_version)
    return (low is not None and version < low) or (high is not None and version > high)


def _no_ask_left(rules: Rules, facts: Facts, now: datetime) -> bool:
    return facts.status == Status.DENIED and not rules.fallback_to_settings


def most_displays(rules: Rules) -> int | None:
    """None is without end."""
    if rules.frequency == PromptFrequency.EVERY_TIME:
        return None
    return 1 if rules.frequency == PromptFrequency.ONCE else rules.max_displays


def gap_of(rules: Rules) -> timedelta:
    return rules.gap if rules.frequency == PromptFrequency.MULTIPLE else timedelta(0)


def _max_displays(rules: Rules, facts: Facts, now: datetime) -> bool:
    most = most_displays(rules)
    return most is not None and facts.displays >= most


def _gap(rules: Rules, facts: Facts, now: datetime) -> bool:
    last = facts.last_display_at
    return last is not None and abs(now - last) < gap_of(rules)


def _global_cap(rules: Rules, facts: Facts, now: datetime) -> bool:
    lately = facts.prompted_at is not None and abs(now - facts.prompted_at) < GUARD
    return lately or facts.prompted_this_session


# (reason, does it fail?) in the order in which they are asked; 13 and 14 follow in `evaluate`
# and `choose`.
TABLE: tuple[tuple[str, Rule], ...] = (
    ("not_live", lambda rules, facts, now: not rules.was_live(now)),
    ("outside_schedule", _outside_schedule),
    ("device_not_active", lambda rules, facts, now: not facts.active),
    ("platform_excluded", lambda rules, facts, now: facts.platform not in rules.platforms),
    ("app_version_excluded", _app_version_excluded),
    ("already_allowed", lambda rules, facts, now: facts.status == Status.GRANTED),
    (
        "provisional_excluded",
        lambda rules, facts, now: facts.quiet and not rules.include_provisional,
    ),
    (
        "opted_out_excluded",
        lambda rules, facts, now: facts.opted_out and not rules.include_opted_out,
    ),
    ("no_ask_left_no_fallback", _no_ask_left),
    ("audience_miss", lambda rules, facts, now: not facts.in_audience),
    ("holdout", lambda rules, facts, now: held_out(rules, facts.device_id)),
    ("max_displays", _max_displays),
    ("gap", _gap),
    ("global_cap", _global_cap),
)
ORDER = (*(reason for reason, _ in TABLE), "trigger_not_met", "lower_priority")
BEFORE_AUDIENCE = TABLE[: ORDER.index("audience_miss")]


def evaluate(
    rules: Rules,
    facts: Facts,
    now: datetime,
    trigger: Happening | None = None,
    earlier: Sequence[Happening] = (),
) -> str:
    """Why not, or "". Without a `trigger` the prompt's triggers are not asked (rules 1 to 12)."""
    for reason, fails in TABLE:
        if fails(rules, facts, now):
            return reason
    if trigger is not None and not triggers.met(rules.triggers, trigger, earlier):
        return "trigger_not_met"
    return ""


def could_be_a_member(rules: Rules, facts: Facts, now: datetime) -> bool:
    """Is it worth asking whether the person is in the audience?"""
    return not any(fails(rules, facts, now) for _, fails in BEFORE_AUDIENCE)


def choose(reasons: Mapping[int, str], prompts: Sequence[Rules]) -> dict[int, str]:
    """Of several that could be shown the first by priority, then the oldest, wins; the others
    get `lower_priority`."""
    able = sorted(
        (rules for rules in prompts if not reasons[rules.pk]),
        key=lambda rules: (-rules.priority, rules.pk),
    )
    return dict(reasons) | {rules.pk: "lower_priority" for rules in able[1:]}
