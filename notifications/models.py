"""What is sent, and what became of it: fields and constraints. Moves live in `lifecycle`."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now

from devices.models import ID_MAX, ApiKey, AppUser, Audience, Device
from notifications.querysets import BatchQuerySet, NotificationQuerySet
from notifications.states import (
    BatchKind,
    Kind,
    NotificationStatus,
    Outcome,
    ParameterType,
    ReceiptType,
    SendTo,
    TargetOS,
)

TITLE_MAX = 200
BODY_MAX = 1000
TTL_DEFAULT_S = 259_200  # three days


class Page(models.Model):
    """A page of the app that a tap can open, registered under Settings → Pages."""

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="page_name_not_blank")]

    def __str__(self) -> str:
        return self.name


class PageParameter(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="parameters")
    name = models.CharField(max_length=80)
    type = models.CharField(max_length=20, choices=ParameterType)
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["page", "name"], name="one_parameter_of_a_name"),
            models.CheckConstraint(
                condition=Q(type__in=ParameterType.values), name="parameter_type_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"


class Notification(models.Model):
    """What a person or an event asked for. `version` rises with every edit and move; `revision`
    is what was confirmed and is the only thing ever sent."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.BROADCAST)
    status = models.CharField(
        max_length=9, choices=NotificationStatus, default=NotificationStatus.DRAFT
    )
    version = models.PositiveIntegerField(default=1)

    title = models.CharField(max_length=TITLE_MAX, blank=True, default="")
    body = models.CharField(max_length=BODY_MAX, blank=True, default="")
    image = models.CharField(max_length=500, blank=True, default="")
    image_facts = models.JSONField(default=dict, blank=True)
    sound = models.BooleanField(default=True)
    initial_page = models.CharField(max_length=80, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    data = models.JSONField(default=dict, blank=True)
    ttl_s = models.PositiveIntegerField(default=TTL_DEFAULT_S)

    send_to = models.CharField(max_length=8, choices=SendTo, default=SendTo.EVERYONE)
    recipients = models.JSONField(default=list, blank=True)
    audience = models.ForeignKey(
        Audience, null=True, blank=True, on_delete=models.PROTECT, related_name="notifications"
    )
    target_os = models.CharField(max_length=7, choices=TargetOS, default=TargetOS.ALL)
    batch_mode = models.BooleanField(default=False)
    at_least_once = models.BooleanField(default=False)

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    send_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, blank=True, default="UTC")

    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    late = models.BooleanField(default=False)
    revision = models.JSONField(null=True, blank=True)
    revision_sha256 = models.CharField(max_length=64, blank=True, default="")
    reviewed_phones = models.PositiveIntegerField(null=True, blank=True)
    thread = models.UUIDField(default=uuid4)
    audience_edge = models.BigIntegerField(null=True, blank=True)
    planned = models.PositiveIntegerField(null=True, blank=True)
    people = models.PositiveIntegerField(null=True, blank=True)
    paused_reason = models.CharField(max_length=24, blank=True, default="")
    paused_facts = models.JSONField(default=dict, blank=True)
    brake_released = models.BooleanField(default=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("compose_notification", "Can compose, edit and test notifications"),
            ("confirm_broadcast", "Can confirm a notification to everyone or an audience"),
            ("confirm_to_users", "Can confirm a notification to specific users"),
            ("operate_notification", "Can undo, pause and stop anyone's notification"),
            ("resume_guarded", "Can resume a notification that a guard paused"),
            ("change_settings", "Can change the installation's settings"),
            ("manage_keys", "Can manage API keys"),
            ("manage_team", "Can manage the team"),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="notification_due"),
            models.Index(fields=["kind", "-id"], name="notification_list"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=NotificationStatus.values), name="status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=NotificationStatus.DRAFT)
                | Q(status=NotificationStatus.CANCELLED)
                | (Q(revision__isnull=False) & Q(due_at__isnull=False)),
                name="confirmed_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(send_to=SendTo.AUDIENCE)
                | Q(audience__isnull=False)
                | Q(status=NotificationStatus.DRAFT),
                name="audience_is_named",
            ),
        ]

    def __str__(self) -> str:
        return self.title or "Untitled"

    def get_absolute_url(self) -> str:
        return reverse("notification", args=[self.uuid])


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
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


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
