"""The exact message, as FCM would get it: for Review, and for the page of what was sent."""

import json
from datetime import datetime, timedelta
from typing import Any, Literal

from notifications.models import Notification
from notifications.revision import freeze
from notifications.sending.fcm.message import Content, example

Platform = Literal["ios", "android"]


def message(notification: Notification, platform: Platform, now: datetime) -> dict[str, Any]:
    """The frozen revision where there is one, else what would be frozen now; the token is shown
    as <token>. Raises MessageInvalid."""
    frozen = notification.revision or freeze(notification)[0]
    begins = notification.started_at or notification.due_at or notification.send_at or now
    expires = begins + timedelta(seconds=frozen["ttl_s"])
    content = Content(
        title=frozen["title"],
        body=frozen["body"],
        image=frozen["image"] or None,
        data=frozen["data"],
        sound=frozen["sound"],
        channel_id=frozen["channel_id"] or None,
        thread=frozen["thread"],
        ttl_s=frozen["ttl_s"],
        expires_at=int(expires.timestamp()),
    )
    return {"message": example(content, platform)}


def text(notification: Notification, platform: Platform, now: datetime) -> str:
    return json.dumps(message(notification, platform, now), ensure_ascii=False, indent=2)
