"""Which rows; never what to do with them."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from notifications.states import LIVE, BatchKind, NotificationStatus


class NotificationQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def due(self, now: datetime) -> Self:
        """Confirmed, and their moment has come."""
        return self.filter(status=NotificationStatus.SCHEDULED, due_at__lte=now)


class BatchQuerySet(models.QuerySet[Any]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def claimable(self, now: datetime) -> Self:
        """Due, unfinished, nothing in its way, and nobody is at work on it; plus, whatever became
        of the notification, a batch whose holder died with devices in doubt: settled only."""
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        fresh = Q(
            notification__status=NotificationStatus.SENDING,
            due_at__lte=now,
            blocked_by="",
            finished_at=None,
        )
        abandoned = Q(in_doubt__gt=0, leased_until__lte=now)
        return self.filter(free & (fresh | abandoned))

    def primary(self) -> Self:
        """The range and list batches of the plan or trigger: what people call batches."""
        return self.filter(primary=True).exclude(kind=BatchKind.PLAN)
