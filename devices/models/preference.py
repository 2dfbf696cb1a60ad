"""Settings that staff change on a page."""

from django.db import models
from django.utils.timezone import now


class Preference(models.Model):
    """A setting that staff change on a page; `preferences` knows the names and defaults."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name
