"""What is sent, and what became of it: fields and constraints. Moves live in `lifecycle`."""

from notifications.models.batch import Batch
from notifications.models.card import KEY_MAX, CardVersion, MessageCard
from notifications.models.delivery import Delivery, Receipt
from notifications.models.notification import (
    BODY_MAX,
    TICKET_MAX,
    TITLE_MAX,
    TTL_DEFAULT_S,
    Notification,
)
from notifications.models.page import Page, PageParameter
from notifications.models.series import Occurrence, Series
from notifications.models.upkeep import AuditEntry, Heartbeat, Idempotency, ProjectPause
from notifications.models.webhook import CallState, WebhookAttempt, WebhookCall, WebhookEndpoint

__all__ = [
    "BODY_MAX",
    "KEY_MAX",
    "TICKET_MAX",
    "TITLE_MAX",
    "TTL_DEFAULT_S",
    "AuditEntry",
    "Batch",
    "CallState",
    "CardVersion",
    "Delivery",
    "Heartbeat",
    "Idempotency",
    "MessageCard",
    "Notification",
    "Occurrence",
    "Page",
    "PageParameter",
    "ProjectPause",
    "Receipt",
    "Series",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookEndpoint",
]
