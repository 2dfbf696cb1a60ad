"""What a person typed, and its title and text in all their variants."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.core.exceptions import ValidationError

from notifications import personal
from notifications.models import TTL_DEFAULT_S
from notifications.personal import fillings
from notifications.personal.parts import UNSEEN

Variants = Mapping[str, Mapping[str, str]]  # {language: {"title": …, "body": …}}


@dataclass(frozen=True, slots=True)
class Message:
    """What a person typed. `parameters` maps a page parameter's name to its text as typed;
    `image` is a name in the media folder or an https address. In a `verbatim` one braces mean
    nothing; `filled` are a message card's variables as people read them."""

    title: str
    body: str
    image: str = ""
    sound: bool = True
    initial_page: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    ttl_s: int = TTL_DEFAULT_S
    variants: Variants = field(default_factory=dict)
    verbatim: bool = False
    filled: Mapping[str, str] | None = None


def clean_text(text: str) -> str:
    """NFC, without control characters and direction overrides; newlines stay."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", UNSEEN.sub("", flat)).strip()


def field_of(name: str, language: str) -> str:
    """The name that a variant's title or text has in errors and forms: `title`, `title_de`."""
    return f"{name}_{language}" if language else name


def typed_texts(message: Message) -> dict[str, tuple[str, str]]:
    """Title and text as typed, by language; "" is the default."""
    own = {"": (message.title, message.body)}
    return own | {
        tag: (str(one.get("title", "")), str(one.get("body", "")))
        for tag, one in message.variants.items()
    }


def texts_of(message: Message) -> personal.Texts:
    """Raises ValidationError({field: [sentence]}) for what can't be read."""
    errors: dict[str, list[str]] = {}
    copies = {}
    for language, (title, body) in typed_texts(message).items():
        read = {}
        for name, text in (("title", title), ("body", body)):
            try:
                read[name] = _parts(message, text)
            except personal.Unreadable as error:
                errors[field_of(name, language)] = [str(error)]
        if len(read) == 2:
            copies[language] = personal.Copy(read["title"], read["body"])
    if errors:
        raise ValidationError(errors)
    return personal.Texts(copies)


def _parts(message: Message, text: str) -> personal.Parts:
    if message.verbatim:
        return (text,) if text else ()
    parts = personal.read(text)
    return parts if message.filled is None else fillings.fill(parts, message.filled)


def texts_as_far_as_read(message: Message) -> personal.Texts:
    """What can't be read yet stands as typed."""
    try:
        return texts_of(message)
    except ValidationError:
        return texts_of(replace(message, verbatim=True))
