"""Soft prompts: what they say and to whom, what each phone did with them, and the day's counts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.models.audience import Audience
from devices.models.device import Device
from devices.states import Platform, PromptEventType, PromptFrequency, PromptLayout, PromptStatus

LABEL_MAX = 30
GAP_DEFAULT_S = 14 * 24 * 3600


def both_platforms() -> list[str]:
    return [platform.value for platform in Platform]


def at_app_open() -> list[list[dict[str, str]]]:
    return [[{"kind": "app_open"}]]


class Prompt(models.Model):
    """A message of ours that explains before the system asks. `triggers` are groups joined by OR
    of conditions joined by AND. `version` rises with each edit after it was first live."""

    name = models.CharField(max_length=80, unique=True)
    status = models.CharField(max_length=8, choices=PromptStatus, default=PromptStatus.DRAFT)
    priority = models.SmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=80)
    body = models.CharField(max_length=500, blank=True, default="")
    image = models.CharField(max_length=500, blank=True, default="")
    accept_label = models.CharField(max_length=LABEL_MAX)
    dismiss_label = models.CharField(max_length=LABEL_MAX)
    layout = models.CharField(max_length=10, choices=PromptLayout, default=PromptLayout.MODAL)
    locales = models.JSONField(default=dict, blank=True)
    fallback_to_settings = models.BooleanField(default=True)
    audience = models.ForeignKey(
        Audience, null=True, blank=True, on_delete=models.PROTECT, related_name="prompts"
    )
    platforms = models.JSONField(default=both_platforms)
    min_app_version = models.CharField(max_length=32, blank=True, default="")
    max_app_version = models.CharField(max_length=32, blank=True, default="")
    include_provisional = models.BooleanField(default=True)
    include_opted_out = models.BooleanField(default=False)
    triggers = models.JSONField(default=at_app_open)
    frequency = models.CharField(
        max_length=10, choices=PromptFrequency, default=PromptFrequency.MULTIPLE
    )
    max_displays = models.PositiveSmallIntegerField(default=9_999)
    gap_seconds = models.PositiveIntegerField(default=GAP_DEFAULT_S)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    holdout_pct = models.PositiveSmallIntegerField(default=0)
    pause_share = models.PositiveSmallIntegerField(null=True, blank=True, default=60)
    pause_min_asks = models.PositiveIntegerField(default=100)

    live_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=12, blank=True, default="")
    asks_before = models.PositiveIntegerField(default=0)
    burned_before = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-priority", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PromptStatus.values), name="prompt_status_known"
            ),
            models.CheckConstraint(condition=Q(holdout_pct__lte=50), name="prompt_holdout_small"),
        ]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """What a prompt said and whom it asked while that version was the present one."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    fields = models.JSONField()
    made_by = models.CharField(max_length=150, blank=True, default="")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "number"], name="one_prompt_version"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_id} version {self.number}"


class PromptState(models.Model):
    """What one phone did with one prompt. It counts once, with the version and on the day of
    its last display (`slice_…`); what converted it keeps it there."""

    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="prompt_states", db_index=False
    )
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="states")
    platform = models.CharField(max_length=7, choices=Platform)
    held_out = models.BooleanField(default=False)
    eligible_at = models.DateTimeField(null=True, blank=True)
    eligible_version = models.PositiveIntegerField(default=1)
    displays = models.PositiveIntegerField(default=0)
    first_display_at = models.DateTimeField(null=True, blank=True)
    last_display_at = models.DateTimeField(null=True, blank=True)
    last_session = models.CharField(max_length=64, blank=True, default="")
    slice_version = models.PositiveIntegerField(default=1)
    slice_at = models.DateTimeField(null=True, blank=True)
    last_event = models.CharField(max_length=20, choices=PromptEventType, blank=True, default="")
    last_event_at = models.DateTimeField(null=True, blank=True)
    clicks = models.PositiveIntegerField(default=0)
    dismissals = models.PositiveIntegerField(default=0)
    dialogs_told = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    unshown = models.PositiveIntegerField(default=0)
    denials = models.PositiveIntegerField(default=0)
    granted_at = models.DateTimeField(null=True, blank=True)
    settings_opened_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    opted_in_at = models.DateTimeField(null=True, blank=True)
    allowed_at = models.DateTimeField(null=True, blank=True)
    converted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "prompt"], name="one_prompt_state"),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_id} on {self.device_id}"

    @property
    def asked(self) -> int:
        """How often the system's dialog came up; its answer may be told before its opening."""
        return max(self.dialogs_told - self.unshown, self.answers, 0)


class PromptEvent(models.Model):
    """What a phone told, once each; `at` is the phone's clock, never later than ours. `asks` is
    what the event added to the dialogs counted."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="events")
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="prompt_events", db_index=False
    )
    event_id = models.CharField(max_length=64)
    type = models.CharField(max_length=20, choices=PromptEventType)
    version = models.PositiveIntegerField()
    platform = models.CharField(max_length=7, choices=Platform)
    result = models.CharField(max_length=14, blank=True, default="")
    detail = models.CharField(max_length=20, blank=True, default="")
    dialog_shown = models.BooleanField(null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(null=True, blank=True)
    session_id = models.CharField(max_length=64, blank=True, default="")
    asks = models.SmallIntegerField(default=0)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["device", "event_id"], name="one_prompt_event"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.prompt_id} on {self.device_id}"


class PromptDay(models.Model):
    """The counts of a prompt's version on one system and one day (UTC). Those of phones count
    each phone once; those of events count each event. `rollups` keeps and rebuilds them."""

    prompt = models.ForeignKey(
        Prompt, on_delete=models.CASCADE, related_name="days", db_index=False
    )
    version = models.PositiveIntegerField()
    platform = models.CharField(max_length=7, choices=Platform)
    day = models.DateField()
    # phones, on the day they were first found eligible
    eligible = models.IntegerField(default=0)
    eligible_allowed = models.IntegerField(default=0)
    held_out = models.IntegerField(default=0)
    held_out_allowed = models.IntegerField(default=0)
    # phones, on the day of their last display
    shown = models.IntegerField(default=0)
    tapped = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)
    granted = models.IntegerField(default=0)
    sent_to_settings = models.IntegerField(default=0)
    recovered = models.IntegerField(default=0)
    opted_in = models.IntegerField(default=0)
    converted = models.IntegerField(default=0)
    # events, on their own day
    impressions = models.IntegerField(default=0)
    clicks = models.IntegerField(default=0)
    dismissals = models.IntegerField(default=0)
    asks = models.IntegerField(default=0)
    grants = models.IntegerField(default=0)
    burned = models.IntegerField(default=0)
    swiped = models.IntegerField(default=0)
    settings_opened = models.IntegerField(default=0)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "day", "version", "platform"], name="one_prompt_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_id} on {self.day}"


class PromptSession(models.Model):
    """The last time the app came to the front on a phone. `members` says of each audience that
    was asked whether the phone's owner was in it then: audience's pk → bool."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="prompt_session"
    )
    session_id = models.CharField(max_length=64)
    owner_pk = models.BigIntegerField(null=True, blank=True)
    members = models.JSONField(default=dict)
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"session of {self.device_id}"
