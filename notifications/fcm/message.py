"""The message: built and validated once per notification and platform, then joined per device.

firebase-admin's own classes build it and its encoder validates it (71 µs a message); per device
only the token, and a personalised title and text, are put between encoded bytes (well under 1 µs).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from json.encoder import encode_basestring, encode_basestring_ascii
from secrets import token_hex
from typing import Any, Literal

# FCM HTTP v1, "Message size": 4,096 bytes for a message to a token.
MESSAGE_MAX_BYTES = 4096
SHOWN_TOKEN = "<token>"  # noqa: S105  (a place-holder)

Platform = Literal["ios", "android"]


class MessageInvalid(Exception):
    """firebase-admin refuses this message. `field` is its path in the message, "" if unnamed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Content:
    """All that a message carries, before it is addressed.

    `data` is complete (initialPageName, parameterData, notificationId). `thread` makes a repeat
    replace the banner: Android's tag, APNs' collapse id (Apple: ≤ 64 bytes). `expires_at` is in
    Unix seconds.
    """

    title: str
    body: str
    image: str | None
    data: Mapping[str, str]
    sound: bool
    channel_id: str | None
    thread: str
    ttl_s: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded message with slots: `before` token `after`, and inside `after` title and text."""

    before: bytes
    after: bytes
    to_title: bytes
    to_text: bytes
    to_end: bytes

    def body(self, token: str, title: str | None = None, text: str | None = None) -> bytes:
        """The request body for one device; `title` and `text` replace the content's own."""
        slot = encode_basestring_ascii(token).encode()
        if title is None or text is None:
            return self.before + slot + self.after
        title, text = encode_basestring(title), encode_basestring(text)
        return b"".join(
            (
                self.before,
                slot,
                self.to_title,
                title.encode("utf-8", "replace"),
                self.to_text,
                text.encode("utf-8", "replace"),
                self.to_end,
            )
        )


def template(content: Content, platform: Platform, *, validate_only: bool = False) -> Template:
    """Build, validate and encode once. Raises MessageInvalid."""
    message = example(content, platform)
    title, text = message["notification"]["title"], message["notification"]["body"]
    token_slot, title_slot, text_slot = token_hex(16), token_hex(16), token_hex(16)
    message["token"] = token_slot
    message["notification"] |= {"title": title_slot, "body": text_slot}
    request: dict[str, Any] = {"validate_only": True} if validate_only else {}
    encoded = _encode(request | {"message": message})
    before, _, rest = encoded.partition(f'"{token_slot}"')
    to_title, _, rest = rest.partition(f'"{title_slot}"')
    to_text, _, to_end = rest.partition(f'"{text_slot}"')
    pieces = (to_title, encode_basestring(title), to_text, encode_basestring(text), to_end)
    return Template(
        before.encode(),
        "".join(pieces).encode(),
        to_title.encode(),
        to_text.encode(),
        to_end.encode(),
    )


def example(content: Content, platform: Platform, token: str = SHOWN_TOKEN) -> dict[str, Any]:
    """What FCM gets as `message`, in reading order; for pages and tests. Raises MessageInvalid.

    Both platforms' parts go to every device, so a device whose platform is recorded wrongly still
    gets all of it.
    """
    from firebase_admin import _messaging_encoder, messaging  # over a second: never at start-up

    built = messaging.Message(
        notification=messaging.Notification(content.title, content.body, content.image),
        data=dict(content.data),
        android=messaging.AndroidConfig(
            ttl=timedelta(seconds=content.ttl_s),
            priority="high",
            notification=messaging.AndroidNotification(
                channel_id=content.channel_id,
                sound="default" if content.sound else None,
                tag=content.thread,
            ),
        ),
        apns=messaging.APNSConfig(
            headers={
                "apns-expiration": str(content.expires_at),
                "apns-priority": "10",
                "apns-collapse-id": content.thread,
            },
            payload=messaging.APNSPayload(
                messaging.Aps(sound="default" if content.sound else None, mutable_content=True)
            ),
            fcm_options=messaging.APNSFCMOptions(image=content.image) if content.image else None,
        ),
    )
    built.token = token  # as an argument it warns: `fid` is to replace it, one day
    try:
        message: dict[str, Any] = _messaging_encoder.MessageEncoder().default(built)
        _encode(message)
    except ValueError as error:
        raise _invalid(error) from error
    return _in_reading_order(message)


def size_bytes(content: Content, platform: Platform) -> int:
    """How much of FCM's 4,096 bytes this message uses (MESSAGE_MAX_BYTES is the most).

    FCM's documentation counts "keys and values": the UTF-8 bytes of all data keys and values and
    of the text in `notification` and `android.notification`. The compact JSON of `apns.payload`,
    which Apple limits to 4,096 bytes, counts where it is longer. Every device gets both parts, so
    both platforms count alike.
    """
    message = example(content, platform)
    apns = _encode(message["apns"]["payload"])
    return max(_bytes_of_words(message), len(apns.encode()))


def bytes_beside_text(content: Content, platform: Platform) -> int:
    """What everything but title and text uses, by the same rule, where the texts are what varies."""
    words = _bytes_of_words(example(content, platform))
    return words - len(content.title.encode()) - len(content.body.encode())


def _bytes_of_words(message: Mapping[str, Any]) -> int:
    data = message.get("data", {})
    words = [*data, *data.values(), *message["notification"].values()]
    words += message["android"]["notification"].values()
    return sum(len(word.encode()) for word in words)


def _in_reading_order(message: Mapping[str, Any]) -> dict[str, Any]:
    """As the documentation prints it; `template` relies on title before body."""
    notification = message["notification"]
    order = ("token", "notification", "data", "android", "apns")
    ordered = {key: message[key] for key in order if key in message}
    ordered["notification"] = {
        key: notification[key] for key in ("title", "body", "image") if key in notification
    }
    return ordered


def _encode(value: object) -> str:
    """Compact JSON that is valid UTF-8. Raises ValueError for half a surrogate pair."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        encoded.encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise ValueError(f"The text contains {half!r}: half a character, not valid text.") from None
    return encoded


def _invalid(error: ValueError) -> MessageInvalid:
    """firebase-admin begins its messages with the field: "Message.data must not contain …"."""
    message = str(error)
    field = message.split(" ", 1)[0]
    return MessageInvalid(field if re.fullmatch(r"[A-Z]\w+(\.\w+)+", field) else "", message)
