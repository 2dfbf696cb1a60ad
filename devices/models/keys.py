"""What apps and back ends sign in with, and what signs the ids of their users."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from devices.states import KeyKind


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
