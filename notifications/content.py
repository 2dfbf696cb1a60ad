"""The one place that says what may be sent. Forms, API and engine all ask here.

Sizes are bytes of UTF-8. Source of the limits: FCM HTTP v1 reference, "Message" (4,096 bytes for
a message to a token); 4,000 leaves room for the keys that FCM adds for APNs.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError

from devices.models import ID_MAX, AppUser
from notifications.models import BODY_MAX, TITLE_MAX, TTL_DEFAULT_S, Page
from notifications.sending.fcm.message import Content, size_bytes
from notifications.states import ParameterType

TITLE_SOFT, BODY_SOFT = 50, 150
BYTES_MAX, BYTES_SOFT = 4000, 3000
RECIPIENTS_MAX = 50_000
TTL_MAX_S = 2_419_200
DATA_KEYS_MAX, DATA_KEY_MAX = 50, 100
PHRASE = "Send Notification"
OUR_KEYS = {"initialPageName", "parameterData", "notificationId"}
RESERVED_KEYS = {"from", "message_type", "collapse_key", "aps", "notification", "gcm"}
RESERVED_PREFIXES = ("google", "gcm.")
# C0 and C1 control characters but for newline and tab, and what turns the writing direction
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")  # what a database or UTF-8 cannot hold
DOCUMENT_PART = re.compile(r"^(?!\.\.?$)(?!__.*__$)[^/\s][^/]*$")


@dataclass(frozen=True, slots=True)
class Message:
    """What a person typed. `parameters` maps a page parameter's name to its text as typed;
    `image` is a name in the media folder or an https address."""

    title: str
    body: str
    image: str = ""
    sound: bool = True
    initial_page: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    ttl_s: int = TTL_DEFAULT_S


def clean_text(text: str) -> str:
    """NFC, without control characters and direction overrides; newlines stay."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", UNSEEN.sub("", flat)).strip()


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


# ---------------------------------------------------------------- checking


def check(message: Message, page: Page | None) -> None:
    """Raise ValidationError({field: [reason, …]}) unless FCM would take this message.

    A parameter's error stands under `parameter_<name>`.
    """
    errors: dict[str, list[str]] = {}
    _check_text(errors, "title", message.title, "Title", TITLE_MAX)
    _check_text(errors, "body", message.body, "Text", BODY_MAX)
    _check_page(errors, message, page)
    _check_data(errors, message.data)
    if not 0 <= message.ttl_s <= TTL_MAX_S:
        errors["ttl_s"] = [f"{message.ttl_s} s: a message lives 0 to {TTL_MAX_S:,} s (28 days)."]
    if not errors:
        largest = max(sizes(message, page).values())
        if largest > BYTES_MAX:
            errors["body"] = [
                f"The whole message is {largest:,} bytes; phones take {BYTES_MAX:,}. "
                f"Shorten the text or the data by {largest - BYTES_MAX:,} bytes."
            ]
    if errors:
        raise ValidationError(errors)


def _check_text(errors: dict[str, list[str]], name: str, text: str, label: str, most: int) -> None:
    if not text.strip():
        errors[name] = [f"{label} is empty. Write what people should read."]
    elif len(text) > most:
        errors[name] = [f"{label} has {len(text):,} characters; {most:,} is the most."]


def _check_page(errors: dict[str, list[str]], message: Message, page: Page | None) -> None:
    if message.initial_page and page is None:
        errors["initial_page"] = [
            f"{message.initial_page} is not a registered page. Add it under Settings → Pages."
        ]
    elif page is not None:
        _, wrong = read_parameters(page, message.parameters)
        errors.update({f"parameter_{name}": reasons for name, reasons in wrong.items()})
    elif message.parameters and any(message.parameters.values()):
        errors["initial_page"] = ["Parameters need an initial page that takes them."]


def _check_data(errors: dict[str, list[str]], data: Mapping[str, str]) -> None:
    wrong = []
    if len(data) > DATA_KEYS_MAX:
        wrong.append(f"{len(data)} keys; {DATA_KEYS_MAX} is the most.")
    for key, value in data.items():
        if not key or len(key) > DATA_KEY_MAX:
            wrong.append(f"“{key[:40]}”: a key has 1 to {DATA_KEY_MAX} characters.")
        elif key in OUR_KEYS:
            wrong.append(f"{key} is filled by Beckon itself. Use another key.")
        elif key in RESERVED_KEYS or key.startswith(RESERVED_PREFIXES):
            wrong.append(f"{key} is reserved by FCM. Use another key.")
        elif not isinstance(value, str):
            wrong.append(f'data.{key} is {value}: FCM data values must be text. Write "{value}".')
        elif UNKEPT.search(key + value):
            wrong.append(f"{key!r:.40} holds NUL or half a character. Take it out.")
    if wrong:
        errors["data"] = wrong


# ---------------------------------------------------------------- page parameters


