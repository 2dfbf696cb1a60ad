"""What a phone says about permission, written down: each function locks the device's row, applies
one transition of `permission`, stores what follows from it, and logs it.

Raises `Device.DoesNotExist` for a device nobody registered.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devices import changes, permission, preferences
from devices.locking import serialized
from devices.models import Device, PermissionAsk, PermissionEvent
from devices.permission import Answer, Derived, Facts, Report

OPEN_FOR = timedelta(minutes=10)  # a dialog that long without an answer is unresolved
SETTINGS_COUNT_FOR = timedelta(hours=24)
OLDEST = timedelta(days=366)  # a phone's clock may say any year; calendars end at year 1


class NoAskLeft(Exception):
    """The system would show no dialog. Carries what the app can do instead."""

    def __init__(self, derived: Derived) -> None:
        super().__init__("The system shows no dialog any more: only its settings can allow.")
        self.derived = derived


@dataclass(frozen=True, slots=True)
class Said:
    """A report and what surrounds it. `observed_at` is the phone's clock, clamped to ours."""

    report: Report
    channels: dict[str, int] | None = None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """How one transition enters the device's permission history."""

    kind: str
    source: str = ""
    event_id: str = ""
    prompt_id: str = ""
    observed_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def facts_of(device: Device) -> Facts:
    return Facts(
        platform=device.platform,
        api_level=device.api_level,
        target_sdk=device.target_sdk,
        os_version=device.os_version,
        system=device.perm_system,
        rationale=device.perm_rationale,
        denials=device.perm_denials,
        prompts_shown=device.perm_prompts_shown,
        dismissals=device.perm_dismissals,
        alert=device.perm_alert,
        sound=device.perm_sound,
        badge=device.perm_badge,
        known=device.perm_known,
        opted_out=device.opted_out,
    )


def derived_of(device: Device) -> Derived:
    return permission.derive(
        facts_of(device), ios_ask_direct=device.platform == "ios" and ask_direct()
    )


def ask_direct() -> bool:
    return bool(preferences.get("ios_ask_direct"))


def write(device: Device, facts: Facts, *, direct: bool | None = None) -> Derived:
    """Put the facts and what follows from them on the row; the caller saves it, and may know
    already whether iPhones are asked `direct`ly."""
    if direct is None:
        direct = facts.is_ios and ask_direct()
    derived = permission.derive(facts, ios_ask_direct=direct)
    device.perm_system = facts.system
    device.perm_rationale = facts.rationale
    device.perm_denials = facts.denials
    device.perm_prompts_shown = facts.prompts_shown
    device.perm_dismissals = facts.dismissals
    device.perm_alert, device.perm_sound, device.perm_badge = facts.alert, facts.sound, facts.badge
    device.perm_known = facts.known
    device.opted_out = facts.opted_out
    device.perm_status = derived.status
    device.asks_left = derived.asks_left
    device.deliverable = derived.deliverable
    device.notification_types = derived.notification_types
    device.perm_ambiguous = derived.ambiguous
    return derived


@serialized
def report(device_id: str, said: Said, *, event_id: str = "", at: datetime) -> Derived:
    """T1, T7, T8, T9. A report older than the last one is stored and not applied."""
    device = locked(device_id)
    if not seen_before(device, event_id):
        derived = take(device, said, at, event_id=event_id)
        touch(device, at)
        return derived
    return derived_of(device)


def take(
    device: Device, said: Said, at: datetime, *, event_id: str = "", direct: bool | None = None
) -> Derived:
    """Apply a report to a locked row; the caller saves it."""
    observed = max(min(said.observed_at or at, at), at - OLDEST)
    raw = raw_facts(said)
    if device.perm_reported_at and observed < device.perm_reported_at:
        log = Log("report", said.report.source, event_id, "", observed, raw)
        record(device, log, device.perm_status, at, applied=False)
        return write(device, facts_of(device), direct=direct)
    before, stood = device.perm_status, changes.standing(device)
    derived = write(device, permission.reported(facts_of(device), said.report), direct=direct)
    if said.channels is not None:
        device.perm_channels = said.channels
    device.perm_reported_at = observed
    source, prompt_id = attributed(device, said.report, before, at)
    device.perm_source = source
    if device.perm_status != before or event_id:
        log = Log("report", source, event_id, prompt_id, observed, raw)
        record(device, log, before, at)
    changes.tell(device, stood, observed)
    return derived


def raw_facts(said: Said) -> dict[str, Any]:
    names = ("system", "rationale", "alert", "sound", "badge")
    raw = {name: getattr(said.report, name) for name in names} | {"channels": said.channels}
    return {name: value for name, value in raw.items() if value is not None}


def attributed(device: Device, report: Report, before: str, at: datetime) -> tuple[str, str]:
    """T8: whoever sent the person to the settings within a day gets the credit."""
    turned_on = before != permission.Status.GRANTED and device.perm_status == "granted"
    if not turned_on or report.source == "prompt" or not device.pk:
        return report.source, ""
    opened = (
        PermissionEvent.objects.filter(
            device=device, kind="settings_opened", at__gte=at - SETTINGS_COUNT_FOR
        )
        .order_by("-pk")
        .first()
    )
    return ("settings", opened.prompt_id) if opened else (report.source, "")


