"""How long a text is to people, and how many of FCM's bytes a message uses."""

import unicodedata

from notifications.content.message import Message, texts_as_far_as_read
from notifications.content.parameters import parameter_data
from notifications.fcm.message import Content, size_bytes
from notifications.models import Page

TITLE_SOFT, BODY_SOFT = 50, 150
BYTES_MAX, BYTES_SOFT = 4000, 3000


def grapheme_count(text: str) -> int:
    """Characters as a person counts them: marks, joiners and skin tones add nothing."""
    count, joined, flag_half = 0, False, False
    for char in text:
        point = ord(char)
        if 0x1F1E6 <= point <= 0x1F1FF:
            count += 0 if flag_half else 1
            flag_half = not flag_half
            continue
        flag_half = False
        adds = not joined and not unicodedata.combining(char)
        adds = adds and not (0xFE00 <= point <= 0xFE0F or 0x1F3FB <= point <= 0x1F3FF)
        adds = adds and point not in (0x200D, 0x20E3) and not 0xE0020 <= point <= 0xE007F
        count += adds
        joined = point == 0x200D
    return count


def data_of(message: Message, page: Page | None, notification_id: str) -> dict[str, str]:
    """The whole data map of the message, in the order that pages show it."""
    return {
        "initialPageName": message.initial_page,
        "parameterData": parameter_data(page, message.parameters),
        "notificationId": notification_id,
        **message.data,
    }


def sizes_by_language(
    message: Message, page: Page | None, image_url: str = ""
) -> dict[str, dict[str, int]]:
    """Bytes by language and system, by FCM's rule, for someone of whom nothing is known. A
    notification's id and an image's address are counted at their full length."""
    blank = "00000000-0000-4000-8000-000000000000"
    data = data_of(message, page, blank)
    image = (image_url or message.image) or None
    found = {}
    for language, (title, body) in texts_as_far_as_read(message).written().items():
        content = Content(
            title=title, body=body, image=image, data=data, sound=message.sound, channel_id=None,
            thread=blank, ttl_s=message.ttl_s, expires_at=0,
        )  # fmt: skip
        found[language] = {
            "ios": size_bytes(content, "ios"),
            "android": size_bytes(content, "android"),
        }
    return found


def sizes(message: Message, page: Page | None, image_url: str = "") -> dict[str, int]:
    """Bytes per system of the largest variant."""
    each = sizes_by_language(message, page, image_url).values()
    return {"ios": max(one["ios"] for one in each), "android": max(one["android"] for one in each)}
