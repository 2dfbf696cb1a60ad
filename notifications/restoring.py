"""After a backup of the database was put back: what may have gone out since waits for a person.

The backup knows nothing of what was sent after it. Left alone, a broadcast that was half sent then
would go on from there, and what was scheduled would start: both for the second time.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notifications import audit, latest, starting
from notifications.models import Notification
from notifications.sending import guards
from notifications.states import NotificationStatus as S

REASON = "restored"


@dataclass(frozen=True, slots=True)
class Waiting:
    paused: list[Notification]
    held: list[Notification]


@transaction.atomic
def make_wait(now: datetime) -> Waiting:
    """Pause all that is under way, hold all that is due; then all may start. To be called while
    nothing else runs."""
    under_way = Notification.objects.filter(status=S.SENDING).order_by("pk")
    paused = [one for one in under_way if guards.pause(one, REASON, {}, now)]
    held = list(Notification.objects.due(now).order_by("due_at", "pk"))
    for one in held:
        starting.hold(one, REASON, {}, now)
    latest.note(now)
    audit.record(None, "restored a backup", facts={"paused": len(paused), "held": len(held)})
    return Waiting(paused, held)
