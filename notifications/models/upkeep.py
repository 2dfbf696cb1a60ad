"""The installation's own rows: answers kept, pauses, heartbeats, the audit."""

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from devices.models import ID_MAX, ApiKey


class Idempotency(models.Model):
    """The stored answer of one POST: its `Idempotency-Key` belongs to one API key. Inserted in the
    transaction of the effect, so a second caller waits on the unique index."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        verbose_name_plural = "idempotency keys"
        constraints = [
            models.UniqueConstraint(fields=["key", "name"], name="one_answer_an_idempotency_key")
        ]

    def __str__(self) -> str:
        return self.name


class ProjectPause(models.Model):
    """One row (pk 1): until when FCM asked the whole Firebase project to be quiet."""

    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=32, blank=True, default="")
    unnamed_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"paused until {self.until}"


class Heartbeat(models.Model):
    """Each worker and beat writes its row every few seconds."""

    name = models.CharField(max_length=80, primary_key=True)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(default=now)
    facts = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Append-only (a database trigger refuses changes): who did what to which object."""

    at = models.DateTimeField(default=now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True, default="")
    object_id = models.CharField(max_length=ID_MAX, blank=True, default="")
    object_name = models.CharField(max_length=200, blank=True, default="")
    facts = models.JSONField(default=dict, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_name}"
