"""Who can be reached: fields and constraints. What happens to them lives in `registry`."""

from devices.models.audience import Audience, AudienceMember
from devices.models.device import BUCKETS, TOKEN_MAX, Device, RegistrationEvent, TestDevice
from devices.models.keys import ApiKey, IdentitySecret
from devices.models.outbox import OutboxEvent
from devices.models.people import ID_MAX, AppUser
from devices.models.permission import PermissionAsk, PermissionEvent
from devices.models.preference import Preference
from devices.models.prompts import (
    Prompt,
    PromptDay,
    PromptEvent,
    PromptSession,
    PromptState,
    PromptVersion,
)

__all__ = [
    "BUCKETS",
    "ID_MAX",
    "TOKEN_MAX",
    "ApiKey",
    "AppUser",
    "Audience",
    "AudienceMember",
    "Device",
    "IdentitySecret",
    "OutboxEvent",
    "PermissionAsk",
    "PermissionEvent",
    "Preference",
    "Prompt",
    "PromptDay",
    "PromptEvent",
    "PromptSession",
    "PromptState",
    "PromptVersion",
    "RegistrationEvent",
    "TestDevice",
]
