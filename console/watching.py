"""However many watch one notification, what they all see is read once a second in this process.

A move of the notification is seen at once: it raises the version.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

from django.shortcuts import get_object_or_404

from notifications.models import Notification

KEPT_S = 1.0
KEPT_MOST = 64  # notifications that are watched at the same time

T = TypeVar("T")
_kept: OrderedDict[tuple[UUID, int, str], tuple[float, Any]] = OrderedDict()
_lock = Lock()


def version_of(uuid: UUID) -> Notification:
    """The row's few fields that say whether anything moved. Raises Http404."""
    fields = ("pk", "uuid", "version", "status", "due_at")
    found: Notification = get_object_or_404(Notification.objects.only(*fields), uuid=uuid)
    return found


def seen(one: Notification, look: Callable[[], T]) -> T:
    """What `look` gave less than a second ago for this version; else it looks, one at a time."""
    key = (one.uuid, one.version, one.status)
    found = _kept.get(key)
    if found is None or monotonic() - found[0] > KEPT_S:
        with _lock:
            found = _kept.get(key)
            if found is None or monotonic() - found[0] > KEPT_S:
                found = monotonic(), look()
                _kept[key] = found
                _kept.move_to_end(key)
                while len(_kept) > KEPT_MOST:
                    _kept.popitem(last=False)
    return found[1]
