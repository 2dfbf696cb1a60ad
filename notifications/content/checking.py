"""Whether FCM would take a message, and whether people would read it as meant."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from django.core.exceptions import ValidationError

from devices import audiences
from notifications import personal
from notifications.content.message import Message, field_of, texts_of, typed_texts
from notifications.content.parameters import read_parameters
from notifications.content.weight import BYTES_MAX, sizes_by_language
from notifications.models import BODY_MAX, TITLE_MAX, Page

TTL_MAX_S = 2_419_200
DATA_KEYS_MAX, DATA_KEY_MAX = 50, 100
LANGUAGES_MAX = 30
OUR_KEYS = {"initialPageName", "parameterData", "notificationId"}
RESERVED_KEYS = {"from", "message_type", "collapse_key", "aps", "notification", "gcm"}
RESERVED_PREFIXES = ("google", "gcm.")
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")  # what a database or UTF-8 cannot hold
LIMITS = {"title": ("Title", TITLE_MAX), "body": ("Text", BODY_MAX)}

Errors = dict[str, list[str]]


def check(message: Message, page: Page | None) -> None:
    """Raise ValidationError({field: [reason, …]}) unless FCM would take this message.

    A parameter's error stands under `parameter_<name>`, a variant's under `title_<language>`.
    """
    errors: Errors = {}
    _check_typed(errors, message)
    if not errors:
        _check_texts(errors, message)
    _check_page(errors, message, page)
    _check_data(errors, message.data)
    if not 0 <= message.ttl_s <= TTL_MAX_S:
        errors["ttl_s"] = [f"{message.ttl_s} s: a message lives 0 to {TTL_MAX_S:,} s (28 days)."]
    if not errors:
        _check_weight(errors, message, page)
    if errors:
        raise ValidationError(errors)


# ---------------------------------------------------------------- title and text


def _check_typed(errors: Errors, message: Message) -> None:
    if len(message.variants) > LANGUAGES_MAX:
        errors["variants"] = [f"{len(message.variants)} languages; {LANGUAGES_MAX} is the most."]
    for language, typed in typed_texts(message).items():
        for (name, (label, most)), text in zip(LIMITS.items(), typed, strict=True):
            where = field_of(name, language)
            if language and personal.normal(language) != language:
                errors[where] = [f"“{language}” is no language, such as de or pt-br."]
            elif not text.strip():
                errors[where] = [_empty(label, language)]
            elif len(text) > most:
                errors[where] = [f"{label} has {len(text):,} characters; {most:,} is the most."]


def _empty(label: str, language: str) -> str:
    if not language:
        return f"{label} is empty. Write what people should read."
    named = personal.label(language)
    return f"{label} in {named} is empty. Write it, or remove {named}."


def _check_texts(errors: Errors, message: Message) -> None:
    try:
        texts = texts_of(message)
    except ValidationError as error:
        errors |= error.message_dict
        return
    if texts.is_plain and message.filled is None:
        return
    known = _Known()
    for language, copy in texts.copies.items():
        written = copy.write({})
        for (name, (label, most)), parts, text in zip(
            LIMITS.items(), (copy.title, copy.body), written, strict=True
        ):
            where = field_of(name, language)
            slots = [part for part in parts if isinstance(part, personal.Slot)]
            if unknown := [told for slot in slots if (told := known.doubt(slot, message))]:
                errors[where] = unknown
            elif not text:
                errors[where] = [
                    f"{label} is empty for people without {slots[0].attribute}. Give it a "
                    f'default: {{{{ {slots[0].attribute} | default: "there" }}}}.'
                ]
            elif len(text) > most:
                errors[where] = [f"{label} has {len(text):,} characters; {most:,} is the most."]


class _Known:
    """Attributes that somebody has, asked for once each."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def doubt(self, slot: personal.Slot, message: Message) -> str:
        name = slot.attribute
        if name not in self._told:
            self._told[name] = "" if audiences.is_known(name) else self._sentence(name, message)
        return self._told[name]

    def _sentence(self, name: str, message: Message) -> str:
        if name in (message.filled or {}):
            return f"{name} is a variable of this card: write {{{name}}}, in single braces."
        near = get_close_matches(name, audiences.known_names(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"Nobody has an attribute {name}. Capitals count.{hint}"


# ---------------------------------------------------------------- the rest of it


def _check_weight(errors: Errors, message: Message, page: Page | None) -> None:
    for language, each in sizes_by_language(message, page).items():
        largest = max(each.values())
        if largest > BYTES_MAX:
            errors[field_of("body", language)] = [
                f"The whole message is {largest:,} bytes; phones take {BYTES_MAX:,}. "
                f"Shorten the text or the data by {largest - BYTES_MAX:,} bytes."
            ]


def _check_page(errors: Errors, message: Message, page: Page | None) -> None:
    if message.initial_page and page is None:
        errors["initial_page"] = [
            f"{message.initial_page} is not a registered page. Add it under Settings → Pages."
        ]
    elif page is not None:
        _, wrong = read_parameters(page, message.parameters)
        errors.update({f"parameter_{name}": reasons for name, reasons in wrong.items()})
    elif message.parameters and any(message.parameters.values()):
        errors["initial_page"] = ["Parameters need an initial page that takes them."]


def _check_data(errors: Errors, data: Mapping[str, str]) -> None:
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
