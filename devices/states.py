"""The words a device can be in. semantics.md's names; nothing here knows a model."""

from django.db.models import TextChoices


class Platform(TextChoices):
    IOS = "ios", "iOS"
    ANDROID = "android", "Android"


class DeviceState(TextChoices):
    ACTIVE = "active", "Active"
    UNREGISTERED = "unregistered", "Unregistered"
    INVALID = "invalid", "App removed"


class SystemPermission(TextChoices):
    """What the operating system says, raw. `unknown`: the app never told."""

    NOT_DETERMINED = "not_determined", "Not asked yet"
    DENIED = "denied", "Denied"
    AUTHORIZED = "authorized", "Allowed"
    PROVISIONAL = "provisional", "Quietly"
    EPHEMERAL = "ephemeral", "For a short while"
    UNKNOWN = "unknown", "Never reported"


class PermissionStatus(TextChoices):
    """What we make of the raw facts; `devices.permission` derives it."""

    SHOULD_REQUEST = "should_request", "Not asked yet"
    SHOULD_EXPLAIN = "should_explain_then_request", "Explain, then ask"
    GRANTED = "granted", "Allowed"
    DENIED = "denied", "Notifications are off"


class RegistrationKind(TextChoices):
    REGISTER = "register", "Registered"
    TAKEOVER = "takeover", "Taken over by another user"
    TOKEN_MOVED = "token_moved", "Token moved to another device"
    UNREGISTER = "unregister", "Unregistered"
    UNREGISTER_NOOP = "unregister_noop", "Unregister asked, nothing done"
    INVALIDATED = "invalidated", "App removed"
    REVIVED = "revived", "Registered again"
    OVER_QUOTA = "over_quota", "Made room for a newer phone"


class Actor(TextChoices):
    CLIENT = "client", "the app"
    SERVER = "server", "a server key"
    CONSOLE = "console", "the console"
    SENDER = "sender", "FCM's answer"


class KeyKind(TextChoices):
    CLIENT = "client", "Client key"
    SERVER = "server", "Server key"


class PromptStatus(TextChoices):
    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    ARCHIVED = "archived", "Archived"


class PromptLayout(TextChoices):
    MODAL = "modal", "Modal"
    BANNER = "banner", "Banner"
    CARD = "card", "Card"
    FULLSCREEN = "fullscreen", "Full screen"


class PromptFrequency(TextChoices):
    ONCE = "once", "Only once"
    EVERY_TIME = "every_time", "Every time"
    MULTIPLE = "multiple", "Multiple times"


class PromptEventType(TextChoices):
    """What an app tells of a soft prompt."""

    IMPRESSION = "impression", "Shown"
    CLICK = "click", "Tapped"
    DISMISS = "dismiss", "Dismissed"
    SYSTEM_SHOWN = "system_prompt_shown", "System dialog shown"
    SYSTEM_RESULT = "system_prompt_result", "System dialog answered"
    SETTINGS_OPENED = "settings_opened", "Settings opened"
    SETTINGS_RETURNED = "settings_returned", "Back from the settings"
    OPT_IN = "opt_in", "Opted in"
