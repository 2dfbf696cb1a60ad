"""The exact message, as FCM would get it: for Review, and for the page of what was sent."""

import json
from datetime import datetime, timedelta
from typing import Any, Literal

from django.core.exceptions import ValidationError

from notifications.fcm.message import Content, MessageInvalid, example
from notifications.models import Notification
from notifications.personal import NOBODY, Person
from notifications.revision import freeze, texts_of

Platform = Literal["ios", "android"]


def message(
    notification: Notification, platform: Platform, now: datetime, person: Person = NOBODY
) -> dict[str, Any]:
    """The frozen revision where there is one, else what would be frozen now, in the words of this
    person; the token is shown as <token>. Raises MessageInvalid."""
    frozen = notification.revision or _frozen_now(notification)
    title, body = texts_of(notification).write(person)
    begins = notification.started_at or notification.due_at or notification.send_at or now
    expires = begins + timedelta(seconds=frozen["ttl_s"])
    content = Content(
        title=title,
        body=body,
        image=frozen["image"] or None,
        data=frozen["data"],
        sound=frozen["sound"],
        channel_id=frozen["channel_id"] or None,
        thread=frozen["thread"],
        ttl_s=frozen["ttl_s"],
        expires_at=int(expires.timestamp()),
    )
    return {"message": example(content, platform)}


def _frozen_now(notification: Notification) -> dict[str, Any]:
    try:
        return freeze(notification)[0]
    except ValidationError as error:
        raise MessageInvalid("", " ".join(error.messages)) from None


def text(
    notification: Notification, platform: Platform, now: datetime, person: Person = NOBODY
) -> str:
    return json.dumps(message(notification, platform, now, person), ensure_ascii=False, indent=2)
