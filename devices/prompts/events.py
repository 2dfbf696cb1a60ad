"""What a phone tells of a prompt: each event once, in one transaction with what it means for the
phone's permission, for the prompt's frequency and for the counts.

Whatever names a phone waits for the others that do: its row is locked first.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devices import consent
from devices.consent import NoAskLeft, Said
from devices.locking import serialized
from devices.models import Device, Prompt, PromptEvent, PromptState
from devices.permission import Answer, Derived, Report
from devices.prompts import converting, offers, pausing, rollups, rules
from devices.prompts.knowing import QUIET, know, rules_of, status_at
from devices.states import Platform
from devices.states import PromptEventType as E

FRESH = timedelta(minutes=10)  # younger than that counts as now: clocks of phones differ
OLDEST = timedelta(days=30)


class Impossible(ValueError):
    """What this phone's system can't answer. `field` says which part of the event tells it."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class NotEligible(Exception):
    """The display lost a race: something changed since the phone was told that it may show it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Told:
    """One event; `at` is the phone's clock. `detail` is the element tapped or the way of
    dismissing; `options` the alert, sound and badge of the system's dialog."""

    event_id: str
    prompt_id: int
    device_id: str
    type: str
    at: datetime | None = None
    session_id: str = ""
    version: int | None = None
    detail: str = ""
    result: str = ""
    dialog_shown: bool | None = None
    elapsed_ms: int | None = None
    system: str = ""
    rationale: bool | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`action` is what the app may do now: `next_action` and `opt_in_first`."""

    duplicate: bool
    derived: Derived
    action: dict[str, Any]


@serialized
def record(told: Told, *, now: datetime) -> Recorded:
    """Raises NotEligible for a display that may not be, Impossible for an answer that a system
    can't give, Prompt.DoesNotExist, Device.DoesNotExist."""
    prompt = Prompt.objects.get(pk=told.prompt_id)
    device = consent.locked(told.device_id)
    if PromptEvent.objects.filter(device=device, event_id=told.event_id).exists():
        return answer(prompt, consent.derived_of(device), duplicate=True)
    at = moment_of(told, prompt, now)
    session_id = told.session_id
    if told.type == E.IMPRESSION:
        session_id = check_display(prompt, device, session_id, at)
    derived = TELLS[E(told.type)](device, told, at)  # may change this phone's states: before ours
    state = state_of(prompt, device)
    counted = rollups.of_state(state)
    event = event_of(told, prompt, device, state)
    event.session_id, event.at, event.received_at = session_id, at, now
    note(state, event)
    event.save(force_insert=True)
    if told.type == E.IMPRESSION:
        converting.convert_late(device, state, event)
    converting.settle(state, counted, rollups.of_event(event))
    Device.objects.filter(pk=device.pk, last_seen_at__lt=now).update(last_seen_at=now)
    if event.result == "denied":
        pausing.consider(prompt, now)
    return answer(prompt, derived, duplicate=False)


def event_of(told: Told, prompt: Prompt, device: Device, state: PromptState) -> PromptEvent:
    """What was told, as its row; when and in which session is the caller's."""
    return PromptEvent(
        prompt=prompt,
        device=device,
        event_id=told.event_id,
        type=told.type,
        version=version_of(told, prompt, state),
        platform=state.platform,
        detail=told.detail,
        result=result_of(told, device),
        dialog_shown=told.dialog_shown,
        elapsed_ms=told.elapsed_ms,
    )


def answer(prompt: Prompt, derived: Derived, *, duplicate: bool) -> Recorded:
    return Recorded(duplicate, derived, offers.action(prompt, derived))


def moment_of(told: Told, prompt: Prompt, now: datetime) -> datetime:
    """A clock that runs ahead is set back to ours."""
    if told.at is None or now - told.at < FRESH:
        return now
    return max(told.at, now - OLDEST)


def version_of(told: Told, prompt: Prompt, state: PromptState) -> int:
    """What the app says it showed; else what this phone saw last; else the present one."""
    if told.version:
        return min(told.version, prompt.version)
    saw_one = state.displays and told.type != E.IMPRESSION
    return state.slice_version if saw_one else prompt.version


def result_of(told: Told, device: Device) -> str:
    """In a word; what was asked of the system but shown to nobody is `not_shown`."""
    if told.type == E.SETTINGS_RETURNED:
        return told.system
    if told.type == E.OPT_IN:
        return "was_opted_out" if device.opted_out else ""
    nothing_shown = Answer(
        told.result, dialog_shown=told.dialog_shown, elapsed_ms=told.elapsed_ms
    ).nothing_was_shown
    return "not_shown" if told.result == "denied" and nothing_shown else told.result


