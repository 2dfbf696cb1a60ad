"""What to know before a message goes out, as far as its words show it."""

from dataclasses import dataclass

from notifications import content, reach
from notifications.models import Notification
from notifications.personal import Texts, label
from notifications.personal.parts import VALUE_MAX
from notifications.revision import texts_of

ANDROID_LINE = 50
BYTES_A_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something to know before it goes out; `must_tick` ones need a tick at Review."""

    code: str
    bold: str
    rest: str
    must_tick: bool = False


def of_words(
    notification: Notification, falls: reach.Waterfall, sizes: dict[str, int]
) -> list[Oddity]:
    texts = texts_of(notification)
    odd: list[Oddity] = []
    if notification.image and falls.will_send_by.get("android"):
        odd += _cut_on_android(texts)
    odd += _too_long(texts)
    if any(content.TAG.search(title + body) for title, body in texts.written().values()):
        odd.append(
            Oddity("markup", "There is markup in the text.", "Phones show it as typed.", True)
        )
    if max(sizes.values()) > content.BYTES_SOFT:
        odd.append(Oddity("heavy", "The message is large.", f"{max(sizes.values()):,} bytes."))
    return odd + _values(texts, max(sizes.values()))


def android_cut(body: str) -> str:
    """The words that are lost below a big picture, "" when the text fits its one line."""
    if len(body) <= ANDROID_LINE:
        return ""
    kept = body[:ANDROID_LINE].rsplit(" ", 1)[0]
    return " ".join(body[len(kept) :].split())


def _cut_on_android(texts: Texts) -> list[Oddity]:
    for language, (_, body) in texts.written().items():
        if lost := android_cut(body):
            told = f"Android cuts “{lost[:40].rstrip(' .,!?')}”{_in(language)}."
            return [Oddity("android_cut", told, "With a picture it keeps one line.", True)]
    return []


def _too_long(texts: Texts) -> list[Oddity]:
    written = texts.written().items()
    odd = []
    for language, (title, _) in written:
        if content.grapheme_count(title) > content.TITLE_SOFT:
            told = f"The title is long{_in(language)}."
            odd.append(Oddity("long_title", told, "Phones cut it after about 50."))
            break
    for language, (_, body) in written:
        if content.grapheme_count(body) > content.BODY_SOFT:
            told = f"The text is long{_in(language)}."
            odd.append(Oddity("long_body", told, "Lock screens cut it after about 150."))
            break
    return odd


def _values(texts: Texts, size: int) -> list[Oddity]:
    """What a person's own values, or the lack of them, may do."""
    slots = list(texts.slots)
    odd = []
    if bare := next((slot for slot in slots if not slot.has_default), None):
        odd.append(
            Oddity(
                "no_default",
                f"{bare.attribute} has no default.",
                "People without it read nothing in its place.",
                True,
            )
        )
    most = max((len(copy.slots) for copy in texts.copies.values()), default=0)
    if size + most * VALUE_MAX * BYTES_A_CHARACTER > content.BYTES_MAX and most:
        odd.append(
            Oddity(
                "too_big_for_some",
                "Long values may make it too large.",
                "Phones for which it is are skipped, and counted as Too large with their data.",
            )
        )
    return odd


def _in(language: str) -> str:
    return f" in {label(language)}" if language else ""
