"""What a person or an event asked for."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now

from devices.models import ApiKey, Audience
from notifications.querysets import NotificationQuerySet
from notifications.states import IfPast, Kind, NotificationStatus, QuietHours, SendTo, TargetOS

TITLE_MAX = 200
BODY_MAX = 1000
TICKET_MAX = 200
TTL_DEFAULT_S = 259_200  # three days


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
    variants = models.JSONField(default=dict, blank=True)
    card = models.ForeignKey(
        "notifications.CardVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notifications",
    )
    variables = models.JSONField(default=dict, blank=True)

    send_to = models.CharField(max_length=8, choices=SendTo, default=SendTo.EVERYONE)
    recipients = models.JSONField(default=list, blank=True)
    audience = models.ForeignKey(
        Audience, null=True, blank=True, on_delete=models.PROTECT, related_name="notifications"
    )
    target_os = models.CharField(max_length=7, choices=TargetOS, default=TargetOS.ALL)
    # who of them is left out; `spare_after`: whoever got so many in the last day
    exclude_audience = models.ForeignKey(
        Audience, null=True, blank=True, on_delete=models.PROTECT, related_name="leaving_out"
    )
    exclude_users = models.JSONField(default=list, blank=True)
    spare_after = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_hours = models.CharField(max_length=6, choices=QuietHours, default=QuietHours.DEFER)
    batch_mode = models.BooleanField(default=False)
    waves = models.JSONField(default=dict, blank=True)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    resends = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="resendings"
    )
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
    # the time as it was chosen, on the clock of `timezone` or on each person's own; see `timing`
    wall = models.CharField(max_length=16, blank=True, default="")
    each_clock = models.BooleanField(default=False)
    if_past = models.CharField(max_length=8, choices=IfPast, default=IfPast.TOMORROW)
    spread_min = models.PositiveSmallIntegerField(default=0)
    repeat = models.JSONField(default=dict, blank=True)
    zones = models.JSONField(default=list, blank=True)  # of its audience, when it was planned

    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_by_key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    late = models.BooleanField(default=False)
    ticket = models.CharField(max_length=TICKET_MAX, blank=True, default="")
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
            models.Index(fields=["finished_at"], name="notification_ended"),
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
            models.CheckConstraint(
                condition=~Q(send_to=SendTo.REACHED)
                | Q(corrects__isnull=False)
                | Q(resends__isnull=False),
                name="whom_another_reached_is_named",
            ),
        ]

    def __str__(self) -> str:
        return self.title or "Untitled"

    def get_absolute_url(self) -> str:
        return reverse("notification", args=[self.uuid])
