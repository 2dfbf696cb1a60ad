"""How many notifications a person got lately, and who got too many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from notifications.models import Delivery, Notification
from notifications.states import Kind, Outcome


@dataclass(frozen=True, slots=True)
class Cap:
    """Whoever got `most` notifications of `kinds` in the last `hours` gets no more."""

    most: int
    hours: int
    kinds: tuple[str, ...] = (Kind.BROADCAST,)

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> "Cap | None":
        """From the policy's preferences; None while there is no limit."""
        if not known["frequency_limit"]:
            return None
        hours = int(known["frequency_hours"])
        return cls(int(known["frequency_limit"]), hours, kinds_counted(known))

    def first(self, now: datetime) -> int | None:
        """The first notification that may have reached anybody since; None: none did. Deliveries
        are indexed by person and notification, not by time."""
        since = now - timedelta(hours=self.hours)
        lately = Notification.objects.filter(kind__in=self.kinds, started_at__isnull=False)
        lately = lately.filter(Q(finished_at=None) | Q(finished_at__gte=since))
        first: int | None = lately.aggregate(first=Min("pk"))["first"]
        return first

    def deliveries(self, now: datetime, first: int | None, but: int | None) -> QuerySet[Delivery]:
        """What counts. `but`: the notification that does not, since it asks."""
        if first is None:
            return Delivery.objects.none()
        since = now - timedelta(hours=self.hours)
        rows = Delivery.objects.filter(notification__gte=first, notification__kind__in=self.kinds)
        rows = rows.filter(outcome=Outcome.ACCEPTED, at__gte=since, user__isnull=False)
        return rows.exclude(notification=but) if but else rows

    def people(self, deliveries: QuerySet[Delivery]) -> QuerySet[Any, Any]:
        """The pks of all who are over it."""
        return counts(deliveries, self.most).values("user")


def counts(deliveries: QuerySet[Delivery], least: int) -> QuerySet[Any, Any]:
    """(a person's pk, how many she got) of all who got so many."""
    got = deliveries.order_by().values("user").annotate(got=Count("notification", distinct=True))
    return got.filter(got__gte=least).values_list("user", "got")


def got(deliveries: QuerySet[Delivery]) -> Combinable:
    """How many a phone's owner got, over Device: for few phones at a time."""
    hers = deliveries.filter(user=OuterRef("owner")).order_by().values("user")
    counted = hers.annotate(got=Count("notification", distinct=True)).values("got")
    return Coalesce(Subquery(counted), 0)


def kinds_counted(known: Mapping[str, Any]) -> tuple[str, ...]:
    return (Kind.BROADCAST, Kind.TRIGGER) if known["frequency_triggers"] else (Kind.BROADCAST,)
