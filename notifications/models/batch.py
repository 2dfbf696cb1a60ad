"""A notification's parts."""

from django.db import models
from django.db.models import Q

from notifications.models.notification import Notification
from notifications.querysets import BatchQuerySet
from notifications.states import BatchKind


class Batch(models.Model):
    """A part of one notification that one worker at a time sends. A lease, not a lock: whoever's
    `lease_token` stands here may write. `members` and `manifest` are packed pairs, see
    `sending.pairs`. `counters` holds final outcomes, {"ios": {"targeted": n, "accepted": n,
    "reasons": {code: n}}, "android": {…}}; a single batch's may be negative (a late answer takes
    back what another batch counted), their sum never is."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="batches")
    ordinal = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=5, choices=BatchKind)
    primary = models.BooleanField(default=True)
    queue = models.CharField(max_length=7, default="bulk")
    due_at = models.DateTimeField()
    timezone = models.CharField(max_length=64, blank=True, default="")
    bucket_from = models.PositiveSmallIntegerField(default=0)
    bucket_to = models.PositiveSmallIntegerField(default=10_000)
    first_pk = models.BigIntegerField(default=0)
    last_pk = models.BigIntegerField(default=0)
    members = models.BinaryField(default=bytes, blank=True)
    cursor = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    takeovers = models.PositiveSmallIntegerField(default=0)
    manifest = models.BinaryField(default=bytes, blank=True)
    in_doubt = models.PositiveIntegerField(default=0)
    counters = models.JSONField(default=dict, blank=True)
    received_ios = models.IntegerField(default=0)
    received_android = models.IntegerField(default=0)
    opened_ios = models.IntegerField(default=0)
    opened_android = models.IntegerField(default=0)
    blocked_by = models.CharField(max_length=24, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["notification", "ordinal"], name="one_batch_an_ordinal")
        ]
        indexes = [
            models.Index(
                fields=["queue", "due_at"],
                condition=Q(finished_at=None),
                name="batch_due",
            ),
            models.Index(fields=["leased_until"], condition=Q(in_doubt__gt=0), name="batch_doubt"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ordinal or self.pk} of {self.notification_id}"
