"""The frozen revision: all that makes a notification's message, resolved. Nothing else is sent."""

import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings

from devices import preferences
from notifications import content, personal
from notifications.models import Notification, Page
from notifications.states import Kind


def page_of(notification: Notification) -> Page | None:
    if not notification.initial_page:
        return None
    pages = Page.objects.prefetch_related("parameters")
    return pages.filter(name=notification.initial_page).first()


def message_of(notification: Notification) -> content.Message:
    """Of a message card the words are its version's, with the variables beside them; what an API
    call brings stands as it is."""
    card = notification.card
    copy = card or notification
    return content.Message(
        title=copy.title,
        body=copy.body,
        image=notification.image,
        sound=notification.sound,
        initial_page=notification.initial_page,
        parameters=notification.parameters,
        data=notification.data,
        ttl_s=notification.ttl_s,
        variants=copy.variants,
        verbatim=card is None and notification.kind == Kind.TRIGGER,
        filled=notification.variables if card else None,
    )


def image_url(image: str) -> str:
    """The address a phone loads the image from; a name in the media folder is made absolute."""
    if not image or image.startswith(("http://", "https://")):
        return image
    return urljoin(settings.MEDIA_URL, image)


def freeze(notification: Notification) -> tuple[dict[str, Any], str]:
    """The revision and its SHA-256. `personal` is there only where people read different words;
    title and body are then those for someone of whom nothing is known. Raises ValidationError
    where a text can't be read."""
    message, page = message_of(notification), page_of(notification)
    texts = content.texts_of(message)
    title, body = texts.write()
    channels = preferences.read("sound_channel", "silent_channel")
    revision = {
        "title": title,
        "body": body,
        "image": image_url(message.image),
        "data": content.data_of(message, page, str(notification.uuid)),
        "sound": message.sound,
        "channel_id": channels["sound_channel" if message.sound else "silent_channel"],
        "ttl_s": message.ttl_s,
        "thread": str(notification.thread),
        "to": _target(notification),
    }
    if not texts.is_plain:
        revision["personal"] = texts.as_json()
    if notification.card:
        revision["card"] = [notification.card.card.key, notification.card.number]
    return revision, sha256_of(revision)


def sha256_of(revision: dict[str, Any]) -> str:
    text = json.dumps(revision, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _target(notification: Notification) -> dict[str, Any]:
    audience = notification.audience
    return {
        "send_to": notification.send_to,
        "target_os": notification.target_os,
        "recipients": hashlib.sha256("\n".join(notification.recipients).encode()).hexdigest(),
        "audience": [audience.pk, audience.version] if audience else None,
        "leave_out": _left_out(notification),
        "quiet_hours": notification.quiet_hours,
        "batch_mode": notification.batch_mode,
        "waves": notification.waves,
        "send_at": notification.send_at.isoformat() if notification.send_at else None,
        "clock": [
            notification.wall, notification.timezone, notification.each_clock,
            notification.if_past, notification.spread_min, notification.repeat,
        ],
    }  # fmt: skip


def of_another(
    frozen: dict[str, Any], uuid: UUID, thread: UUID, send_at: datetime
) -> dict[str, Any]:
    """The same words for another notification: an identity and a time of its own."""
    return frozen | {
        "thread": str(thread),
        "data": frozen["data"] | {"notificationId": str(uuid)},
        "to": frozen["to"] | {"send_at": send_at.isoformat()},
    }


def _left_out(notification: Notification) -> list[Any]:
    audience = notification.exclude_audience
    people = "\n".join(notification.exclude_users)
    return [
        [audience.pk, audience.version] if audience else None,
        hashlib.sha256(people.encode()).hexdigest() if people else "",
        notification.spare_after,
    ]


def texts_of(notification: Notification) -> personal.Texts:
    """Of the frozen revision where there is one, else as they would be frozen now; what can't be
    read yet stands as typed."""
    if frozen := notification.revision:
        if "personal" in frozen:
            return personal.Texts.of_json(frozen["personal"])
        return personal.Texts({"": personal.Copy((frozen["title"],), (frozen["body"],))})
    return content.texts_as_far_as_read(message_of(notification))
