"""For pretend phones: time passes for one of them alone. Everything that it did with prompts
becomes that much older, and so does what its permission remembers."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F

from devices import consent
from devices.models import (
    Device,
    PermissionAsk,
    PermissionEvent,
    PromptEvent,
    PromptSession,
    PromptState,
)
from devices.prompts import converting, rollups

OF_STATE = (
    "eligible_at", "first_display_at", "last_display_at", "slice_at", "last_event_at",
    "granted_at", "settings_opened_at", "recovered_at", "opted_in_at", "allowed_at",
    "converted_at",
)  # fmt: skip
OF_DEVICE = ("perm_changed_at", "perm_reported_at")


@transaction.atomic
def age(device: Device, by: timedelta) -> None:
    kept = consent.locked(device.device_id)
    for state in PromptState.objects.filter(device=kept):
        counted = rollups.of_state(state)
        for name in OF_STATE:
            if moment := getattr(state, name):
                setattr(state, name, moment - by)
        converting.settle(state, counted)
    for event in PromptEvent.objects.filter(device=kept):
        delta = rollups.of_event(event)
        event.at -= by
        event.save(update_fields=["at"])
        rollups.apply(
            event.prompt_id, event.platform, rollups.difference(rollups.of_event(event), delta)
        )
    PermissionEvent.objects.filter(device=kept).update(
        at=F("at") - by, observed_at=F("observed_at") - by
    )
    PermissionAsk.objects.filter(device=kept).update(
        shown_at=F("shown_at") - by, ended_at=F("ended_at") - by
    )
    PromptSession.objects.filter(device=kept).update(started_at=F("started_at") - by)
    moments = {name: F(name) - by for name in OF_DEVICE}
    Device.objects.filter(pk=kept.pk).update(**moments)
