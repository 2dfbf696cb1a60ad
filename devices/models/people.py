"""A person as the app knows her."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

ID_MAX = 128


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
