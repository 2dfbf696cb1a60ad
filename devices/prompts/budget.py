"""What would happen, before it does: the asks that are left in a prompt's audience, who would
see it, and for one person whether and why not. Read-only; the rules are those of `rules`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from devices import audiences, consent
from devices.models import Audience, Device, Prompt, PromptState
from devices.permission import Status
from devices.prompts import offers, reasons, rules, sessions
from devices.prompts.knowing import is_quiet, know, live_prompts, rules_of
from devices.prompts.rules import ORDER, Facts, Rules
from devices.prompts.triggers import AT_APP_OPEN, Happening
from devices.querysets import DeviceQuerySet
from devices.states import Platform, PromptStatus

COLUMNS = (
    "pk", "device_id", "platform", "app_version", "perm_status", "perm_system", "opted_out",
    "asks_left", "perm_denials",
)  # fmt: skip


@dataclass(slots=True)
class Sight:
    """Phones that would see it at their next open: those a tap would ask, and those it would send
    to the settings."""

    would_see: int = 0
    could_ask: int = 0
    to_settings: int = 0


@dataclass(slots=True)
class Budget:
    """`phones` are the active ones of the audience; `reasons` why the others would not see it.
    `asks_left` is the sum of the first asks of iPhones and the first and second ones of Androids,
    and includes those of phones which would not see it now."""

    phones: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    ios_first: int = 0
    android_first: int = 0
    android_second: int = 0
    asks_left: int = 0
    by_platform: dict[str, Sight] = field(default_factory=dict)

    @property
    def would_see(self) -> int:
        return sum(sight.would_see for sight in self.by_platform.values())

    @property
    def could_ask(self) -> int:
        return sum(sight.could_ask for sight in self.by_platform.values())

    @property
    def to_settings(self) -> int:
        return sum(sight.to_settings for sight in self.by_platform.values())

    def as_dict(self) -> dict[str, Any]:
        names = ("phones", "reasons", "ios_first", "android_first", "android_second", "asks_left")
        return {name: getattr(self, name) for name in names} | {
            "would_see": self.would_see,
            "could_ask": self.could_ask,
            "to_settings": self.to_settings,
            "platforms": {
                name: {
                    "would_see": sight.would_see,
                    "could_ask": sight.could_ask,
                    "to_settings": sight.to_settings,
                }
                for name, sight in self.by_platform.items()
            },
        }


def unsaved(checked: Mapping[str, Any]) -> Prompt:
    """A prompt out of `checking.check`, to ask about before it is kept."""
    named = {"audience_id" if name == "audience" else name: checked[name] for name in checked}
    return Prompt(**named)


def budget(prompt: Prompt, now: datetime) -> Budget:
    """For drafts, too: as if it were live, and within its dates unless those are over. Phones
    that allow notifications are counted by the database; the others are asked one by one."""
    asked = as_planned(rules_of(prompt), now)
    members = audience_of(prompt, now).active()
    found = Budget(by_platform={platform: Sight() for platform in Platform.values})
    why: Counter[str] = Counter()
    allowed = members.filter(platform__in=prompt.platforms, perm_status=Status.GRANTED)
    over = asked.ends_at is not None and asked.ends_at <= now
    if not (over or prompt.min_app_version or prompt.max_app_version):
        why["already_allowed"] = allowed.count()
        members = members.exclude(perm_status=Status.GRANTED, platform__in=prompt.platforms)
    found.phones = why["already_allowed"]
    states = states_of(prompt, now)
    for row in members.order_by().values_list(*COLUMNS).iterator(chunk_size=5_000):
        found.phones += 1
        pk, asks_left, denials = row[0], row[7], row[8]
        facts = facts_of_row(row, states.get(pk))
        reason = rules.evaluate(asked, facts, now)
        if reason not in ("platform_excluded", "app_version_excluded"):
            count_asks(found, facts, asks_left, denials)
        if reason:
            why[reason] += 1
            continue
        sight = found.by_platform[facts.platform]
        sight.would_see += 1
        sight.could_ask += asks_left > 0
        sight.to_settings += facts.status == Status.DENIED
    found.reasons = {reason: why[reason] for reason in ORDER if why[reason]}
    return found


def as_planned(asked: Rules, now: datetime) -> Rules:
    """As if live; a start that lies ahead is no hindrance, an end that is over is."""
    starts = asked.starts_at if asked.starts_at and asked.starts_at <= now else None
    return replace(asked.as_if_live(), starts_at=starts)


def audience_of(prompt: Prompt, now: datetime) -> DeviceQuerySet:
    if prompt.audience_id is None:
        return Device.objects.all()
    return audiences.devices(Audience.objects.get(pk=prompt.audience_id), now)


@dataclass(slots=True)
class Seen:
    displays: int = 0
    last_display_at: datetime | None = None
    prompted_at: datetime | None = None


def states_of(prompt: Prompt, now: datetime) -> dict[int, Seen]:
    """By phone, what it saw of this prompt, and of any prompt in the last day."""
    found: dict[int, Seen] = {}
    shown = PromptState.objects.filter(displays__gt=0).exclude(device__perm_status=Status.GRANTED)
    recent = Q(last_display_at__gt=now - rules.GUARD)
    mine = Q(prompt=prompt.pk) if prompt.pk else Q(pk__in=())
    columns = ("device_id", "prompt_id", "displays", "last_display_at")
    for device, pk, displays, last in shown.filter(mine | recent).values_list(*columns).iterator():
        seen = found.setdefault(device, Seen())
        if pk == prompt.pk:
            seen.displays, seen.last_display_at = displays, last
        if last is not None and (seen.prompted_at is None or last > seen.prompted_at):
            seen.prompted_at = last
    return found


def facts_of_row(row: tuple[Any, ...], seen: Seen | None) -> Facts:
    _, device_id, platform, app_version, status, system, opted_out, *_ = row
    seen = seen or Seen()
    return Facts(
        device_id=device_id,
        platform=platform,
        status=status,
        app_version=app_version,
        quiet=is_quiet(platform, system),
        opted_out=opted_out,
        displays=seen.displays,
        last_display_at=seen.last_display_at,
        prompted_at=seen.prompted_at,
    )


def count_asks(found: Budget, facts: Facts, asks_left: int, denials: int) -> None:
    """A phone that may be asked twice has its first and its second ask left."""
    found.asks_left += asks_left
    if facts.platform == Platform.IOS:
        found.ios_first += asks_left
        return
    first_is_spent = facts.status == Status.SHOULD_EXPLAIN or denials > 0
    found.android_first += asks_left > 0 and not first_is_spent
    found.android_second += asks_left > 1 or (asks_left > 0 and first_is_spent)


# ---------------------------------------------------------------- one person, one phone


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is empty where the phone would see it; `next_action` what a tap would do then."""

    device: Device
    reason: str
    sentence: str
    next_step: str
    next_action: str
    opt_in_first: bool

    @property
    def would_see(self) -> bool:
        return not self.reason


