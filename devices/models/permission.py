"""What a phone may show: its history, and each time the system's dialog was shown."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.models.device import Device


class PermissionEvent(models.Model):
    """Append-only: what a phone may show, before and after."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="permission_events")
    kind = models.CharField(max_length=16)
    before = models.CharField(max_length=28, blank=True, default="")
    after = models.CharField(max_length=28, blank=True, default="")
    source = models.CharField(max_length=8, blank=True, default="")
    facts = models.JSONField(default=dict, blank=True)
    applied = models.BooleanField(default=True)
    event_id = models.CharField(max_length=64, blank=True, default="")
    prompt_id = models.CharField(max_length=40, blank=True, default="")
    observed_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["device", "kind", "-at"], name="permission_history")]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "event_id"],
                condition=~Q(event_id=""),
                name="permission_event_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.before} → {self.after}"


class PermissionAsk(models.Model):
    """One call of the system's dialog: what the app asked for, and how it ended. Without a
    result it is open; after ten minutes it is taken for `unresolved`."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="asks")
    prompt_id = models.CharField(max_length=40, blank=True, default="")
    alert = models.BooleanField(null=True, blank=True)
    sound = models.BooleanField(null=True, blank=True)
    badge = models.BooleanField(null=True, blank=True)
    shown_at = models.DateTimeField()
    result = models.CharField(max_length=10, blank=True, default="")
    dialog_shown = models.BooleanField(null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["shown_at"], condition=Q(result=""), name="asks_open"),
        ]

    def __str__(self) -> str:
        return f"{self.result or 'open'} {self.device_id}"
