"""One installation of the app on one phone, and where it was registered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.fields import Sha256Field
from devices.models.people import ID_MAX, AppUser
from devices.querysets import DeviceQuerySet
from devices.states import (
    Actor,
    DeviceState,
    PermissionStatus,
    Platform,
    RegistrationKind,
    SystemPermission,
)

TOKEN_MAX = 4096
BUCKETS = 10_000


class Device(models.Model):
    """One installation of the app on one phone. The engine walks them by `pk`, which is never
    shown; `device_id` is the installation's own id. Raw permission facts are kept beside what
    `devices.permission` derived from them."""

    device_id = models.CharField(max_length=ID_MAX, unique=True)
    token = models.TextField(null=True, blank=True)  # noqa: DJ001
    token_sha256 = Sha256Field(of="token")
    platform = models.CharField(max_length=7, choices=Platform)
    os_version = models.CharField(max_length=32, blank=True, default="")
    api_level = models.PositiveSmallIntegerField(null=True, blank=True)
    target_sdk = models.PositiveSmallIntegerField(null=True, blank=True)
    app_version = models.CharField(max_length=32, blank=True, default="")
    model = models.CharField(max_length=64, blank=True, default="")
    locale = models.CharField(max_length=35, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True, default="")
    owner = models.ForeignKey(
        AppUser, null=True, blank=True, on_delete=models.SET_NULL, related_name="devices"
    )
    state = models.CharField(max_length=12, choices=DeviceState, default=DeviceState.ACTIVE)
    reg_seq = models.BigIntegerField(default=0)
    registered_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(default=now)
    token_updated_at = models.DateTimeField(null=True, blank=True)
    invalid_at = models.DateTimeField(null=True, blank=True)
    invalid_reason = models.CharField(max_length=40, blank=True, default="")
    bucket = models.PositiveSmallIntegerField()

    perm_system = models.CharField(
        max_length=14, choices=SystemPermission, default=SystemPermission.UNKNOWN
    )
    perm_rationale = models.BooleanField(null=True, blank=True)
    perm_denials = models.PositiveSmallIntegerField(default=0)
    perm_prompts_shown = models.PositiveSmallIntegerField(default=0)
    perm_dismissals = models.PositiveSmallIntegerField(default=0)
    perm_alert = models.BooleanField(null=True, blank=True)
    perm_sound = models.BooleanField(null=True, blank=True)
    perm_badge = models.BooleanField(null=True, blank=True)
    perm_channels = models.JSONField(null=True, blank=True)
    perm_known = models.BooleanField(default=False)
    perm_ambiguous = models.BooleanField(default=False)
    perm_source = models.CharField(max_length=8, blank=True, default="")
    perm_changed_at = models.DateTimeField(null=True, blank=True)
    perm_reported_at = models.DateTimeField(null=True, blank=True)
    opted_out = models.BooleanField(default=False)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    perm_status = models.CharField(
        max_length=28, choices=PermissionStatus, default=PermissionStatus.SHOULD_REQUEST
    )
    asks_left = models.PositiveSmallIntegerField(default=0)
    deliverable = models.BooleanField(default=True)
    notification_types = models.SmallIntegerField(default=1)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(bucket__lt=BUCKETS), name="bucket_in_range"),
            models.CheckConstraint(condition=~Q(token=""), name="token_not_blank"),
            models.CheckConstraint(condition=~Q(device_id=""), name="device_id_not_blank"),
            models.CheckConstraint(
                condition=Q(platform__in=Platform.values), name="platform_known"
            ),
            models.CheckConstraint(condition=Q(state__in=DeviceState.values), name="state_known"),
            models.CheckConstraint(
                condition=Q(state=DeviceState.ACTIVE) | Q(token=None), name="token_only_if_active"
            ),
            models.CheckConstraint(
                condition=Q(token=None, token_sha256=None)
                | Q(token__isnull=False, token_sha256__isnull=False),
                name="token_has_its_hash",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "platform", "id"], name="device_walk"),
            models.Index(fields=["last_seen_at"], name="device_seen"),
        ]

    def __str__(self) -> str:
        return self.device_id


class RegistrationEvent(models.Model):
    """Append-only; its pk is the order in which the database took the registrations. The people
    are bare keys, so that the log says nothing about one who was erased."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="registrations")
    kind = models.CharField(max_length=16, choices=RegistrationKind)
    user_before = models.ForeignKey(
        AppUser,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    user_after = models.ForeignKey(
        AppUser,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="registrations",
    )
    actor = models.CharField(max_length=8, choices=Actor)
    request_id = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["user_after", "-id"],
                condition=Q(user_after__isnull=False),
                name="registrations_of_user",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device_id}"


class TestDevice(models.Model):
    """A phone on which a member of staff wants to see tests."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="test_devices"
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="testers")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "device"], name="one_test_device"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} of {self.staff_id}"
