"""How one chosen person reads a notification: for Compose, Review, message cards and the page of
what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from devices import names
from devices.models import ID_MAX, AppUser
from notifications import content, personal
from notifications.personal import people


@dataclass(frozen=True, slots=True)
class Reading:
    """`told` says whose words these are; "" where they are the same for everyone."""

    title: str
    body: str
    told: str = ""
    asked: str = ""
    language: str = ""
    known: bool = True
    person: personal.Person = personal.NOBODY


def reading(texts: personal.Texts, asked: str = "", language: str = "") -> Reading:
    """Of the person who was asked for, else of somebody unknown who reads this language."""
    named = content.parse_references(asked.replace("\0", "")[: 2 * ID_MAX])[:1]
    user = AppUser.objects.filter(user_id=named[0]).first() if named else None
    if user is not None:
        person = people.of_user(user)
        title, body = texts.write(person)
        chosen = texts.language(person)
        told = f"As {names.person(user)} reads it{_in(texts, chosen)}."
        return Reading(title, body, told, named[0], chosen, person=person)
    language = language if language in texts.copies else ""
    title, body = texts.copies[language].write({})
    if named:
        near = content.find_users(named)[1].get(named[0], "")
        hint = f" Did you mean {near}?" if near else ""
        told = f"Nobody has the id {named[0]}. Ids are case-sensitive.{hint}"
        return Reading(title, body, told, named[0], language, known=False)
    told = ""
    if any(texts.slots):
        told = f"As someone reads it of whom nothing is known{_in(texts, language)}."
    elif not texts.is_plain:
        told = f"As it is read{_in(texts, language)}."
    return Reading(title, body, told, "", language)


@dataclass(frozen=True, slots=True)
class Other:
    """A variant, as someone reads it of whom nothing is known; `bytes` where they were counted."""

    tag: str
    label: str
    title: str
    body: str
    bytes: int = 0


def others(
    texts: personal.Texts, sizes: Mapping[str, Mapping[str, int]] | None = None
) -> list[Other]:
    """All but the default."""
    counted = sizes or {}
    return [
        Other(tag, personal.label(tag), title, body, max(counted.get(tag, {}).values(), default=0))
        for tag, (title, body) in texts.written().items()
        if tag
    ]


def _in(texts: personal.Texts, language: str) -> str:
    if len(texts.copies) == 1:
        return ""
    return f", in {personal.label(language)}" if language else ", in the default language"
