"""Where a notification can be, what may move it, and how a device's delivery can end.

`MOVES` is the only table of moves: it draws the buttons, guards the API, and is printed in the
docs. `lifecycle.move` is the only function that follows it.
"""

from django.db.models import TextChoices


class NotificationStatus(TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    HELD = "held", "Held"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    SENT = "sent", "Sent"
    STOPPED = "stopped", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


S = NotificationStatus
MOVES: dict[str, tuple[frozenset[S], S]] = {  # verb: (from any of, to)
    "schedule": (frozenset({S.DRAFT}), S.SCHEDULED),
    "start": (frozenset({S.SCHEDULED}), S.SENDING),
    "undo": (frozenset({S.SCHEDULED}), S.DRAFT),
    "edit": (frozenset({S.SCHEDULED, S.HELD}), S.DRAFT),
    "cancel": (frozenset({S.SCHEDULED, S.HELD}), S.CANCELLED),
    "hold": (frozenset({S.SCHEDULED}), S.HELD),
    "release": (frozenset({S.HELD}), S.SCHEDULED),
    "pause": (frozenset({S.SENDING}), S.PAUSED),
    "resume": (frozenset({S.PAUSED}), S.SENDING),
    "stop": (frozenset({S.SENDING, S.PAUSED}), S.STOPPED),
    "finish": (frozenset({S.SENDING}), S.SENT),
    "resend_unknown": (frozenset({S.SENT}), S.SENDING),
}
LIVE = frozenset({S.SENDING, S.PAUSED})
ENDED = frozenset({S.SENT, S.STOPPED, S.CANCELLED})


class Kind(TextChoices):
    BROADCAST = "broadcast", "Broadcast"
    TRIGGER = "trigger", "Trigger"
    TEST = "test", "Test"


class SendTo(TextChoices):
    EVERYONE = "everyone", "Everyone"
    USERS = "users", "Specific users"
    AUDIENCE = "audience", "Saved audience"
    REACHED = "reached", "Phones that another notification reached"


class TargetOS(TextChoices):
    ALL = "all", "All"
    ANDROID = "android", "Android"
    IOS = "ios", "iOS"


class QuietHours(TextChoices):
    """What a notification does in the quiet hours of whoever it is for."""

    DEFER = "defer", "Wait until they end"
    SKIP = "skip", "Leave those people out"
    IGNORE = "ignore", "Send anyway"


class BatchKind(TextChoices):
    PLAN = "plan", "Plan"
    RANGE = "range", "Range"
    LIST = "list", "List"


class Outcome(TextChoices):
    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    DEAD_TOKEN = "dead_token", "Dead token"
    SKIPPED = "skipped", "Skipped"
    EXPIRED = "expired", "Expired"
    STOPPED = "stopped", "Stopped"
    UNKNOWN = "unknown", "Unknown"


FINAL = tuple(outcome for outcome in Outcome if outcome is not Outcome.WAITING)


class IfPast(TextChoices):
    """What becomes of people whose own clock has passed the time before the send begins."""

    NOW = "now", "At once"
    TOMORROW = "tomorrow", "Tomorrow at that time"
    SKIP = "skip", "Not at all"


class SeriesStatus(TextChoices):
    ACTIVE = "active", "Repeating"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


class OccurrenceState(TextChoices):
    MADE = "made", "Made"  # its notification says the rest
    MISSED = "missed", "Missed"  # nothing could send at its time
    PASSED = "passed", "Left out"  # the series was paused


class ReceiptType(TextChoices):
    RECEIVED = "received", "Received"
    OPENED = "opened", "Opened"
    DISMISSED = "dismissed", "Dismissed"
    CUSTOM = "custom", "Custom"


class ParameterType(TextChoices):
    """FlutterFlow's parameter types; `content` says how each is written into parameterData."""

    STRING = "String"
    INTEGER = "Integer"
    DOUBLE = "Double"
    BOOLEAN = "Boolean"
    DATE_TIME = "DateTime"
    LAT_LNG = "LatLng"
    DOCUMENT = "DocumentReference"


class VariableType(TextChoices):
    """What a message card's variable may hold: the types of page parameters, a day and a link."""

    STRING = "String", "Text"
    INTEGER = "Integer", "Whole number"
    DOUBLE = "Double", "Number"
    DATE = "Date", "Date"
    DATE_TIME = "DateTime", "Date and time"
    URL = "URL", "Link"
    BOOLEAN = "Boolean", "True or false"
    LAT_LNG = "LatLng", "Place"
    DOCUMENT = "DocumentReference", "Document"