def for_person(
    prompt: Prompt, user_id: str, now: datetime, trigger: Happening | None = None
) -> list[Verdict]:
    """For each of her phones, if she opened the app now; the other live prompts compete. Without a
    `trigger` it is taken for granted that one is met."""
    phones = Device.objects.filter(owner__user_id=user_id).order_by("pk")
    return [verdict(prompt, device, now, trigger) for device in phones]


def verdict(
    prompt: Prompt, device: Device, now: datetime, trigger: Happening | None = None
) -> Verdict:
    others = [other for other in live_prompts() if other.pk != prompt.pk]
    mine = rules_of(prompt)
    asked = [
        mine.as_if_live() if prompt.status == PromptStatus.DRAFT else mine,
        *map(rules_of, others),
    ]
    reason = newly_opened(device, asked, now, trigger)[mine.pk]
    action = offers.action(prompt, consent.derived_of(device))
    return Verdict(
        device,
        reason,
        reasons.sentence(reason),
        reasons.next_step(reason),
        "" if reason else action["next_action"],
        bool(not reason and action["opt_in_first"]),
    )


def newly_opened(
    device: Device, asked: list[Rules], now: datetime, trigger: Happening | None
) -> dict[int, str]:
    """Why each can't be shown in a session that starts now: audiences are asked anew."""
    known = know(device)
    known.session_id, known.members = "", {}
    known.ask_audiences(asked, now)
    return sessions.decide(asked, known, trigger, (), now)


def for_device(device: Device, now: datetime) -> list[tuple[Prompt, str]]:
    """The live prompts in the order of their priority, each with why not, at the next open."""
    prompts = live_prompts()
    found = newly_opened(device, [rules_of(prompt) for prompt in prompts], now, AT_APP_OPEN)
    return [(prompt, found[prompt.pk]) for prompt in prompts]
