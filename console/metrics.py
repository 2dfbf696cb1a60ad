"""/metrics in Prometheus' text format: counts and ages that an alert can stand on."""

from datetime import datetime

from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from notifications import health
from notifications.models import Notification
from notifications.states import LIVE, NotificationStatus

TYPE = CONTENT_TYPE_LATEST


def text(now: datetime | None = None) -> bytes:
    """A registry of its own per call: the numbers are the database's, not this process's."""
    now = now or timezone.now()
    registry = CollectorRegistry()
    well = Gauge("beckon_well", "1 where the check is well", ["check"], registry=registry)
    facts = Gauge("beckon_fact", "A check's numbers", ["check", "fact"], registry=registry)
    for check in health.examine(now):
        well.labels(check.name.lower()).set(1 if check.ok else 0)
        for name, value in check.facts.items():
            if isinstance(value, int | float):
                facts.labels(check.name.lower(), name).set(value)
    states = Gauge("beckon_notifications", "Notifications by status", ["status"], registry=registry)
    for status in (NotificationStatus.SCHEDULED, NotificationStatus.HELD, *LIVE):
        states.labels(status.value).set(Notification.objects.filter(status=status).count())
    return generate_latest(registry)
