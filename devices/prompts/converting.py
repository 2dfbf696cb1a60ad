"""A phone became one that allows notifications: whose doing was it? The last prompt it saw in the
24 hours before; and each phone counts once for a prompt."""

from datetime import datetime, timedelta

from devices import changes, outbox
from devices.changes import Standing
from devices.models import Device, PermissionEvent, PromptEvent, PromptState
from devices.prompts import rollups
from devices.states import PermissionStatus, PromptEventType

WINDOW = timedelta(hours=24)
ALLOWED = PermissionStatus.GRANTED


def watch() -> None:
    """Hear of every change of permission, whoever tells it."""
    changes.listen(permission_changed)


def permission_changed(device: Device, before: Standing, at: datetime) -> None:
    recovered = device.perm_status == ALLOWED != before.status and device.perm_source == "settings"
    allowed = changes.standing(device).allowed and not before.allowed
    if not (recovered or allowed):
        return
    states = {
        state.prompt_id: state
        for state in PromptState.objects.select_for_update().filter(device=device).order_by("pk")
    }
    if not states:
        return
    shown = last_display(device, at) if allowed else None
    for state in states.values():
        counted = rollups.of_state(state)
        if recovered and since(state.settings_opened_at, at):
            state.recovered_at = state.recovered_at or at
        if allowed and state.eligible_at is not None:
            state.allowed_at = state.allowed_at or at
        if shown is not None and shown.prompt_id == state.prompt_id:
            convert(device, state, shown, at)
        settle(state, counted)


def since(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and at - moment <= WINDOW


def last_display(device: Device, at: datetime) -> PromptEvent | None:
    """Of any prompt, in the day before."""
    return (
        PromptEvent.objects.filter(
            device=device, type=PromptEventType.IMPRESSION, at__lte=at, at__gte=at - WINDOW
        )
        .order_by("-at", "-pk")
        .first()
    )


def convert(device: Device, state: PromptState, shown: PromptEvent, at: datetime) -> None:
    """Once. The phone stays counted with what it saw then, whatever it sees later."""
    if not mark(state, shown, at):
        return
    facts = {
        "prompt_id": state.prompt_id,
        "version": shown.version,
        "device_id": device.device_id,
        "user_id": device.owner.user_id if device.owner else None,
        "platform": device.platform,
        "shown_at": shown.at.isoformat(),
        "converted_at": at.isoformat(),
    }
    outbox.write("prompt.converted", facts, at=at)


def mark(state: PromptState, shown: PromptEvent, at: datetime) -> bool:
    if state.converted_at is not None:
        return False
    state.converted_at = at
    state.slice_version, state.slice_at = shown.version, shown.at
    return True


def convert_late(device: Device, state: PromptState, shown: PromptEvent) -> None:
    """A display told after the answer to it."""
    if not changes.standing(device).allowed:
        return
    at = allowed_after(device, shown.at)
    if at is not None and last_display(device, at) == shown:
        state.allowed_at = state.allowed_at or at
        convert(device, state, shown, at)


def allowed_after(device: Device, moment: datetime) -> datetime | None:
    """When it came to allow, at the earliest after that moment."""
    told = PermissionEvent.objects.filter(device=device, applied=True, at__gte=moment)
    for event in told.order_by("pk"):
        granted = event.after == ALLOWED != event.before
        if granted or (event.kind == "opt_in" and event.after == ALLOWED):
            at: datetime = event.observed_at or event.at
            return at if at >= moment else None
    return None


def settle(state: PromptState, counted: rollups.Delta, event: rollups.Delta | None = None) -> None:
    """Save the row; count the difference to what it counted for before, and the event."""
    state.save()
    delta = rollups.difference(rollups.of_state(state), counted)
    delta.update(event or {})
    rollups.apply(state.prompt_id, state.platform, delta)
