"""What repeats, and each time that it came."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now

from notifications.models.notification import TITLE_MAX, Notification
from notifications.states import OccurrenceState, SeriesStatus


class Series(models.Model):
    """A confirmed notification that repeats. `fields` and `revision` are what was confirmed; each
    occurrence is a copy of them. `next_at` is the one that has no row yet; `passed` counts those
    before it."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    status = models.CharField(max_length=6, choices=SeriesStatus, default=SeriesStatus.ACTIVE)
    title = models.CharField(max_length=TITLE_MAX, blank=True, default="")
    rule = models.JSONField()
    fields = models.JSONField()
    revision = models.JSONField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now)
    reviewed_at = models.DateTimeField(default=now)
    reviewed_phones = models.PositiveIntegerField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    next_wall = models.CharField(max_length=16, blank=True, default="")
    passed = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "series"
        indexes = [models.Index(fields=["status", "next_at"], name="series_due")]

    def __str__(self) -> str:
        return self.title or "Untitled"

    def get_absolute_url(self) -> str:
        return reverse("series", args=[self.uuid])


class Occurrence(models.Model):
    """One time of a series: its notification, or that it was missed."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="occurrences")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=OccurrenceState, default=OccurrenceState.MADE)
    notification = models.OneToOneField(
        Notification, null=True, blank=True, on_delete=models.SET_NULL, related_name="occurrence"
    )

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["series", "at"], name="one_occurrence_an_instant"),
            models.CheckConstraint(
                condition=Q(state__in=OccurrenceState.values), name="occurrence_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} #{self.number}"