def read_parameters(
    page: Page, texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(values for parameterData, errors by parameter name). A blank optional one is left out."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    known = {parameter.name: parameter for parameter in page.parameters.all()}
    for name in texts.keys() - known.keys():
        errors[name] = [f"{page.name} has no parameter {name}."]
    for name, parameter in known.items():
        text = str(texts.get(name, "") or "").strip()
        if not text:
            if parameter.required:
                errors[name] = [f"{page.name} needs {name}."]
            continue
        try:
            values[name] = parameter_value(parameter.type, text)
        except ValidationError as error:
            errors[name] = error.messages
    return values, errors


def parameter_value(kind: str, text: str) -> Any:
    """The JSON value of one parameter. Raises ValidationError with the sentence to show.

    DateTime becomes epoch milliseconds (a text without a zone is UTC), LatLng "lat,lng", a
    DocumentReference its path: what an app generated by FlutterFlow reads.
    """
    return _READERS[ParameterType(kind)](text.strip())


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ValidationError(f"“{text}” is not a whole number, such as 42.")
    return int(text)


def _double(text: str) -> float:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text):
        raise ValidationError(f"“{text}” is not a number, such as 4.5.")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValidationError(f"“{text}” is too large for a number.")
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValidationError(f"“{text}” is neither true nor false.")
    return text.lower() == "true"


def _date_time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError(
            f"“{text}” is not a date and time, such as 2026-11-27T15:00."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _lat_lng(text: str) -> str:
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*", text)
    if not match:
        raise ValidationError(f"“{text}” is not a place, such as 48.2082,16.3738.")
    latitude, longitude = float(match[1]), float(match[2])
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise ValidationError(
            f"“{text}”: latitude goes from −90 to 90, longitude from −180 to 180."
        )
    return f"{match[1]},{match[2]}"


def _document(text: str) -> str:
    parts = text.strip("/").split("/")
    if len(parts) % 2:
        raise ValidationError(
            f"A document path has an even number of parts, such as huts/sarnalp. "
            f"This one has {len(parts)}."
        )
    if wrong := [part for part in parts if not DOCUMENT_PART.match(part)]:
        raise ValidationError(f"“{wrong[0]}” can't be a part of a document path.")
    return "/".join(parts)


_READERS: dict[str, Callable[[str], Any]] = {
    ParameterType.STRING: str,
    ParameterType.INTEGER: _integer,
    ParameterType.DOUBLE: _double,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.DATE_TIME: _date_time,
    ParameterType.LAT_LNG: _lat_lng,
    ParameterType.DOCUMENT: _document,
}


def parameter_data(page: Page | None, texts: Mapping[str, str]) -> str:
    """`parameterData` as the app reads it: JSON text. Only for parameters that were checked."""
    values = read_parameters(page, texts)[0] if page else {}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------- sizes


def data_of(message: Message, page: Page | None, notification_id: str) -> dict[str, str]:
    """The whole data map of the message, in the order that pages show it."""
    return {
        "initialPageName": message.initial_page,
        "parameterData": parameter_data(page, message.parameters),
        "notificationId": notification_id,
        **message.data,
    }


def sizes(message: Message, page: Page | None, image_url: str = "") -> dict[str, int]:
    """Bytes per system, by FCM's rule. A notification's id and an image's address are counted at
    their full length."""
    blank = "00000000-0000-4000-8000-000000000000"
    content = Content(
        title=message.title,
        body=message.body,
        image=(image_url or message.image) or None,
        data=data_of(message, page, blank),
        sound=message.sound,
        channel_id=None,
        thread=blank,
        ttl_s=message.ttl_s,
        expires_at=0,
    )
    return {"ios": size_bytes(content, "ios"), "android": size_bytes(content, "android")}


# ---------------------------------------------------------------- recipients


def parse_references(text: str) -> list[str]:
    """Ids or `users/<id>`, parted by commas, spaces or lines; order kept, doubles removed."""
    words = (word.strip().strip("/") for word in re.split(r"[\s,;\0]+", text))
    return list(dict.fromkeys(word.removeprefix("users/") for word in words if word))


def find_users(user_ids: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """(known ids in the order given, {unknown id: a near one or ""}). Ids are case-sensitive."""
    wanted = [user_id for user_id in user_ids if user_id]
    known: set[str] = set()
    for start in range(0, len(wanted), 5_000):
        part = [one for one in wanted[start : start + 5_000] if len(one) <= ID_MAX]
        rows = AppUser.objects.filter(user_id__in=part)
        known.update(rows.values_list("user_id", flat=True))
    unknown = [user_id for user_id in wanted if user_id not in known]
    near = {user_id: _near(user_id) for user_id in unknown[:20]}
    return (
        [user_id for user_id in wanted if user_id in known],
        {user_id: near.get(user_id, "") for user_id in unknown},
    )


def _near(user_id: str) -> str:
    candidates = AppUser.objects.filter(user_id__istartswith=user_id[:3])
    ids = list(candidates.values_list("user_id", flat=True)[:200])
    if exact := [one for one in ids if one.lower() == user_id.lower()]:
        return exact[0]
    return next(iter(get_close_matches(user_id, ids, n=1, cutoff=0.75)), "")
