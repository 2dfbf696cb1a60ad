"""Who can be reached: fields and constraints. What happens to them lives in `registry`."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.fields import Sha256Field
from devices.querysets import DeviceQuerySet
from devices.states import (
    Actor,
    DeviceState,
    KeyKind,
    PermissionStatus,
    Platform,
    RegistrationKind,
    SystemPermission,
)

ID_MAX = 128
TOKEN_MAX = 4096
BUCKETS = 10_000


class AppUser(models.Model):
    """A person as the app knows her. `user_id` is the app's own id, case-sensitive."""

    user_id = models.CharField(max_length=ID_MAX, unique=True)
    attributes = models.JSONField(default=dict, blank=True)
    aliases = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    locale = models.CharField(max_length=35, blank=True, default="")
    timezone = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(user_id=""), name="user_id_not_blank")]

    def __str__(self) -> str:
        return self.user_id


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


class Audience(models.Model):
    """A saved, named set of people. `rules` is validated, versioned JSON for `audiences`."""

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True, default="")
    rules = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AudienceMember(models.Model):
    """A person on an audience's fixed list."""

    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(AppUser, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audience", "user"], name="one_membership"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.audience_id}"


class ApiKey(models.Model):
    """`pk_…` client keys ship in apps and can be shown again (`shown`); of `sk_…` server keys
    only the hash is kept."""

    kind = models.CharField(max_length=6, choices=KeyKind)
    name = models.CharField(max_length=80)
    public_id = models.CharField(max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    shown = models.CharField(max_length=80, blank=True, default="")
    scopes = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=KeyKind.CLIENT) | Q(shown=""), name="server_keys_never_shown"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class IdentitySecret(models.Model):
    """Signs user ids (X-User-Signature). The newest is current; two are valid while rotating."""

    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"identity secret {self.pk}"


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


class Preference(models.Model):
    """A setting that staff change on a page; `preferences` knows the names and defaults."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name
