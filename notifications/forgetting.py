"""What notifications keep about a person besides numbers, and how it is forgotten.

Deliveries and receipts name people and phones by bare keys, which lead nowhere once `devices`
erased them; only the lists of recipients hold ids as text.
"""

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from devices.models import AppUser
from notifications.models import Notification
from notifications.states import NotificationStatus

ERASED = "/erased"  # no id has a slash


def forget(user: AppUser) -> None:
    """Of what was confirmed the list keeps its length, so that what was counted stays true."""
    known = Notification.objects.filter(naming(user.user_id)).only("recipients", "status")
    for notification in known:
        stand_in = [] if notification.status == NotificationStatus.DRAFT else [ERASED]
        notification.recipients = [
            kept
            for named in notification.recipients
            for kept in (stand_in if named == user.user_id else [named])
        ]
        notification.save(update_fields=["recipients"])


def naming(user_id: str) -> Q:
    if connection.vendor == "postgresql":
        return Q(recipients__contains=[user_id])
    held = (
        "SELECT n.id FROM notifications_notification n, json_each(n.recipients) r "
        "WHERE r.value = %s"
    )
    return Q(pk__in=RawSQL(held, [user_id]))  # noqa: S611  constant but for the parameter