@serialized
def ask_shown(
    device_id: str, *, options: dict[str, bool], prompt_id: str = "", event_id: str = "",
    at: datetime,
) -> Derived:  # fmt: skip
    """T2. Raises `NoAskLeft` for a phone that would show nothing; a granted phone needs none."""
    device = locked(device_id)
    derived = derived_of(device)
    if seen_before(device, event_id) or derived.granted:
        return derived
    if not derived.asks_left:
        raise NoAskLeft(derived)
    close_open_asks(device, "unresolved", at)
    PermissionAsk.objects.create(device=device, prompt_id=prompt_id, shown_at=at, **options)
    log = Log("shown", "prompt", event_id, prompt_id, facts=dict(options))
    return apply(device, permission.prompt_shown(facts_of(device)), log, at)


@serialized
def ask_result(
    device_id: str, answer: Answer, *, prompt_id: str = "", event_id: str = "", at: datetime
) -> Derived:
    """T3 to T6 and T11. Raises ValueError for an iPhone's dismissed dialog."""
    device = locked(device_id)
    if seen_before(device, event_id):
        return derived_of(device)
    facts = permission.answered(facts_of(device), answer)
    ended = end_ask(device, answer, prompt_id, at)
    raw = {"dialog_shown": answer.dialog_shown, "elapsed_ms": answer.elapsed_ms}
    log = Log(answer.result, "prompt", event_id, ended.prompt_id, facts=raw)
    if device.perm_reported_at and at < device.perm_reported_at:  # told late, and overtaken
        record(device, log, device.perm_status, at, applied=False)
        return derived_of(device)
    device.perm_source = "prompt"
    device.perm_reported_at = at
    return apply(device, facts, log, at)


def end_ask(device: Device, answer: Answer, prompt_id: str, at: datetime) -> PermissionAsk:
    """Close the dialog that is open, or note one whose opening nobody told us."""
    ask = PermissionAsk.objects.filter(device=device, result="").order_by("-pk").first()
    ask = ask or PermissionAsk(
        device=device, shown_at=at, alert=answer.alert, sound=answer.sound, badge=answer.badge
    )
    ask.prompt_id = ask.prompt_id or prompt_id
    ask.result, ask.ended_at = answer.result, at
    ask.dialog_shown, ask.elapsed_ms = answer.dialog_shown, answer.elapsed_ms
    ask.save()
    return ask


@serialized
def settings_opened(
    device_id: str, *, prompt_id: str = "", event_id: str = "", at: datetime
) -> Derived:
    """The app sent its person to the system's settings: what changes there within a day is the
    prompt's doing (T8)."""
    device = locked(device_id)
    if not seen_before(device, event_id):
        log = Log("settings_opened", "settings", event_id, prompt_id)
        record(device, log, device.perm_status, at)
        touch(device, at)
    return derived_of(device)


@serialized
def opt_out(device_id: str, *, at: datetime) -> Derived:
    """T10."""
    device = locked(device_id)
    if not device.opted_out:
        device.opted_out_at = at
        return apply(device, permission.opted_out(facts_of(device)), Log("opt_out"), at)
    touch(device, at)
    return derived_of(device)


@serialized
def opt_in(device_id: str, *, at: datetime) -> Derived:
    """T12."""
    device = locked(device_id)
    if device.opted_out:
        device.opted_out_at = None
        return apply(device, permission.opted_in(facts_of(device)), Log("opt_in"), at)
    touch(device, at)
    return derived_of(device)


def apply(device: Device, facts: Facts, log: Log, at: datetime) -> Derived:
    stood = changes.standing(device)
    derived = write(device, facts)
    record(device, log, stood.status, at)
    touch(device, at)
    changes.tell(device, stood, at)
    return derived


def record(device: Device, log: Log, before: str, at: datetime, *, applied: bool = True) -> None:
    if device.perm_status != before:
        device.perm_changed_at = at
    PermissionEvent.objects.create(
        device=device,
        kind=log.kind,
        before=before,
        after=device.perm_status,
        source=log.source,
        facts=log.facts,
        applied=applied,
        event_id=log.event_id,
        prompt_id=log.prompt_id,
        observed_at=log.observed_at,
        at=at,
    )


def locked(device_id: str) -> Device:
    device: Device = Device.objects.select_for_update().get(device_id=device_id)
    return device


def touch(device: Device, at: datetime) -> None:
    device.last_seen_at = max(device.last_seen_at, at)
    device.save()


def seen_before(device: Device, event_id: str) -> bool:
    return (
        bool(event_id) and PermissionEvent.objects.filter(device=device, event_id=event_id).exists()
    )


def close_open_asks(device: Device, result: str, at: datetime) -> None:
    PermissionAsk.objects.filter(device=device, result="").update(result=result, ended_at=at)


def rederive_iphones() -> int:
    """After *ask iPhones directly* was changed: the stored status of those never asked."""
    status = permission.Status.SHOULD_REQUEST if ask_direct() else permission.Status.SHOULD_EXPLAIN
    return Device.objects.filter(
        platform="ios", perm_denials=0, perm_system__in=["not_determined", "unknown"]
    ).update(perm_status=status)
