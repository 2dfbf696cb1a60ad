"""Message cards: copy that marketers lock, with typed variables that others fill."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from notifications.models.notification import BODY_MAX, TITLE_MAX, TTL_DEFAULT_S

KEY_MAX = 64


class MessageCard(models.Model):
    """What it says lives in its versions; `version` is the newest one's number."""

    key = models.CharField(max_length=KEY_MAX, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True, default="")
    client_callable = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(key=""), name="card_key_not_blank")]

    def __str__(self) -> str:
        return self.name


class CardVersion(models.Model):
    """Never changed once made: a notification points at the one it was made from. `variables` is
    [{"name", "type", "sample"}], `variants` {language: {"title", "body"}}."""

    card = models.ForeignKey(MessageCard, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=TITLE_MAX)
    body = models.CharField(max_length=BODY_MAX)
    variants = models.JSONField(default=dict, blank=True)
    variables = models.JSONField(default=list, blank=True)
    image = models.CharField(max_length=500, blank=True, default="")
    image_facts = models.JSONField(default=dict, blank=True)
    sound = models.BooleanField(default=True)
    initial_page = models.CharField(max_length=80, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    data = models.JSONField(default=dict, blank=True)
    ttl_s = models.PositiveIntegerField(default=TTL_DEFAULT_S)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["card", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["card", "number"], name="one_version_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.card} (version {self.number})"
