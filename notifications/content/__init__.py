"""The one place that says what may be sent. Forms, API and engine all ask here.

Sizes are bytes of UTF-8. Source of the limits: FCM HTTP v1 reference, "Message" (4,096 bytes for
a message to a token); 4,000 leaves room for the keys that FCM adds for APNs.
"""

import re

from notifications.content.checking import (
    DATA_KEY_MAX,
    DATA_KEYS_MAX,
    LANGUAGES_MAX,
    TTL_MAX_S,
    check,
)
from notifications.content.message import (
    Message,
    clean_text,
    field_of,
    texts_as_far_as_read,
    texts_of,
)
from notifications.content.parameters import parameter_data, parameter_value, read_parameters
from notifications.content.recipients import RECIPIENTS_MAX, find_users, parse_references, pks_of
from notifications.content.weight import (
    BODY_SOFT,
    BYTES_MAX,
    BYTES_SOFT,
    TITLE_SOFT,
    data_of,
    grapheme_count,
    sizes,
    sizes_by_language,
)

PHRASE = "Send Notification"
TAG = re.compile(r"</?[a-zA-Z][^>]*>")

__all__ = [
    "BODY_SOFT", "BYTES_MAX", "BYTES_SOFT", "DATA_KEYS_MAX", "DATA_KEY_MAX", "LANGUAGES_MAX",
    "PHRASE", "RECIPIENTS_MAX", "TAG", "TITLE_SOFT", "TTL_MAX_S", "Message", "check",
    "clean_text", "data_of", "field_of", "find_users", "grapheme_count", "parameter_data",
    "parameter_value", "parse_references", "pks_of", "read_parameters", "sizes", "sizes_by_language",
    "texts_as_far_as_read", "texts_of",
]  # fmt: skip