def check_display(prompt: Prompt, device: Device, session_id: str, at: datetime) -> str:
    """Rules 1 to 12 once more, now that nobody else can change what they ask. Returns the session
    that it happened in."""
    known = know(device, session_id)
    asked = rules_of(prompt)
    known.ask_audiences([asked], at)
    facts = known.facts(asked, at, status_at(device, at))
    if reason := rules.evaluate(asked, facts, at):
        raise NotEligible(reason)
    return known.session_id


def state_of(prompt: Prompt, device: Device) -> PromptState:
    states = PromptState.objects.select_for_update()
    state = states.filter(device=device, prompt=prompt).first()
    return state or PromptState(device=device, prompt=prompt, platform=device.platform)


# ---------------------------------------------------------------- for the phone's permission


def keep_permission(device: Device, told: Told, at: datetime) -> Derived:
    """Shown, tapped, dismissed: nothing is spent."""
    return consent.derived_of(device)


def dialog_shown(device: Device, told: Told, at: datetime) -> Derived:
    options = {name: value for name, value in told.options.items() if value is not None}
    try:
        return consent.ask_shown(device.device_id, options=options, **named(told), at=at)
    except NoAskLeft as error:
        return error.derived


def dialog_answered(device: Device, told: Told, at: datetime) -> Derived:
    given = Answer(
        told.result, dialog_shown=told.dialog_shown, elapsed_ms=told.elapsed_ms, **told.options
    )
    try:
        return consent.ask_result(device.device_id, given, **named(told), at=at)
    except ValueError as error:
        raise Impossible("result", str(error)) from None


def settings_opened(device: Device, told: Told, at: datetime) -> Derived:
    return consent.settings_opened(device.device_id, **named(told), at=at)


def settings_returned(device: Device, told: Told, at: datetime) -> Derived:
    if device.platform == Platform.ANDROID and told.system in QUIET:
        raise Impossible("system", f"Android knows no {told.system} permission.")
    said = Said(Report(told.system, source="settings", rationale=told.rationale))
    return consent.report(device.device_id, said, event_id=told.event_id, at=at)


def opted_in(device: Device, told: Told, at: datetime) -> Derived:
    return consent.opt_in(device.device_id, at=at)


def named(told: Told) -> dict[str, str]:
    return {"prompt_id": str(told.prompt_id), "event_id": told.event_id}


TELLS = {
    E.IMPRESSION: keep_permission,
    E.CLICK: keep_permission,
    E.DISMISS: keep_permission,
    E.SYSTEM_SHOWN: dialog_shown,
    E.SYSTEM_RESULT: dialog_answered,
    E.SETTINGS_OPENED: settings_opened,
    E.SETTINGS_RETURNED: settings_returned,
    E.OPT_IN: opted_in,
}


# ---------------------------------------------------------------- for the prompt's own memory


def note(state: PromptState, event: PromptEvent) -> None:
    """In whatever order they come: times only move outwards, and dialogs are counted by the
    larger of those opened and those answered."""
    asked = state.asked
    match event.type:
        case E.IMPRESSION:
            displayed(state, event)
        case E.CLICK:
            state.clicks += 1
        case E.DISMISS:
            state.dismissals += 1
        case E.SYSTEM_SHOWN:
            state.dialogs_told += 1
        case E.SYSTEM_RESULT:
            answered(state, event)
        case E.SETTINGS_OPENED:
            state.settings_opened_at = max(state.settings_opened_at or event.at, event.at)
        case E.OPT_IN if event.result:
            state.opted_in_at = state.opted_in_at or event.at
    event.asks = state.asked - asked
    if state.last_event_at is None or event.at >= state.last_event_at:
        state.last_event, state.last_event_at = event.type, event.at


def displayed(state: PromptState, event: PromptEvent) -> None:
    at = event.at
    if state.eligible_at is None:
        state.eligible_at, state.eligible_version = at, event.version
    state.displays += 1
    state.first_display_at = min(state.first_display_at or at, at)
    if state.last_display_at is None or at >= state.last_display_at:
        state.last_display_at, state.last_session = at, event.session_id
    newer = state.slice_at is None or at >= state.slice_at
    if newer and state.converted_at is None:
        state.slice_at, state.slice_version = at, event.version


def answered(state: PromptState, event: PromptEvent) -> None:
    if event.result == "not_shown":
        state.unshown += 1
        return
    state.answers += 1
    state.denials += event.result == "denied"
    if event.result == "granted":
        state.granted_at = state.granted_at or event.at
