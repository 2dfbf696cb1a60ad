"""Facts that other systems may want to hear of."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.timezone import now


class OutboxEvent(models.Model):
    """One fact, written by `outbox.write` in the transaction of the fact itself. `taken_at` is
    empty until it was handed to those who listen."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    type = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(taken_at=None), name="outbox_open"),
            models.Index(fields=["at"], name="outbox_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.uuid}"
