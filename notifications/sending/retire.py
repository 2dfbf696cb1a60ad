"""After a brake a person said "they are dead": the tokens that it kept are retired now."""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef

from devices import registry
from devices.models import Device
from devices.states import DeviceState
from notifications.models import Delivery, Notification
from notifications.states import Outcome


def dead(notification: Notification, now: datetime) -> int:
    """Inside the transaction of the move. A phone that registered again since its window opened,
    with whatever token, is left alone. Returns how many were retired."""
    rows = Delivery.objects.filter(
        notification=notification,
        device=OuterRef("pk"),
        outcome=Outcome.DEAD_TOKEN,
        started_at__gte=OuterRef("last_seen_at"),
    )
    silent = Device.objects.filter(Exists(rows), state=DeviceState.ACTIVE)
    retired, last = 0, 0
    while part := list(
        silent.filter(pk__gt=last).order_by("pk").values_list("pk", "token")[: settings.BATCH_SIZE]
    ):
        last = part[-1][0]
        retired += registry.retire([(pk, token) for pk, token in part if token], now)
    return retired
