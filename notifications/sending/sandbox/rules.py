"""What FCM refuses in a message whose JSON is sound: targets, sizes, reserved keys, spans, topics.

`check` answers None, or the reply of the first rule that is broken.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from notifications.sending.sandbox import envelopes
from notifications.sending.sandbox.conditions import BadCondition, parse
from notifications.sending.sandbox.http import Reply

Message = dict[str, Any]

PAYLOAD_MAX_BYTES = 4096
TTL_MAX_SECONDS = 28 * 24 * 3600
COLLAPSE_ID_MAX_BYTES = 64
TARGETS = ("token", "fid", "topic", "condition")

TOKEN = re.compile(r"[A-Za-z0-9:_.\-]{20,4096}")
_TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}")
_LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_IMAGE = re.compile(r"https?://[^\s]+")
_RESERVED = frozenset(("from", "message_type", "gcm"))


def check(message: Message) -> Reply | None:
    return next((reply for rule in RULES if (reply := rule(message)) is not None), None)


def is_topic(name: str) -> bool:
    return _TOPIC.fullmatch(name) is not None


def _one_target(message: Message) -> Reply | None:
    given = [target for target in TARGETS if message.get(target)]
    present = [target for target in TARGETS if target in message]
    if len(present) > 1:
        why = (
            "Invalid value at 'message' (oneof), oneof field 'target' is already set. "
            f"Cannot set '{present[1]}'"
        )
        return envelopes.schema_errors([("message", why)])
    if not given and "topic" not in message:
        return envelopes.no_target()
    return None


def _one_android(message: Message) -> Reply | None:
    if "android" in message and "android_v2" in message:
        return envelopes.bad_value(
            "message.android_v2", "Only one of android and android_v2 can be set."
        )
    second: Message = message.get("android_v2", {"background_sync": {}})
    if ("remote_notification" in second) == ("background_sync" in second):
        return envelopes.bad_value(
            "message.android_v2",
            "Exactly one of remote_notification and background_sync must be set.",
        )
    return None


def _good_topic(message: Message) -> Reply | None:
    if "topic" in message and not is_topic(message["topic"]):
        return envelopes.bad_value("message", "Topic name contains invalid characters.")
    return None


def _good_condition(message: Message) -> Reply | None:
    if "condition" not in message:
        return None
    try:
        parse(message["condition"])
    except BadCondition:
        return envelopes.bad_condition()
    return None


def _data_keys(message: Message) -> Reply | None:
    for path, keys in _data_maps(message):
        for key in keys:
            if not key or key in _RESERVED or key.startswith(("google.", "gcm.")):
                return envelopes.bad_value(path, f"Invalid data payload key: {key}")
    return None


def _data_maps(message: Message) -> Iterator[tuple[str, Message]]:
    yield "message.data", message.get("data", {})
    for part in ("android", "android_v2", "webpush"):
        yield f"message.{part}.data", message.get(part, {}).get("data", {})


def _android_ttl(message: Message) -> Reply | None:
    for part in ("android", "android_v2"):
        ttl = message.get(part, {}).get("ttl")
        if ttl is not None and not 0 <= Decimal(ttl[:-1]) <= TTL_MAX_SECONDS:
            why = f"Invalid TTL: must be between 0 and {TTL_MAX_SECONDS} seconds."
            return envelopes.bad_value(f"message.{part}.ttl", why)
    return None


def _banners(message: Message) -> Iterator[tuple[str, Message]]:
    yield "message.android.notification", message.get("android", {}).get("notification", {})
    remote = message.get("android_v2", {}).get("remote_notification", {})
    yield "message.android_v2.remote_notification.notification", remote.get("notification", {})


def _android_banner(message: Message) -> Reply | None:
    for path, banner in _banners(message):
        color = banner.get("color")
        if color is not None and not _COLOR.fullmatch(color):
            return envelopes.bad_value(f"{path}.color", "Invalid color: must be #rrggbb.")
        for kind in ("title", "body"):
            if banner.get(f"{kind}_loc_args") and not banner.get(f"{kind}_loc_key"):
                why = f"{kind}_loc_args needs {kind}_loc_key."
                return envelopes.bad_value(f"{path}.{kind}_loc_args", why)
        if "light_settings" in banner and (reply := _lights(path, banner["light_settings"])):
            return reply
    return None


def _lights(path: str, lights: Message) -> Reply | None:
    for name, part in lights.get("color", {}).items():
        if not 0 <= part <= 1:
            field = f"{path}.light_settings.color.{name}"
            return envelopes.bad_value(field, "Color components must be between 0 and 1.")
    missing = {"color", "light_on_duration", "light_off_duration"} - lights.keys()
    if missing:
        name = min(missing)
        return envelopes.bad_value(f"{path}.light_settings.{name}", f"{name} is required.")
    return None


def _images(message: Message) -> Reply | None:
    places = [
        ("message.notification.image", message.get("notification", {})),
        ("message.apns.fcm_options.image", message.get("apns", {}).get("fcm_options", {})),
        *((f"{path}.image", banner) for path, banner in _banners(message)),
    ]
    for path, holder in places:
        if holder.get("image") and not _IMAGE.fullmatch(holder["image"]):
            return envelopes.bad_value(path, "Invalid image URL.")
    return None


def _labels(message: Message) -> Reply | None:
    holders = [("message", message)]
    holders += [
        (f"message.{part}", message.get(part, {}))
        for part in ("android", "android_v2", "apns", "webpush")
    ]
    for path, holder in holders:
        label = holder.get("fcm_options", {}).get("analytics_label")
        if label is not None and not _LABEL.fullmatch(label):
            field = f"{path}.fcm_options.analytics_label"
            return envelopes.bad_value(field, "Invalid analytics label.")
    return None


def _webpush(message: Message) -> Reply | None:
    webpush = message.get("webpush", {})
    for name, value in webpush.get("headers", {}).items():
        if name.lower() == "ttl" and not re.fullmatch(r"[0-9]+", value):
            field = f"message.webpush.headers.{name}"
            return envelopes.bad_value(field, "TTL must be a non-negative integer.")
    link = webpush.get("fcm_options", {}).get("link")
    if link and not link.startswith("https://"):
        field = "message.webpush.fcm_options.link"
        return envelopes.bad_value(field, "The link must be an HTTPS URL.")
    return None


def _apns(message: Message) -> Reply | None:
    apns = message.get("apns", {})
    headers = {name.lower(): value for name, value in apns.get("headers", {}).items()}
    if headers.get("apns-priority", "10") not in ("1", "5", "10"):
        field = "message.apns.headers.apns-priority"
        return envelopes.bad_value(field, "Invalid APNs priority: must be 1, 5 or 10.")
    if not re.fullmatch(r"[0-9]+", headers.get("apns-expiration", "0")):
        field = "message.apns.headers.apns-expiration"
        return envelopes.bad_value(field, "Invalid APNs expiration: must be a UNIX time.")
    if len(headers.get("apns-collapse-id", "").encode()) > COLLAPSE_ID_MAX_BYTES:
        field = "message.apns.headers.apns-collapse-id"
        return envelopes.bad_value(field, "The collapse id is longer than 64 bytes.")
    if "live_activity_token" in apns and not (message.get("token") or message.get("fid")):
        field = "message.apns.live_activity_token"
        return envelopes.bad_value(field, "live_activity_token needs a token as target.")
    return None


def _size(message: Message) -> Reply | None:
    if _android_bytes(message) > PAYLOAD_MAX_BYTES or _apns_bytes(message) > PAYLOAD_MAX_BYTES:
        return envelopes.too_big()
    return None


def _android_bytes(message: Message) -> int:
    """UTF-8 bytes of the data that would be used, and of every text in the notifications."""
    android: Message = message.get("android") or message.get("android_v2") or {}
    webpush = message.get("webpush", {})
    data: dict[str, str] = android.get("data") or webpush.get("data") or message.get("data", {})
    notification = message.get("notification", {})
    shown = [{**notification, **banner} for _, banner in _banners(message)]
    texts = max(map(_text_bytes, [*shown, {**notification, **webpush.get("notification", {})}]))
    return texts + sum(len(key.encode()) + len(text.encode()) for key, text in data.items())


def _text_bytes(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict):
        return sum(map(_text_bytes, value.values()))
    return sum(map(_text_bytes, value)) if isinstance(value, list) else 0


def _apns_bytes(message: Message) -> int:
    payload = message.get("apns", {}).get("payload", {})
    compact = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return len(compact.encode("utf-8", "surrogatepass"))


def _token_form(message: Message) -> Reply | None:
    """After everything else: a broken payload is blamed before a broken token."""
    if "token" in message and not TOKEN.fullmatch(message["token"]):
        return envelopes.malformed_token()
    return None


RULES: tuple[Callable[[Message], Reply | None], ...] = (
    _one_target,
    _one_android,
    _good_topic,
    _good_condition,
    _data_keys,
    _android_ttl,
    _android_banner,
    _images,
    _labels,
    _webpush,
    _apns,
    _size,
    _token_form,
)
