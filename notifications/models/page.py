"""The pages of the app that a tap can open."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from notifications.states import ParameterType


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
