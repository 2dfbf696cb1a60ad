"""Who is told what happens here, and every try to tell them."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.models import OutboxEvent


class CallState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"


class WebhookEndpoint(models.Model):
    """An address of somebody's back end, and which events it hears of. Secrets are kept
    encrypted (`webhooks.secrets`); the former one signs too for a day after a change."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    triggers = models.BooleanField(default=False)
    secret = models.CharField(max_length=300)
    former_secret = models.CharField(max_length=300, blank=True, default="")
    rotated_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=24, blank=True, default="")
    failing_since = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class WebhookCall(models.Model):
    """One event for one endpoint: tried until it is taken or a day has passed. A lease
    (`leased_until`) keeps two couriers from trying it at once."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="calls")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="calls")
    state = models.CharField(max_length=9, choices=CallState, default=CallState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    leased_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="one_call_an_event"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"],
                condition=Q(state=CallState.WAITING),
                name="webhook_call_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}: {self.state}"


class WebhookAttempt(models.Model):
    """One try. `status` is the receiver's, empty where none came; `error` is a plain sentence."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="attempts")
    call = models.ForeignKey(WebhookCall, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    ms = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["endpoint", "-id"], name="webhook_attempts")]

    def __str__(self) -> str:
        return f"{self.status or self.error} at {self.at:%H:%M:%S}"
