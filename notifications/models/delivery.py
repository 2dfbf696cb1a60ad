"""What became of each device, and what the phones told."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.models import AppUser, Device
from notifications.models.batch import Batch
from notifications.models.notification import Notification
from notifications.states import Outcome, ReceiptType


class Delivery(models.Model):
    """The one outcome of one device; no row before its window opened. The hot table: written in
    bulk by `sending.ledger`, no foreign keys in the database."""

    pk = models.CompositePrimaryKey("notification_id", "device_id")
    notification = models.ForeignKey(
        Notification,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="deliveries",
        db_index=False,
    )
    device = models.ForeignKey(
        Device,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="deliveries",
        db_index=False,
    )
    user = models.ForeignKey(
        AppUser,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    batch = models.ForeignKey(
        Batch,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    platform = models.CharField(max_length=7)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=32, blank=True, default="")
    message_id = models.CharField(max_length=100, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    doubtful = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="outcome_known"),
        ]
        indexes = [
            models.Index(fields=["user", "-notification"], name="delivery_of_user"),
            models.Index(
                fields=["batch"], condition=Q(outcome=Outcome.WAITING), name="delivery_waiting"
            ),
            models.Index(
                fields=["notification", "opened_at"],
                condition=Q(opened_at__isnull=False),
                name="delivery_opened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id}/{self.device_id}: {self.outcome}"


class Receipt(models.Model):
    """What a phone told: it received or opened a message. Inserted first, always; applied to the
    delivery's row when there is one."""

    event_id = models.CharField(max_length=64, unique=True)
    notification = models.ForeignKey(
        Notification, null=True, blank=True, on_delete=models.CASCADE, related_name="receipts"
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="receipts")
    type = models.CharField(max_length=9, choices=ReceiptType)
    name = models.CharField(max_length=80, blank=True, default="")
    props = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    created_at = models.DateTimeField(default=now)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["notification", "device"],
                condition=Q(applied_at=None),
                name="receipt_open",
            ),
            models.Index(
                fields=["notification", "device"],
                condition=Q(type=ReceiptType.DISMISSED),
                name="receipt_dismissed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
